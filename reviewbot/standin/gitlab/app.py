"""The stand-in as an ASGI application: finds the route, checks token, scope and rate, runs the handler, keeps a log."""

import base64
import binascii
import json
import re
import urllib.parse
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Catch

from reviewbot.standin.gitlab import (
    api_commits,
    api_graphql,
    api_issues,
    api_merge_requests,
    api_notes,
    api_pipelines,
    api_projects,
    githttp,
)
from reviewbot.standin.gitlab.call import Call, Handler, answer
from reviewbot.standin.gitlab.noting import OnlyCommands, Refused
from reviewbot.standin.gitlab.rates import Rate
from reviewbot.standin.gitlab.state import Json, Token, World

METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"]
ROUTES = (
    *api_projects.ROUTES,
    *api_commits.ROUTES,
    *api_merge_requests.ROUTES,
    *api_notes.ROUTES,
    *api_pipelines.ROUTES,
    *api_issues.ROUTES,
)
NOTE_WRITERS = (api_notes.create_note, api_notes.create_discussion, api_notes.reply)
NUMERIC = {"iid", "number"}
SPLATS = {"artifact"}  # parts that may hold slashes


@dataclass(frozen=True)
class Seen:
    """One request of the log. `path` is as sent, without the instance's prefix and without query."""

    method: str
    path: str
    query: str
    status: int
    username: str


def _pattern(template: str) -> re.Pattern[str]:
    def part(match: re.Match[str]) -> str:
        name = match[1]
        return rf"(?P<{name}>{'[0-9]+' if name in NUMERIC else '.+' if name in SPLATS else '[^/]+'})"

    return re.compile(re.sub(r"\{(\w+)\}", part, template))


@dataclass
class Application:
    """`prefix`: path under which the instance lives, such as "/gitlab"."""

    world: World
    prefix: str
    rate: Rate
    note_rate: Rate

    def __post_init__(self) -> None:
        self.log: list[Seen] = []
        self._table = [(method, _pattern(path), handler) for method, path, handler in ROUTES]
        self.asgi = Starlette(routes=[Catch("/{rest:path}", self._answer, methods=METHODS)])

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(self._handle, request, body)

    def _handle(self, request: Request, body: bytes) -> Response:
        path = request.scope["raw_path"].decode("ascii").partition("?")[0].removeprefix(self.prefix)
        token, denied = self._token(request)
        if path == api_graphql.PATH:
            response = self._graphql(request, body, token, denied=denied)
        elif path.startswith("/api/v4/"):
            response = self._api(request, path.removeprefix("/api/v4"), body, token, denied=denied)
        else:
            response = self._git(request, urllib.parse.unquote(path), body, token, denied=denied)
        username = token.user.username if token else ""
        with self.world.lock:
            self.log.append(Seen(request.method, path, request.url.query, response.status_code, username))
        return response

    def _token(self, request: Request) -> tuple[Token | None, bool]:
        """The known token, and whether an unknown one was given."""
        headers = request.headers
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                value = base64.b64decode(value).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                value = "?"
        given = headers.get("private-token") or value
        token = self.world.tokens.get(given)
        return token, bool(given) and token is None

    def _git(self, request: Request, path: str, body: bytes, token: Token | None, *, denied: bool) -> Response:
        match = githttp.PATH.fullmatch(path)
        if match is None:
            return Response("Not found\n", 404, media_type="text/plain")
        headers = {name.lower(): value for name, value in request.headers.items()}
        parts = (request.method, match["path"], match["service"], request.url.query, headers, body)
        return githttp.answer(self.world, githttp.GitRequest(*parts), token, denied=denied)

    def _graphql(self, request: Request, body: bytes, token: Token | None, *, denied: bool) -> Response:
        if denied or request.method != "POST":
            return answer({"message": "401 Unauthorized"}, 401)
        return self._call(request, api_graphql.answered, {}, body, token)

    def _api(self, request: Request, path: str, body: bytes, token: Token | None, *, denied: bool) -> Response:
        if denied:
            return answer({"message": "401 Unauthorized"}, 401)
        wait = self.rate.wait(token.user if token else None)
        if wait is not None:
            headers = {"Retry-After": str(int(wait) + 1), "RateLimit-Limit": str(self.rate.requests)}
            return Response("Retry later\n", 429, headers, "text/plain")
        handler, at = self._route(request.method, path)
        if handler is None:
            return answer({"error": "404 Not Found"}, 404)
        scope = _scope_missing(token, request.method, path)
        if scope:
            return answer(scope, 403)
        if handler in NOTE_WRITERS and self.note_rate.wait(token.user if token else None) is not None:
            text = "This endpoint has been requested too many times. Try again later."
            return answer({"message": {"error": text}}, 429)
        return self._call(request, handler, at, body, token)

    def _call(
        self, request: Request, handler: Handler, at: dict[str, str], body: bytes, token: Token | None
    ) -> Response:
        query = dict(request.query_params)
        lists = {name: ",".join(request.query_params.getlist(name)) for name in query if name.endswith("[]")}
        query |= lists
        url = str(request.url).partition("?")[0]
        try:
            values = {**query, **_values(request.headers.get("content-type", ""), body)}
            call = Call(self.world, request.method, url, query, values, token, at)
            with self.world.lock:
                if request.method != "GET":
                    _ = call.user  # every write needs somebody
                return handler(call)
        except Refused as error:
            return answer(error.body, error.status)
        except OnlyCommands as error:
            return answer({"commands_changes": {}, "summary": error.summary}, 202)

    def _route(self, method: str, path: str) -> tuple[Handler | None, dict[str, str]]:
        for known, pattern, handler in self._table:
            match = pattern.fullmatch(path) if known == method else None
            if match:
                return handler, {name: urllib.parse.unquote(part) for name, part in match.groupdict().items()}
        return None, {}


def _scope_missing(token: Token | None, method: str, path: str) -> Json | None:
    if token is None or "api" in token.scopes or path == api_projects.OWN_TOKEN:
        return None
    reading = method in {"GET", "HEAD"}
    enough = {"read_api"} if reading else set()
    if reading and path == "/user":
        enough |= {"read_user"}
    if reading and "/repository/" in path:
        enough |= {"read_repository"}
    if token.scopes & enough:
        return None
    return {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": "api read_api" if reading else "api",
    }


def _values(content_type: str, body: bytes) -> Json:
    if not body:
        return {}
    if "json" not in content_type:
        return dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        parsed: Any = json.loads(body)
    except ValueError as error:
        raise Refused(400, {"error": "The request body is not valid JSON"}) from error
    return parsed if isinstance(parsed, dict) else {}
