"""The page of a project's rules, over a real GitLab's API and git, and in a browser."""

import shutil

import httpx
import pytest
from e2e.house import code

from reviewbot.web.project_rules import ReadProjectRules

pytestmark = pytest.mark.integration

ADMIN = {"authorization": "Bearer an-admin-token-of-the-tests"}
HOSTILE = "<script>document.title = 'pwned'</script>"
OWN = f"---\nid: python-eval\ntitle: {HOSTILE} Mine\nlanguages: [python]\n---\nOne MUST NOT. {HOSTILE}\n"
RULES = {
    ".reviewbot/rules/mine.md": OWN,
    ".reviewbot/rules/bad.md": "---\nid: bad\ncolour: red\n---\nText\n",
    ".reviewbot.yml": "disabled: [python-mktemp]\n",
}


@pytest.fixture
def rules(house):
    project, _ = house.project({"app.py": code(3), **RULES})
    return project


def page(house, project_id, path=""):
    return httpx.get(
        f"{house.web_url}/projects/{project_id}/rules", params={"path": path} if path else {}, headers=ADMIN
    )


def test_all_rules_of_a_project_are_shown_with_their_layers_and_problems(house, rules):
    text = page(house, rules.id).text
    assert "project<br>" in text
    assert ".reviewbot/rules/mine.md" in text
    assert "<b>replaced by project</b>" in text
    assert "<b>switched off by project</b>" in text
    assert ".reviewbot/rules/bad.md:" in text
    assert f"As of main {rules.repository.resolve('main')[:8]}" in text
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


def test_a_path_narrows_the_page_to_the_rules_of_one_file(house, rules):
    text = page(house, rules.id, "./app.py").text
    assert "for <code>app.py</code>" in text
    assert "<td>built-in</td>" in text  # what python-eval stands instead of
    assert "<b>" not in text.partition("<tbody>")[2]  # nothing is replaced or switched off
    assert "python-eval" not in page(house, rules.id, "app.go").text
    hostile = page(house, rules.id, f'"{HOSTILE}' + "x" * 5_000)
    assert hostile.status_code == 200
    assert HOSTILE not in hostile.text


def test_the_rules_of_a_folder_are_shown_for_its_files(house):
    inner = "---\nid: inner\ntitle: Inner\nverify: true\npattern: {regex: x}\n---\nWords.\n"
    project, _ = house.project({"lib/a.py": code(3), "lib/.reviewbot/rules/inner.md": inner})
    text = page(house, project.id, "lib/a.py").text
    assert "folder lib<br>" in text
    assert "judged pattern" in text
    assert "folder lib<br>" not in page(house, project.id, "app.py").text
    whole = page(house, project.id).text  # after the page of a file of the top, which is kept
    assert "folder lib<br>" in whole
    assert "in lib/" in whole


def test_what_is_not_there_or_not_for_the_bot_is_a_page_of_404(house):
    alien = house.lab.project("other/secret", members={}, visibility="private")
    for number in (alien.id, 999_999, 9**30):
        answer = page(house, number)
        assert (answer.status_code, "GitLab shows no such project" in answer.text) == (404, True)
    assert httpx.get(f"{house.web_url}/projects/{alien.id}/rules").status_code == 401


def test_an_empty_project_says_so(house):
    empty = house.lab.project(f"team/empty{id(house)}", members={house.bot: 30})
    answer = page(house, empty.id)
    assert "The project has no commit yet." in answer.text


def test_a_gitlab_that_is_away_is_told_on_the_page(house, rules):
    house.faults.add("GET", rf"/api/v4/projects/{rules.id}$", "deny", retry_after=503)
    answer = page(house, rules.id)
    assert answer.status_code == 503
    assert "The rules could not be read: GitLab" in answer.text


def test_what_was_read_at_a_commit_is_kept_and_a_new_commit_read(house, rules):
    shelf = ReadProjectRules(house.reviewer)

    def asked():
        before = len(house.lab.requests)
        found = shelf.rules(rules.id, "app.py")
        paths = [one.path for one in house.lab.requests[before:]]
        return found, len(paths)

    _, first = asked()
    found, again = asked()
    assert again == 2 < first
    assert "python-eval" in [row.id for row in found.rows]
    rules.commit("main", {".reviewbot/rules/mine.md": OWN.replace("python-eval", "another")})
    assert "another" in [row.id for row in asked()[0].rows]


def test_reviewed_projects_are_listed_and_runs_lead_to_their_rules(house):
    case = house.open({"app.py": code(3), **RULES}, {"app.py": code(4)})
    case.reviewed()
    listed = httpx.get(f"{house.web_url}/rules", headers=ADMIN).text
    assert f'<a href="/projects/{case.project.id}/rules">{case.project.path}</a>' in listed
    run = httpx.get(f"{house.web_url}/jobs/{case.jobs()[0].id}", headers=ADMIN).text
    assert f'href="/projects/{case.project.id}/rules"' in run


def test_the_page_in_a_browser(house, rules):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on PATH: the page of rules was not looked at (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        page.goto(f"{house.web_url}/projects/{rules.id}/rules")
        page.fill("input[type=password]", "an-admin-token-of-the-tests")
        page.keyboard.press("Enter")
        page.wait_for_selector("#rules")
        everything = page.locator("#rules tbody tr").count()
        assert HOSTILE in page.inner_text("#rules")
        assert "bad.md" in page.inner_text("#problems")
        page.fill("input[name=path]", "app.py")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=for app.py")
        assert 0 < page.locator("#rules tbody tr").count() < everything
        page.click("tr:has-text('mine.md') summary")
        assert "One MUST NOT." in page.inner_text("#rules")
        page.click("text=All rules")
        page.wait_for_selector("#problems")
        assert page.locator("#rules tbody tr").count() == everything
        assert page.title() == f"Rules of {rules.path} · reviewbot"
        browser.close()
