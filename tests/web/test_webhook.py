"""The webhook over real HTTP."""

import contextlib
import threading

import httpx
import orjson
import pytest

from reviewbot.core.events import Me
from reviewbot.model.event import Ignored, ReviewWanted
from reviewbot.model.job import Due
from reviewbot.model.policy import ReviewPolicy
from reviewbot.standin.serving import serving
from reviewbot.web.app import WebContext, create_app
from reviewbot.web.health import HealthPage
from reviewbot.web.lifting import HoldRow, SuppressionRow
from reviewbot.web.pages import EventRow, FindingRow, RunPage, RunRow
from reviewbot.web.ruling import RulesPage
from reviewbot.web.webhook import LARGEST, Gate

OPENED = {
    "object_kind": "merge_request",
    "object_attributes": {"iid": 3, "target_project_id": 2, "action": "open", "last_commit": {"id": "ab" * 20}},
}
TOKEN = {"x-gitlab-token": "right"}


class Books:
    """An inbox in memory: what was stored and enqueued, in order."""

    def __init__(self, broken=False):
        self.stored, self.enqueued, self.broken = [], [], broken

    def receive(self, deliveries, now):
        if self.broken:
            raise RuntimeError("the disk is full, says right")
        self.stored += deliveries
        return [None if isinstance(delivery.event, Ignored) else Due(7, now) for delivery in deliveries]

    def enqueue(self, job_id, kind):
        self.enqueued.append(job_id)

    def overrides(self):
        return 0

    def counts(self):
        return {"waiting": 1, "done": 2}

    def runs(self, limit):
        row = RunRow(1, "shop/web!3", "<script>x</script>", "failed", "why", "", 0, 1.5, None, 3, 9, 1_700_000_000.0)
        return [row][:limit]

    def run(self, job_id):
        if job_id != 1:
            return None
        found = FindingRow("critical", "<b>.py:3", "<script>y</script>", "comment")
        return RunPage(self.runs(1)[0], ["The commit status could not be set: 403"], findings=[found])

    def suppressions(self, limit):
        title = "<script>z</script>"
        return [
            SuppressionRow(5, "2!3", "a.py", title, "warning", "security", "words", "ann", "no", "the project", 1.0)
        ]

    def holds(self):
        why = "3 dismissed in 2 merge requests"
        return [
            HoldRow(4, "7", "<script>h</script>", "docs", why, ["!1 a.py: <script>e"], 0.0),
            HoldRow(3, "7", "Lifted", "docs", why, [], 0.0, "lifted by owner"),
        ]

    def rule_health(self, seconds, project):
        return HealthPage((), "")

    def lift_hold(self, hold_id):
        self.lifted = hold_id
        return hold_id == 4

    def restore_hold(self, hold_id):
        self.restored = hold_id
        return hold_id == 3

    def lift(self, suppression_id):
        self.lifted = suppression_id
        return suppression_id == 5

    def projects(self):
        return [(7, "<script>p</script>")]

    def rules(self, project_id, path):
        return RulesPage(project_id, "shop/web") if project_id == 7 else None

    def events(self, limit):
        return [EventRow(1_700_000_000.0, "push", "", "ignored: push events start nothing")]


class Hanging:
    """A broker that takes nothing until it is let go."""

    def __init__(self, go):
        self.append = lambda job_id: go.wait()


@contextlib.contextmanager
def web(books, secrets=("old", "right"), insecure=False, admin_token="admin", troubles=()):
    gate = Gate(secrets, insecure, lambda: Me(25, "bot"), ReviewPolicy())
    context = WebContext(gate, books.receive, books.enqueue, admin_token, books, lambda: list(troubles), list, books)
    with serving(create_app(context)) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def test_an_event_is_stored_then_enqueued_then_answered_202():
    books = Books()
    with web(books) as client:
        answer = client.post("/webhooks/gitlab", json=OPENED, headers=TOKEN)
    assert answer.status_code == 202
    assert [type(delivery.event) for delivery in books.stored] == [ReviewWanted]
    assert books.enqueued == [7]


def test_an_ignored_event_is_stored_and_answered_202_with_the_reason():
    books = Books()
    with web(books) as client:
        answer = client.post("/webhooks/gitlab", json={"object_kind": "push"}, headers=TOKEN)
    assert (answer.status_code, answer.json()["status"]) == (202, "ignored")
    assert len(books.stored) == 1
    assert books.enqueued == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", TOKEN, 400),
        (b"\xff", TOKEN, 400),
        (b"[]", TOKEN, 400),
        (b"{}", TOKEN, 400),
        (b"[" * 100_000, TOKEN, 400),
        (orjson.dumps(OPENED), {}, 401),
        (orjson.dumps(OPENED), {"x-gitlab-token": "wrong"}, 401),
        (orjson.dumps(OPENED), TOKEN | {"webhook-signature": "v1,AAAA"}, 401),
        (b" " * (LARGEST + 1), TOKEN, 413),
    ],
)
def test_what_is_not_gitlabs_is_refused_with_the_mend_and_leaves_no_trace(body, headers, status):
    books = Books()
    with web(books) as client:
        answer = client.post("/webhooks/gitlab", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert books.stored == books.enqueued == []
    assert "right" not in answer.text


def test_a_body_that_streams_past_the_limit_is_refused():
    books = Books()
    with web(books) as client:
        answer = client.post("/webhooks/gitlab", content=iter([b" " * 1_000_000] * 27), headers=TOKEN)
    assert answer.status_code == 413
    assert books.stored == []


def test_the_key_is_gitlabs_own_or_else_made_from_the_body():
    books = Books()
    with web(books) as client:
        client.post("/webhooks/gitlab", json=OPENED, headers=TOKEN | {"idempotency-key": "k1"})
        client.post("/webhooks/gitlab", json=OPENED, headers=TOKEN)
        client.post("/webhooks/gitlab", json=OPENED, headers=TOKEN | {"x-gitlab-webhook-uuid": "new each time"})
    first, second, third = (delivery.key for delivery in books.stored)
    assert first != second == third


def test_a_delivery_that_could_not_be_stored_is_told_as_failed_without_the_cause():
    books = Books(broken=True)
    with web(books) as client:
        answer = client.post("/webhooks/gitlab", json=OPENED, headers=TOKEN)
        again = client.post("/webhooks/gitlab", json=OPENED, headers=TOKEN)
    assert answer.status_code == again.status_code == 503
    assert "disk" not in answer.text
    assert books.enqueued == []


def test_a_broker_that_hangs_holds_up_no_answer():
    books, hangs = Books(), threading.Event()
    books.enqueued = Hanging(hangs)
    with web(books) as client:
        answers = [client.post("/webhooks/gitlab", json=OPENED | {"n": n}, headers=TOKEN) for n in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]
        hangs.set()


def test_insecure_takes_everything_only_when_no_secret_is_set():
    with web(Books(), secrets=(), insecure=True) as client:
        assert client.post("/webhooks/gitlab", json=OPENED).status_code == 202
    with web(Books(), insecure=True) as client:
        assert client.post("/webhooks/gitlab", json=OPENED).status_code == 401


def test_health_is_open_and_readiness_names_what_is_missing():
    with web(Books(), troubles=["the database is not migrated"]) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the database is not migrated\n")


@pytest.mark.parametrize(
    "path", ["/", "/jobs/1", "/events", "/suppressions", "/rules/health", "/rules", "/projects/7/rules", "/metrics"]
)
def test_pages_need_the_admin_token(path):
    with web(Books()) as client:
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"authorization": "Bearer wrong"}).status_code == 401
        assert client.get(path, headers={"authorization": "Bearer admin"}).status_code == 200
    with web(Books(), admin_token="") as client:
        assert client.get(path, headers={"authorization": "Bearer x"}).status_code == 401


def test_signing_in_opens_the_pages_and_keeps_the_token_out_of_the_cookie():
    with web(Books()) as client:
        assert client.post("/sign-in", data={"token": "wrong"}).status_code == 401
        assert client.post("/sign-in", data={"token": "admin"}).status_code == 303
        assert "admin" not in client.cookies["reviewbot_admin"]
        page = client.get("/")
    assert "shop/web!3" in page.text
    assert "<script>" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_runs_page_tells_findings_and_warnings_and_nothing_of_them_is_markup():
    with web(Books()) as client:
        client.headers["authorization"] = "Bearer admin"
        text = client.get("/jobs/1").text
        missing = [client.get(path).status_code for path in ("/jobs/2", f"/jobs/{9**30}", "/jobs/x")]
    assert "The commit status could not be set: 403" in text
    assert "&lt;script&gt;y&lt;/script&gt;" in text
    assert "<script>" not in text
    assert missing == [404, 404, 404]


def test_what_was_dismissed_is_listed_and_lifted_by_a_form_of_who_is_signed_in():
    with web(books := Books()) as client:
        assert client.post("/suppressions/5/lift").status_code == 401
        assert not hasattr(books, "lifted")
        client.post("/sign-in", data={"token": "admin"})
        page = client.get("/suppressions").text
        assert "<script>z" not in page
        assert 'action="/suppressions/5/lift"' in page
        assert client.get("/suppressions/5/lift").status_code == 405
        answer = client.post("/suppressions/5/lift")
        assert (answer.status_code, answer.headers["location"], books.lifted) == (303, "/suppressions", 5)
        assert client.post("/suppressions/6/lift").status_code == 404


def test_signing_in_leads_back_to_the_page_and_nowhere_else():
    with web(Books()) as client:
        assert 'action="/sign-in?to=/jobs/1"' in client.get("/jobs/1").text
        led = [
            client.post("/sign-in", params={"to": wanted}, data={"token": "admin"}).headers["location"]
            for wanted in (
                "/jobs/1",
                "/projects/7/rules",
                "//evil.example.com",
                "https://evil.example.com",
                "/jobs/1\n",
                "",
            )
        ]
    assert led == ["/jobs/1", "/projects/7/rules", "/", "/", "/", "/"]


def test_metrics_count_jobs_by_state():
    with web(Books()) as client:
        text = client.get("/metrics", headers={"authorization": "Bearer admin"}).text
    assert 'reviewbot_jobs{state="done"} 2.0' in text
    assert "_created" not in text


def test_what_is_held_back_is_listed_lifted_and_restored_by_forms_of_who_is_signed_in():
    with web(books := Books()) as client:
        for path in ("/holds/4/lift", "/holds/3/restore"):
            assert client.post(path).status_code == 401
        assert not hasattr(books, "lifted")
        assert not hasattr(books, "restored")
        client.post("/sign-in", data={"token": "admin"})
        page = client.get("/suppressions").text
        assert ("<script>h" in page, "<script>e" in page) == (False, False)
        assert ('action="/holds/4/lift"' in page, 'action="/holds/3/restore"' in page) == (True, True)
        assert [client.post(path).status_code for path in ("/holds/4/lift", "/holds/3/restore")] == [303, 303]
        assert (books.lifted, books.restored) == (4, 3)
        assert [client.post(path).status_code for path in ("/holds/9/lift", "/holds/9/restore")] == [404, 404]
