"""Whoever asks which rules apply gets one answer: the review itself, `config`, the page, `rules effective`, a backtest,
and on a clone a local review and `rules effective`, as far as they know of GitLab.
"""

import re
import subprocess

import httpx
import pytest
from e2e.house import code

from reviewbot import rulebook
from reviewbot.backtesting import sides
from reviewbot.configured import configured_at
from reviewbot.control import Control
from reviewbot.core import rule_listing, scopes
from reviewbot.git.local import LocalRepository
from reviewbot.inheriting import left_out
from reviewbot.single import project_rules, rules
from reviewbot.standin.gitlab.state import REPORTER
from reviewbot.wiring.bench import policy_of
from reviewbot.wiring.sources import mirror_of

ADMIN = {"authorization": "Bearer an-admin-token-of-the-tests"}
API, SITE = "services/api/app.py", "web/site.ts"
GUIDANCE = "guidance/agents-md/services/testing"
THERE = {
    API: {"words", "python-mktemp", "inner", "included", GUIDANCE},
    SITE: {"words", "only-typescript", "group-words", "included", "hits"},
}
NOWHERE = {"python-eval", "group-off", "not-wanted", "inner-other", "broken"}
GONE = {API: {*NOWHERE, "group-words", "hits", "only-typescript"}, SITE: {*NOWHERE, "inner", "python-mktemp", GUIDANCE}}
FAR = {"group-words", "included"}  # what a clone does not know of


def rule(name, place="", pattern="", **fields):
    front = {"id": name, "title": name, **fields, **({"pattern": f"{{regex: '{pattern}'}}"} if pattern else {})}
    lines = "\n".join(f"{key}: {value}" for key, value in front.items())
    return {f"{place}.reviewbot/rules/{name}.md": f"---\n{lines}\n---\nIt MUST hold.\n"}


FILES = {
    API: code(5),
    SITE: "let a = 1;\n",
    ".reviewbot.yml": """
packs: [sql, "!ci"]
disabled: [python-eval, group-off]
include_rules: [{project: standards/shared, ref: main, rules: ["included"]}]
""",
    **rule("words"),
    **rule("python-mktemp", paths='["/services/"]'),
    **rule("only-typescript", languages="[typescript]"),
    **rule("hits", pattern="forbidden"),
    **rule("words", "services/", status="draft"),
    **rule("inner", "services/api/", paths='["/app.py"]'),
    **rule("inner-other", "services/api/", paths='["/other.py"]'),
    "services/api/.reviewbot/rules/disabled": "group-words\nhits\n",
    ".reviewbot/rules/broken.md": "---\nid: broken\ncolour: red\n---\nWords.\n",
    "services/AGENTS.md": "# Testing\n\nEach endpoint must have a test.\n",
    "web/.cursor/rules/css.mdc": "---\nglobs: '*.css'\n---\nNever use `!important`.\n",
    "AGENTS.md": "# Whole\n\nAmounts must be `Decimal`.\n",
}


@pytest.fixture
def home(own_house):
    made = own_house()

    def project(path, files, visibility="private"):
        made.lab.project(path, members={made.bot: REPORTER}, visibility=visibility).commit("main", files)

    config = "packs: [ci, ruby]\ndisabled: [words]\n"
    project("team/reviewbot-config", {**rule("group-words"), **rule("group-off"), ".reviewbot.yml": config})
    project("standards/shared", {**rule("included"), **rule("not-wanted")}, "public")
    return made


def of(listed):
    return {(one.id, one.layer, one.status) for one in listed}


def table(text):
    """The rules of a table that `config` answers: id, layer, status."""
    rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \| (\w+) \| `(.+?): [^`]*` \|", text, re.MULTILINE)
    return {(name, layer, status) for name, status, layer in rows}


def cloned(folder):
    """A repository with the same files, for which there is no GitLab."""
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*identity, "commit", "-qm", "All")):
        subprocess.run(["git", "-C", folder, *words], check=True)
    return LocalRepository(folder)


@pytest.mark.parametrize("path", [API, SITE])
def test_whoever_is_asked_which_rules_apply_says_the_same(home, path, tmp_path, monkeypatch):
    project, developer = home.project(FILES)
    project.commit("feature", {path: FILES[path] + "b = 2\n"}, author=developer)
    case = home.case(project, developer)
    case.reviewed()
    case.say(f"@reviewbot config {path}")
    case.settled()
    told = table(case.mr.notes[-1].body)
    ids = {name for name, _, _ in told}
    assert ids >= THERE[path]
    assert ids.isdisjoint(GONE[path])
    assert ("words", "folder services" if path == API else "project", "draft" if path == API else "approved") in told

    layers, _ = project_rules.in_effect(home.settings, project.path, [path])
    asked = rule_listing.of_path(layers, path, len, 16_000)
    assert of(one.rule for one in asked.rows) == told

    sent = {name for text in case.prompts() for name in re.findall(r"^## (\S+) \(\w+, \w+\)", text, re.MULTILINE)}
    assert sent == {one.rule.id for one in asked.rows if one.kind == "words"}

    page = httpx.get(f"{home.web_url}/projects/{project.id}/rules", params={"path": path}, headers=ADMIN).text
    assert {name for name in ids if f">{name}<" in page} == ids
    assert page.count("<tr") == len(told) + 1

    mirror = mirror_of(home.settings, project.id, project.path, Control(60))
    bench, sha = home.reviewer.bench, project.repository.resolve("main")
    inherit = home.reviewer.inherit(Control(60))
    give = lambda includes: inherit(project.path, includes)()  # noqa: E731 - as a trial has it
    tried = sides.book(mirror, sha, bench.shelf, policy_of(home.settings), give)
    assert of(scopes.applicable(tried.rules, path)) == told

    repository = cloned(tmp_path / "clone")
    here = repository.merge_base("main", "HEAD")
    policy, _, _ = configured_at(repository, here, policy_of(home.settings))
    book = rulebook.of_project(repository, here, bench.shelf, policy, [path], left_out(policy.include_rules))
    monkeypatch.chdir(repository.root)
    working, _ = rules.in_effect(home.settings, [path])
    local = of(one.rule for one in rule_listing.of_path(working, path, len, 16_000).rows)
    assert of(scopes.applicable(book.rules, path)) == local
    # The group's packs and rules are what GitLab alone knows.
    assert {one for one in told if one[0] not in FAR and not one[0].startswith("ruby-")} == local
