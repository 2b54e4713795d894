"""The client keeps the token at home, counts its requests, and says what went wrong in our own errors."""

import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from reviewbot.control import Control
from reviewbot.errors import (
    ConfigurationError,
    DeadlineExceeded,
    ForgeNotFound,
    ForgeRateLimited,
    ForgeRefused,
    ForgeRejected,
    ForgeUnavailable,
    PositionRejected,
)
from reviewbot.gitlab.client import Identities, connect
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.gitlab.snapshot import me
from reviewbot.standin.serving import serving

QUICK = Backoff(attempts=3, first=0.001, longest=0.002, limited=0.001, patience=5)
METHODS = ["GET", "POST", "PUT", "DELETE"]


@contextlib.contextmanager
def answering(answer, prefix=""):
    """A server whose every answer is `answer(request)`; yields its URL and the requests it has seen."""
    seen = []

    async def endpoint(request):
        seen.append(request)
        return answer(request)

    app = Starlette(routes=[Route("/{rest:path}", endpoint, methods=METHODS)])
    with serving(app) as url:
        yield url + prefix, seen


def says(status, body=None, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: JSONResponse(body or {"message": "told so"}, status, names)


def test_the_token_the_prefix_and_the_count():
    with answering(says(200, {"id": 7, "username": "bot"}), "/tools/gitlab") as (url, seen):
        client = connect(f"{url}/", "secret")
        assert client.get("/user") == {"id": 7, "username": "bot"}
        assert client.requests == 1
        assert seen[0].url.path == "/tools/gitlab/api/v4/user"
        assert seen[0].headers["private-token"] == "secret"
        assert "reviewbot" in seen[0].headers["user-agent"]


def test_a_job_token_goes_by_its_own_header():
    with answering(says(200, {"id": 7})) as (url, seen):
        connect(url, "job", job_token=True).get("/user")
    assert seen[0].headers["job-token"] == "job"
    assert "private-token" not in seen[0].headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_redirect_to_another_origin_is_refused(status, verb):
    with (
        answering(says(200)) as (target, seen),
        answering(lambda request: RedirectResponse(f"{target}/api/v4/user", status)) as (url, _),
    ):
        client = connect(url, "secret")
        with pytest.raises(ForgeRefused, match="token stays home"):
            getattr(client, verb)("/user")
    assert seen == []


def test_a_redirect_within_the_origin_is_followed_and_counted():
    def answer(request):
        return RedirectResponse("/api/v4/new") if request.url.path.endswith("/old") else JSONResponse({"id": 1})

    with answering(answer) as (url, _):
        client = connect(url, "secret")
        assert client.get("/old") == {"id": 1}
        assert client.requests == 2


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"message": "400 Bad request"}, ForgeRejected),
        (400, {"message": '400 Bad request - Note {:line_code=>["can\'t be blank"]}'}, PositionRejected),
        (400, {"message": '400 Bad request - Note {line_code: ["must be a valid line code"]}'}, PositionRejected),
        (400, {"message": 'Note {:position=>["is incomplete"]}'}, PositionRejected),
        (400, {"message": {"position": ["must be a valid json schema"]}}, PositionRejected),
        (401, {"message": "401 Unauthorized"}, ForgeRefused),
        (403, {"error": "insufficient_scope"}, ForgeRefused),
        (404, {"message": "404 Project Not Found"}, ForgeNotFound),
        (405, {"message": "405 Method Not Allowed"}, ForgeRejected),
        (409, {"message": "SHA does not match"}, ForgeRejected),
        (409, {"message": "409 Conflict: Resource lock"}, ForgeUnavailable),
        (422, {"message": "Unprocessable"}, ForgeRejected),
        (429, None, ForgeRateLimited),
        (500, {"message": "500 Internal Server Error"}, ForgeUnavailable),
        (502, None, ForgeUnavailable),
        (522, None, ForgeUnavailable),
    ],
)
def test_answers_become_errors(status, body, error):
    with answering(says(status, body)) as (url, _):
        client = connect(url, "hush-hush")
        for call in (lambda: client.get("/projects/1"), lambda: client.post("/projects/1", {"body": "x"})):
            with pytest.raises(error) as raised:
                call()
            assert type(raised.value) is error
            assert f"GitLab answered {status}" in str(raised.value)
            assert "/projects/1" in str(raised.value)
            assert "hush" not in str(raised.value)


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b'"text"', b"[1]", b"\xff"])
def test_something_else_than_gitlab_answers(body):
    with answering(lambda request: Response(body, media_type="text/html")) as (url, _):
        with pytest.raises(ForgeUnavailable, match="not GitLab's API") as raised:
            connect(url, "t").object("/user")
        assert "REVIEWBOT_GITLAB_URL" in raised.value.mend
        with pytest.raises(ForgeUnavailable):
            connect(url, "t").page("/users")


def _in(seconds):
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"retry_after": "17"}, 17, 17),
        ({"retry_after": _in(3000)}, 2000, 3000),
        ({"retry_after": _in(-30)}, 0, 0),
        ({"ratelimit_reset": str(int(datetime.now(UTC).timestamp()) + 3000)}, 2000, 3000),
        ({"retry_after": "soon"}, None, None),
        ({}, None, None),
    ],
)
def test_how_long_gitlab_wants_us_to_wait(headers, low, high):
    with answering(says(429, None, **headers)) as (url, _), pytest.raises(ForgeRateLimited) as raised:
        connect(url, "t").get("/user")
    told = raised.value.retry_after
    assert told is None if low is None else low <= told <= high


def test_nobody_listens():
    with pytest.raises(ForgeUnavailable, match="connection"):
        connect("http://127.0.0.1:9", "t").get("/user")


def test_no_answer_in_time(world):
    fault = world.faults.add("GET", "/user", "slow")
    with pytest.raises(ForgeUnavailable, match="in time"):
        connect(world.url, world.token, timeout=0.2).get("/user")
    fault.release.set()


@pytest.mark.parametrize("url", ["", "gitlab.com", "ftp://gitlab.com", "https://", "http://[x"])
def test_an_address_that_is_none_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError):
        connect(url, "t")


def test_reads_are_repeated_and_bounded():
    answers = iter([502, 429, 200, *[502] * 9])

    def answer(request):
        status = next(answers)
        return JSONResponse({"id": 1}, status) if status != 429 else PlainTextResponse("Retry later", 429)

    with answering(answer) as (url, seen):
        reads = Reads(connect(url, "t"), Control(), QUICK)
        assert reads.object("/user") == {"id": 1}
        assert len(seen) == 3
        with pytest.raises(ForgeUnavailable):
            reads.object("/user")
        assert len(seen) == 3 + QUICK.attempts


def test_a_wait_that_is_too_long_goes_up_at_once():
    with answering(says(429, None, retry_after="3600")) as (url, seen):
        with pytest.raises(ForgeRateLimited):
            Reads(connect(url, "t"), Control(), QUICK).object("/user")
        assert len(seen) == 1


def test_waiting_ends_with_the_time_of_the_run():
    with answering(says(429, None, retry_after="5")) as (url, _), pytest.raises(DeadlineExceeded):
        Reads(connect(url, "t"), Control(seconds=0.2), QUICK).object("/user")


def test_permanent_errors_are_not_repeated():
    with answering(says(403)) as (url, seen):
        with pytest.raises(ForgeRefused):
            Reads(connect(url, "t"), Control(), QUICK).object("/user")
        assert len(seen) == 1


@pytest.mark.parametrize("style", ["link", "header", "foreign link"])
def test_pages_are_followed_without_totals_and_on_our_own_host(style):
    def answer(request):
        page = int(request.query_params.get("page", 1))
        headers = {}
        if page < 4 and style == "header":
            headers["X-Next-Page"] = str(page + 1)
        elif page < 4:
            base = "http://internal.invalid" if style == "foreign link" else str(request.base_url)
            query = f"page={page + 1}&per_page=100&sort=asc"
            headers["Link"] = f'<{base}/api/v4/rows?{query}>; rel="next", <{base}/x>; rel="first"'
        return JSONResponse([{"id": page}], headers=headers)

    with answering(answer) as (url, seen):
        rows = Reads(connect(url, "t"), Control(), QUICK).all("/rows", {"sort": "asc"})
        assert [row["id"] for row in rows] == [1, 2, 3, 4]
        assert all(request.query_params["sort"] == "asc" for request in seen)
        assert all(request.query_params["per_page"] == "100" for request in seen)


def test_who_we_are_is_asked_once_per_process_and_token():
    with answering(says(200, {"id": 7, "username": "bot", "bot": True})) as (url, seen):
        identities = Identities()
        for token in ("a", "a", "b"):
            found = me(Reads(connect(url, token, identities=identities), Control(), QUICK))
            assert (found.id, found.bot) == (7, True)
        assert len(seen) == 2
