"""The page of rule health over a real database, in a real browser where there is one."""

import contextlib
import shutil
import time

import httpx
import pytest
from sqlalchemy import event, insert

from reviewbot.core.events import Me
from reviewbot.db.deliveries import Deliveries
from reviewbot.db.engine import open_database
from reviewbot.db.feedback_tables import comment, unsaid, watch
from reviewbot.db.holding import HoldTable
from reviewbot.db.jobs import JobTable
from reviewbot.db.rule_health import HealthTable
from reviewbot.db.runs import Runs
from reviewbot.db.states import MergeRequestStates
from reviewbot.db.suppressions import SuppressionTable
from reviewbot.model.event import ReviewWanted
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.policy import ReviewPolicy
from reviewbot.standin.serving import serving
from reviewbot.web.app import WebContext, create_app
from reviewbot.web.overview import StoredOverview
from reviewbot.web.webhook import Gate

DAY = 86_400.0
PLAIN = {"severity": "warning", "category": "security", "source": "pattern", "file": "a.py", "line": 1, "title": "T"}
PLAIN |= {"run_id": 1, "note_id": 0, "head_sha": "a", "placed": ""}


@pytest.fixture
def database(sqlite_url):
    database = open_database(sqlite_url)
    yield database
    database.close()


@contextlib.contextmanager
def pages(database):
    jobs = JobTable(database, debounce_seconds=3, debounce_max_seconds=10, lease_seconds=60)
    tables = (Runs(database), Deliveries(database), MergeRequestStates(database), SuppressionTable(database))
    overview = StoredOverview(jobs, *tables, HoldTable(database), HealthTable(database))
    gate = Gate((), True, lambda: Me(9, "reviewbot"), ReviewPolicy())
    context = WebContext(gate, jobs.receive_many, lambda *told: None, "admin", overview, list, list, None)
    with serving(create_app(context)) as url:
        yield url


def said(database, rule, number, fate="", project=7, age=DAY):
    """Comments in a merge request that was merged with another head than they were posted for."""
    now = time.time()
    rows = [
        PLAIN | {"project_id": project, "iid": 1, "rule": rule, "fate": fate, "at": now - age}
        | {"fingerprint": f"{rule}{fate}{age}{each}"}
        for each in range(number)
    ]  # fmt: skip
    merged = {"state": "merged", "read_last": True, "head_sha": "z", "posted_at": now, "iid": 1, "project_id": project}

    def work(connection):
        connection.execute(insert(comment), rows)
        if not connection.execute(watch.select().where(watch.c.project_id == project)).first():
            connection.execute(insert(watch), merged)

    database.write(work)


def test_the_page_asks_as_often_for_fifty_rules_as_for_one(database):
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    with pages(database) as url, httpx.Client(base_url=url, headers={"authorization": "Bearer admin"}) as client:
        said(database, "rule-0", 1)
        asked.clear()
        client.get("/rules/health")
        few = len(asked)
        for number in range(1, 50):
            said(database, f"rule-{number}", 2)
        asked.clear()
        page = client.get("/rules/health").text
        assert len(asked) == few
    assert page.count("<code>rule-") == 50


def test_what_is_asked_for_wrongly_is_told_and_nothing_of_it_is_markup(database):
    said(database, "<script>alert(1)</script>", 3)
    with pages(database) as url, httpx.Client(base_url=url, headers={"authorization": "Bearer admin"}) as client:
        page = client.get("/rules/health", params={"since": "<b>soon", "project": ""}).text
        assert "is no length of time" in page
        assert "<b>soon" not in page
        assert "<script>" not in page
        assert "&lt;script&gt;alert(1)" in page
        for project in ("no/such", "9" * 40, "<script>"):
            page = client.get("/rules/health", params={"project": project}).text
            assert "is kept: give the project&#39;s number" in page
            assert "<script>" not in page
        assert "No rule has said anything" in client.get("/rules/health?project=8").text


def test_the_page_in_a_browser(database):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on PATH: the page was not looked at (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    said(database, "worth/it", 28, "fixed")
    said(database, "worth/it", 2)
    said(database, "worth/it", 30, "", age=100 * DAY)  # in the window before nobody cared
    said(database, "worth/it", 2, "fixed", age=100 * DAY)
    said(database, "noise", 30)
    said(database, "elsewhere", 5, project=8)
    drafted = {"project_id": 7, "iid": 2, "stage": "shadow", "rule": "a/draft", "file": "a.py", "title": "T"}
    database.write(lambda c: c.execute(insert(unsaid), drafted | {"fingerprint": "s1", "at": time.time() - DAY}))
    jobs = JobTable(database, debounce_seconds=3, debounce_max_seconds=10, lease_seconds=60)
    jobs.want(ReviewWanted(MergeRequestRef(7, 1), "a", "opened", "acme/shop", "T", "ann"), time.time())
    arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with pages(database) as url, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}/rules/health")  # signing in leads back here
        page.fill("input[type=password]", "admin")
        page.keyboard.press("Enter")
        page.wait_for_selector("table")
        rows = {row.inner_text().split()[0]: row.inner_text() for row in page.query_selector_all("tbody tr")}
        assert list(rows) == ["noise", "worth/it", "elsewhere", "a/draft"]
        assert "promote" in rows["worth/it"]
        assert "↑ more than in the window before" in rows["worth/it"]
        assert "mute" in rows["noise"]
        assert "would have said 1 in 1 merge requests" in rows["a/draft"]
        band, mark = (
            page.query_selector(f"tr:has-text('worth/it') .{name}").bounding_box() for name in ("span", "mark")
        )
        track = page.query_selector("tr:has-text('worth/it') .track").bounding_box()
        assert band["x"] <= mark["x"] + mark["width"] / 2 <= band["x"] + band["width"]
        assert abs((mark["x"] + 1 - track["x"]) / track["width"] - 28 / 30) < 0.02
        page.fill("input[name=project]", "acme/shop")
        page.select_option("select[name=since]", "30d")
        page.click("text=Show")
        page.wait_for_url("**/rules/health?project=acme%2Fshop&since=30d")
        assert "elsewhere" not in page.inner_text("table")
        assert page.input_value("select[name=since]") == "30d"
        page.click("nav >> text=Reviews")
        page.click("nav >> text=Rule health")
        page.wait_for_selector("tr:has-text('elsewhere')")
        assert [error for error in errors if "401" not in error and "404" not in error] == []
        browser.close()


@pytest.mark.parametrize("place", ["/jobs/{}", "/projects/{}/rules", "/suppressions/{}/lift"])
def test_numbers_that_python_does_not_read_lead_nowhere(database, place):
    with pages(database) as url:
        assert httpx.get(url + place.format("9" * 5_000)).status_code == 404
        assert httpx.get(url + place.format("9" * 25)).status_code in {401, 405}
