"""Hostile deliveries over real HTTP and on real databases: refused or stored as any other, and never in others' way."""

import contextlib
import gzip
import socket
import threading
import traceback

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from reviewbot.core import events
from reviewbot.core.events import Me
from reviewbot.db.engine import open_database
from reviewbot.db.feedback_tables import reaction
from reviewbot.db.jobs import JobTable
from reviewbot.db.tables import inbox, job
from reviewbot.errors import StoreRejected, UsageError
from reviewbot.model.event import Delivery, Ignored
from reviewbot.model.policy import ReviewPolicy
from reviewbot.standin.serving import serving
from reviewbot.web.app import WebContext, create_app
from reviewbot.web.webhook import Gate

ME = Me(25, "bot")
TOKEN = {"x-gitlab-token": "the-secret"}
NASTY = ["\0", "a\0b", "x" * 100_000, "\u202e", "\ud7ff\uffff", "'; DROP TABLE job; --", "é" * 5_000, "\n" * 300]


def merge_request(**attributes):
    return {
        "object_kind": "merge_request",
        "user": {"id": 5, "username": "ada"},
        "project": {"id": 2, "path_with_namespace": "a/b"},
        "object_attributes": {
            "iid": 3, "action": "open", "title": "T", "author_id": 5, "last_commit": {"id": "ab" * 20},
        } | attributes,
    }  # fmt: skip


def note(**attributes):
    return {
        "object_kind": "note",
        "user": {"id": 5, "username": "ada"},
        "project": {"id": 2, "path_with_namespace": "a/b"},
        "merge_request": {"iid": 3, "last_commit": {"id": "ab" * 20}},
        "object_attributes": {
            "id": 9, "note": "@reviewbot review", "noteable_type": "MergeRequest", "author_id": 5, "discussion_id": "d",
        } | attributes,
    }  # fmt: skip


def emoji(**attributes):
    return {
        "object_kind": "emoji",
        "event_type": "award",
        "project_id": 2,
        "merge_request": {"iid": 3},
        "object_attributes": {"user_id": 5, "name": "thumbsdown", "awardable_type": "Note", "awardable_id": 9}
        | attributes,
    }


@pytest.fixture
def database(database_url):
    database = open_database(database_url)
    yield database
    database.close()


class Overview:
    def overrides(self):
        return 0

    def counts(self):
        return {}

    def runs(self, limit):
        return []

    def events(self, limit):
        return []

    def lift(self, number):
        return False

    lift_hold = restore_hold = lift


@contextlib.contextmanager
def web(receive, enqueue=lambda job_id, kind: None, patience=30.0):
    gate = Gate(("an-old-secret", "the-secret"), False, lambda: ME, ReviewPolicy(), patience)
    context = WebContext(gate, receive, enqueue, "", Overview(), list, list, None)
    with serving(create_app(context)) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        yield client


def post(client, payload, **headers):
    return client.post("/webhooks/gitlab", content=orjson.dumps(payload), headers=TOKEN | headers)


def rows(database, table):
    return database.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one())


def test_any_text_in_any_field_is_stored_on_every_database(database):
    jobs = JobTable(database)
    with web(jobs.receive_many) as client:
        for number, text in enumerate(NASTY, start=1):
            payloads = [
                merge_request(iid=number, title=text, source_branch=text, last_commit={"id": text}),
                merge_request(iid=number) | {"user": {"id": 5, "username": text}, "project": {"id": 2}},
                merge_request(iid=number, action=text),
                merge_request(iid=number) | {"project": {"id": 2, "path_with_namespace": text}},
                note(discussion_id=text, note=f"@reviewbot review {text}"),
                note(note=f"@reviewbot {text}") | {"user": {"id": 5, "username": text}},
                emoji(name=text),
                {"object_kind": text},
                {"event_name": text},
            ]
            for payload in payloads:
                assert post(client, payload).status_code == 202, payload
        assert post(client, merge_request()).status_code == 202
    assert rows(database, inbox) > len(NASTY) * 5
    reviews = select(func.count()).where(job.c.kind == "review")
    assert database.read(lambda c: c.execute(reviews).scalar()) == len(NASTY)
    assert rows(database, reaction) > 0
    longest = database.read(lambda c: c.execute(select(func.max(func.length(job.c.commands)))).scalar_one())
    assert longest < 100_000


@pytest.mark.parametrize("key", ["k" * 196, "k" * 197, "k" * 5_000, "\x01", "é", "' OR 1=1", "a b"])
def test_any_idempotency_key_names_its_delivery_once(database, key):
    with web(JobTable(database).receive_many) as client:
        for title in ("one", "two"):
            answer = client.post(
                "/webhooks/gitlab",
                content=orjson.dumps(merge_request(title=title)),
                headers={b"x-gitlab-token": b"the-secret", b"idempotency-key": key.encode("latin-1")},
            )
            assert answer.status_code in ({202} if key != "\x01" else {202, 400})
    assert rows(database, inbox) <= 1


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, 1.5, "x", [], None])
@pytest.mark.parametrize("field", ["iid", "target_project_id", "author_id"])
def test_a_number_that_is_no_id_never_reaches_the_database(field, number):
    event = None
    with contextlib.suppress(UsageError):
        event = events.classify(merge_request(**{field: number}), ME, ReviewPolicy())
    if field == "iid":
        assert event is None
    else:
        assert event is None or (event.ref.iid, event.ref.project_id) == (3, 2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES = [
    (make, path)
    for make, paths in (
        (merge_request, ["user", "project", "object_attributes", "labels", "changes"]),
        (note, ["user", "project", "object_attributes", "merge_request", "project_id"]),
        (emoji, ["event_type", "project_id", "object_attributes", "merge_request"]),
    )
    for path in paths
]
CHANGED = st.sampled_from(["reviewers", "reviewer_ids", "labels", "draft", "title", "target_branch"])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(PLACES), value=JSON, inner=st.text(max_size=12), changes=st.dictionaries(CHANGED, JSON))
def test_any_shape_is_an_event_or_refused_in_words(place, value, inner, changes):
    make, path = place
    whole = make() | {path: value}
    part = make()
    part[path] = {**part[path], inner: value} if isinstance(part.get(path), dict) else value
    changed = merge_request(action="update") | {"changes": changes}
    for payload in (whole, part, changed, value):
        with contextlib.suppress(UsageError):
            events.classify(payload, ME, ReviewPolicy())


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b" " * 30_000_000),
        b'{"object_kind": "merge_request", "object_attributes": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
        b'{"object_kind": "merge_request", "object_attributes": {"iid": ' + b"9" * 100_000 + b"}}",
        b'{"object_kind": "merge_request", "object_attributes": {"iid": 1e999}}',
        b'{"object_kind": "merge_request", "object_attributes": {"iid": NaN}}',
        '{"object_kind": "é"}'.encode("latin-1"),
        '{"object_kind": "merge_request"}'.encode("utf-16"),
        b'{"object_kind": "\\ud800"}',
        b"\x00",
        b"",
        b"null",
        b'"merge_request"',
    ],
)
def test_what_is_no_event_is_400_and_stores_nothing(body):
    stored = []
    with web(stored.append) as client:
        headers = TOKEN | {"content-encoding": "gzip"} if body.startswith(b"\x1f\x8b") else TOKEN
        answer = client.post("/webhooks/gitlab", content=body, headers=headers)
    assert (answer.status_code, stored) == (400, [])
    assert len(answer.text) < 500


def raw(client, request):
    """The status line of what answers to these very bytes."""
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=30) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("length", [b"9" * 5_000, b"-1", b"1e9", b"\xb2", b"99999999999999999999"])
def test_a_length_that_is_none_is_refused(length):
    stored = []
    head = b"POST /webhooks/gitlab HTTP/1.1\r\nhost: x\r\nx-gitlab-token: the-secret\r\ncontent-length: "
    with web(stored.append) as client:
        status = raw(client, head + length + b"\r\n\r\n{}")
        assert status.split()[1] in {b"400", b"413"}
        assert client.get("/healthz").status_code == 200
    assert stored == []


def test_a_body_that_drips_is_given_up():
    head = b"POST /webhooks/gitlab HTTP/1.1\r\nhost: x\r\nx-gitlab-token: the-secret\r\ncontent-length: 100\r\n\r\n{"
    with web(list, patience=0.1) as client:
        assert raw(client, head).split()[1] == b"408"
        assert client.get("/healthz").status_code == 200


def test_a_delivery_that_the_database_does_not_take_keeps_no_other_out():
    """Deliveries of one moment share a transaction: the first batch is held until all others wait."""
    stored, held, waiting = [], threading.Event(), threading.Event()

    def receive(deliveries, now):
        if not held.is_set():
            held.set()
            assert waiting.wait(30)
        if any(b"poison" in delivery.body for delivery in deliveries):
            raise ValueError("a column does not take this: poison")
        stored.extend(deliveries)
        return [7] * len(deliveries)

    with web(receive) as client:
        payloads = [merge_request(title=title) for title in ("first", "a", "poison", "b", "c")]
        answers = {}

        def send(payload):
            answers[payload["object_attributes"]["title"]] = post(client, payload).status_code

        threads = [threading.Thread(target=send, args=(payload,)) for payload in payloads]
        threads[0].start()
        assert held.wait(30)
        for thread in threads[1:]:
            thread.start()
        waiting.set()
        for thread in threads:
            thread.join()
    assert answers == {"first": 202, "a": 202, "b": 202, "c": 202, "poison": 503}
    assert len(stored) == 4


def test_a_broker_that_fails_in_any_way_does_not_stop_the_webhook(database):
    def enqueue(job_id, kind):
        raise RuntimeError("READONLY You can't write against a read only replica")

    with web(JobTable(database).receive_many, enqueue) as client:
        assert [post(client, merge_request(iid=number)).status_code for number in (1, 2, 3)] == [202, 202, 202]
    assert rows(database, job) == 3


def test_an_error_of_the_database_tells_nothing_of_what_was_to_be_stored(database):
    """The text of such an error gets into the log."""
    body = b"a line of somebody's source code"
    ignored = Ignored("hush-hush, says the comment")
    delivery = Delivery(None, "note", body, ignored)
    with pytest.raises(StoreRejected, match=r"(?i)null") as raised:
        JobTable(database).receive_many([delivery], 1.0)
    said = "".join(traceback.format_exception(raised.value))
    assert "hush" not in said
    assert "source code" not in said
