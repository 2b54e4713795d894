"""The dashboard: what was reviewed, what waits, what came in and why some of it was ignored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from reviewbot.web import access

_LARGEST_FORM = 4_096  # bytes


@dataclass(frozen=True, slots=True)
class RunRow:
    """One job with what became of it. Times in seconds since the epoch; `cost_usd` None: unknown."""

    job_id: int
    merge_request: str
    title: str
    state: str
    reason: str
    verdict: str
    findings: int
    seconds: float
    cost_usd: float | None
    requests: int
    forge_requests: int
    at: float
    head_sha: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One delivery of the inbox and what was made of it."""

    at: float
    kind: str
    merge_request: str
    result: str


class Overview(Protocol):
    """What the pages and figures read."""

    def counts(self) -> Mapping[str, int]:
        """Jobs by state."""

    def runs(self, limit: int) -> Sequence[RunRow]:
        """Newest first."""

    def events(self, limit: int) -> Sequence[EventRow]:
        """Newest first."""


def routes(overview: Overview, admin_token: str) -> list[Route]:
    """Pages at `/` and `/events`, sign-in at `/sign-in`."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    templates.filters["when"] = _when

    def page(request: Request, name: str, **values: object) -> Response:
        if not access.permitted(request, admin_token):
            body = templates.get_template("sign_in.html").render(configured=bool(admin_token), wrong=False)
            return HTMLResponse(body, 401)
        return HTMLResponse(templates.get_template(name).render(**values))

    def runs(request: Request) -> Response:
        rows = overview.runs(100) if access.permitted(request, admin_token) else ()
        longest = max((row.seconds for row in rows), default=0.0)
        return page(request, "runs.html", rows=rows, counts=overview.counts(), longest=longest or 1.0)

    def events(request: Request) -> Response:
        rows = overview.events(200) if access.permitted(request, admin_token) else ()
        return page(request, "events.html", rows=rows)

    async def sign_in(request: Request) -> Response:
        body = await request.body()
        given = parse_qs(body[:_LARGEST_FORM].decode(errors="replace")).get("token", [""])[0]
        if not access.matches(given, admin_token):
            body_text = templates.get_template("sign_in.html").render(configured=bool(admin_token), wrong=True)
            return HTMLResponse(body_text, 401)
        response = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        response.set_cookie(access.COOKIE, access.session(admin_token), httponly=True, samesite="strict", secure=secure)
        return response

    return [Route("/", runs), Route("/events", events), Route("/sign-in", sign_in, methods=["POST"])]


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
