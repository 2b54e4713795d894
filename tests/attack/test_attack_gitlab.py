"""What a GitLab, a proxy or a server in its place may send that GitLab does not: the run ends in words, never hangs."""

import contextlib
import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.control import Control
from reviewbot.errors import ForgeRateLimited, ForgeRefused, ForgeRejected, ForgeUnavailable, NotReady, ReviewbotError
from reviewbot.gitlab import records
from reviewbot.gitlab.bounding import BoundedAdapter
from reviewbot.gitlab.client import connect
from reviewbot.gitlab.forge import GitLabForge
from reviewbot.gitlab.retrying import Backoff
from reviewbot.model.merge_request import DiffRefs, MergeRequestRef

MB = 1 << 20
REF = MergeRequestRef(7, 3)
TRIO = {"base_sha": "a" * 40, "start_sha": "b" * 40, "head_sha": "c" * 40}
VERSION = {"base_commit_sha": "a" * 40, "start_commit_sha": "b" * 40, "head_commit_sha": "c" * 40}
MERGE_REQUEST = {"iid": 3, "state": "opened", "sha": "c" * 40, "diff_refs": TRIO, "author": {"id": 1, "username": "a"}}
ANSWERS = {
    "/merge_requests/3": MERGE_REQUEST,
    "/merge_requests/3/diffs": [{"new_path": "a.py", "old_path": "a.py", "diff": "@@ -1 +1 @@\n-a\n+b\n"}],
    "/merge_requests/3/versions": [VERSION],
    "/merge_requests/3/discussions": [{"id": "d", "notes": [{"id": 1, "body": "x", "author": {"id": 1}}]}],
    "/user": {"id": 9, "username": "bot"},
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@contextlib.contextmanager
def server(answer):
    """`answer(path)` gives (status, headers, iterable of bytes); what it sends ends with the connection."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0].removeprefix("/api/v4")
            status, headers, parts = answer(path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for part in parts:
                    self.wfile.write(part)

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def answers(changed):
    """GitLab's answers for one merge request, those in `changed` (by the end of their path) replaced by raw bytes."""

    def answer(path):
        end = path.removeprefix("/projects/7")
        body = changed[end] if end in changed else json.dumps(ANSWERS[end]).encode()
        return 200, {"content-type": "application/json"}, [body]

    return answer


def snapshot(url):
    forge = GitLabForge(connect(url, "token"), b"k" * 32, backoff=Backoff(attempts=1), ready_within=0.0)
    return forge.snapshot(REF, Control())


def test_the_answers_of_these_tests_are_a_snapshot_when_nothing_is_changed():
    with server(answers({})) as url:
        assert snapshot(url).refs == DiffRefs(*TRIO.values())


@pytest.mark.parametrize("end", list(ANSWERS))
@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sign in</html>",
        b'{"id": 1, "iid"',
        b"[" * 200_000,
        b'{"id": ' + b"9" * 10_000 + b"}",
        b"null",
        b"5",
        b'["a"]',
        b"\xff\xfe",
        b"",
    ],
)
def test_an_answer_that_is_not_gitlabs_is_said_to_be_none(end, body):
    with server(answers({end: body})) as url, pytest.raises((ForgeUnavailable, NotReady)) as raised:
        snapshot(url)
    assert raised.value.message


@pytest.mark.parametrize(
    ("end", "name", "value"),
    [
        ("/merge_requests/3", "author", "somebody"),
        ("/merge_requests/3", "author", {"id": [1]}),
        ("/merge_requests/3", "author", {"id": 1e999}),
        ("/merge_requests/3", "diff_refs", "abc"),
        ("/merge_requests/3", "source_project_id", "seven"),
        ("/merge_requests/3", "labels", 5),
        ("/merge_requests/3", "references", "x!3"),
        ("/merge_requests/3/discussions", "notes", 5),
        ("/merge_requests/3/discussions", "notes", ["a"]),
        ("/merge_requests/3/discussions", "notes", [{"id": "x"}]),
        ("/user", "id", "me"),
    ],
)
def test_a_field_of_another_type_is_said_to_be_none_of_gitlabs(end, name, value):
    sound = ANSWERS[end]
    body = [sound[0] | {name: value}] if isinstance(sound, list) else sound | {name: value}
    with server(answers({end: json.dumps(body).encode()})) as url, pytest.raises((ForgeUnavailable, NotReady)):
        snapshot(url)


@given(ANYTHING)
def test_any_json_is_read_as_a_record_or_refused_in_words(value):
    fields = dict.fromkeys(("id", "iid", "project_id", "notes", "author", "labels", "references", "body"), value)
    for json_value in (value, fields):
        for read in (
            records.person,
            records.refs,
            records.change,
            records.note,
            records.discussion,
            records.own_id,
            records.reference,
            lambda each: records.number(each, "id"),
            lambda each: records.merge_request(each, REF, DiffRefs("a", "b", "c"), "http://x"),
        ):
            with contextlib.suppress(ForgeUnavailable):
                read(json_value)


def _bounded(url, **limits):
    session = requests.Session()
    session.mount("http://", BoundedAdapter(**limits))
    with session:
        return session.get(url, timeout=5).content


def _endless(sent, part=b"x" * MB):
    while len(sent) < 1000:
        sent.append(1)
        yield part


def test_an_endless_answer_is_not_read_to_its_end():
    sent = []
    with (
        server(lambda _: (200, {}, _endless(sent))) as url,
        pytest.raises(ForgeRejected, match="larger than"),
    ):
        _bounded(url, most_bytes=4 * MB)
    assert len(sent) < 100


def test_a_compressed_answer_is_counted_as_it_unpacks():
    bomb = gzip.compress(bytes(32 * MB))
    headers = {"content-encoding": "gzip", "content-length": str(len(bomb))}
    with server(lambda _: (200, headers, [bomb])) as url, pytest.raises(ForgeRejected, match="larger than"):
        _bounded(url, most_bytes=4 * MB)


def test_an_endless_redirect_and_an_endless_error_are_bounded_too():
    for status in (302, 500):
        sent = []
        with (
            server(lambda _, s=status, n=sent: (s, {"location": "/api/v4/user"}, _endless(n))) as url,
            pytest.raises(ReviewbotError),
        ):
            connect(url, "t").get("/user")
        assert len(sent) < 1000


def test_an_answer_that_drips_ends_at_the_limit_of_time():
    """Each byte comes in time; together they would take for ever."""
    read = threading.Event()

    def drip():
        while not read.wait(0.005):
            yield b" "

    with server(lambda _: (200, {}, drip())) as url:
        try:
            with pytest.raises(ForgeUnavailable, match="took longer"):
                _bounded(url, seconds=0.05)
        finally:
            read.set()


def test_whole_answers_come_whole_packed_or_not():
    text = b"0123456789" * 100_000
    packed = gzip.compress(text)
    for headers, body in (({}, text), ({"content-encoding": "gzip"}, packed)):
        with server(lambda _, h=headers, b=body: (200, h | {"content-length": str(len(b))}, [b])) as url:
            assert _bounded(url) == text


def test_a_redirect_down_to_plain_http_or_to_another_port_gets_no_token():
    seen = []

    def target(path):
        seen.append(path)
        return 200, {}, [b"{}"]

    with (
        server(target) as other,
        server(lambda _: (307, {"location": f"{other}/api/v4/user"}, [])) as url,
        pytest.raises(ForgeRefused, match="token stays home"),
    ):
        connect(url, "t").get("/user")
    assert seen == []


@pytest.mark.parametrize(
    "location", ["http://[x", "//", "http://", "http://a:99999999/", "javascript:1", "file:///etc"]
)
def test_a_redirect_to_what_is_no_address_ends_in_words(location):
    with (
        server(lambda _: (302, {"location": location}, [])) as url,
        pytest.raises(ReviewbotError),
    ):
        connect(url, "t").get("/user")


@pytest.mark.parametrize(
    "wish", ["9" * 4_000, "-5", "Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359"]
)
def test_a_wish_to_wait_that_nobody_can_grant_is_a_rate_limit_like_any_other(wish):
    with (
        server(lambda _: (429, {"retry-after": wish}, [b"{}"])) as url,
        pytest.raises(ForgeRateLimited) as raised,
    ):
        connect(url, "t").get("/user")
    assert raised.value.retry_after is None or raised.value.retry_after >= 0
