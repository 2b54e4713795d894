"""The dashboard: what was reviewed, what waits, what came in and why some of it was ignored."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from reviewbot.web import access, health, lifting, numbers, ruling

_LARGEST_FORM = 4_096  # bytes
_PAGE = re.compile(  # to which signing in may lead
    r"/(events|suppressions|rules|rules/health|jobs/[0-9]{1,18}|projects/[0-9]{1,18}/rules)?"
)


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
    project_id: int = 0


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding and where it is told: "comment", "file comment", "summary" …"""

    severity: str
    place: str
    title: str
    told: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One job in full. All of it is empty while it waits or runs; `dropped` are (stage, path, title, reason)."""

    row: RunRow
    warnings: Sequence[str] = ()
    notices: Sequence[str] = ()
    findings: Sequence[FindingRow] = ()
    unread: Sequence[tuple[str, str]] = ()  # path, reason
    dropped: Sequence[tuple[str, str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class EventRow:
    """One delivery of the inbox and what was made of it."""

    at: float
    kind: str
    merge_request: str
    result: str


class Overview(lifting.Shelf, health.Shelf, Protocol):
    """What the pages and figures read."""

    def counts(self) -> Mapping[str, int]:
        """Jobs by state."""

    def overrides(self) -> int:
        """How often a gate was forced open."""

    def runs(self, limit: int) -> Sequence[RunRow]:
        """Newest first."""

    def run(self, job_id: int) -> RunPage | None:
        """A job with its newest run, None when there is none of that number."""

    def events(self, limit: int) -> Sequence[EventRow]:
        """Newest first."""


def routes(overview: Overview, rules: ruling.ProjectRules, admin_token: str) -> list[Route]:
    """Pages at `/`, `/jobs/ID`, `/events`, `/suppressions` and `/rules/health`; `/sign-in` leads back to the one that
    was wanted.
    """
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    templates.filters["when"] = _when

    def ask(path: str, *, wrong: bool) -> Response:
        template = templates.get_template("sign_in.html")
        return HTMLResponse(template.render(configured=bool(admin_token), wrong=wrong, path=path), 401)

    def page(request: Request, name: str, read: Callable[[], Mapping[str, object]]) -> Response:
        """Nothing is read for somebody who may not see it. A value that is None was not found: 404; else `status`."""
        if not access.permitted(request, admin_token):
            return ask(request.url.path, wrong=False)
        values = read()
        status = 404 if None in values.values() else int(str(values.get("status", 200)))
        return HTMLResponse(templates.get_template(name).render(**values), status)

    def runs(request: Request) -> Response:
        return page(request, "runs.html", lambda: _listing(overview))

    def run(request: Request) -> Response:
        return page(request, "run.html", lambda: {"run": overview.run(request.path_params["job_id"])})

    def events(request: Request) -> Response:
        return page(request, "events.html", lambda: {"rows": overview.events(200)})

    async def sign_in(request: Request) -> Response:
        body = await request.body()
        given = parse_qs(body[:_LARGEST_FORM].decode(errors="replace")).get("token", [""])[0]
        wanted = request.query_params.get("to", "")
        path = wanted if _PAGE.fullmatch(wanted) else "/"
        if not access.matches(given, admin_token):
            return ask(path, wrong=True)
        response = RedirectResponse(path, 303)
        secure = request.url.scheme == "https"
        # Lax: a link in GitLab leads to a run's page. No page changes anything when it is opened, only forms do.
        response.set_cookie(access.COOKIE, access.session(admin_token), httponly=True, samesite="lax", secure=secure)
        return response

    numbers.register()
    return [
        Route("/", runs),
        Route("/jobs/{job_id:number}", run),
        Route("/events", events),
        *lifting.routes(overview, admin_token, page),
        *ruling.routes(rules, page),
        *health.routes(overview, page),
        Route("/sign-in", sign_in, methods=["POST"]),
    ]


def _listing(overview: Overview) -> Mapping[str, object]:
    rows = overview.runs(100)
    longest = max((row.seconds for row in rows), default=0.0)
    return {"rows": rows, "counts": overview.counts(), "longest": longest or 1.0}


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
