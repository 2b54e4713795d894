"""The page that tells which rules earn their place, with a form to choose project and window."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reviewbot.core import spans
from reviewbot.errors import UsageError
from reviewbot.model.rule_health import RuleHealth

WINDOWS = {"30d": "30 days", "90d": "90 days", "180d": "180 days", "365d": "a year"}
_USUAL = "90d"
_LONGEST = 300  # characters of a project's path


@dataclass(frozen=True, slots=True)
class HealthPage:
    """`rows` of one project or of all; `problem` empty, or why there are none."""

    rows: Sequence[RuleHealth]
    problem: str = ""


class Shelf(Protocol):
    """What the page reads."""

    def rule_health(self, seconds: float, project: str) -> HealthPage:
        """Of the last `seconds`, in the project of that path or number (empty: in all)."""


def routes(shelf: Shelf, page: Callable[[Request, str, Callable[[], Mapping[str, object]]], Response]) -> list[Route]:
    """`/rules/health`, with `project` and `since` as parameters. A window that is none is the usual one, and said."""

    def health(request: Request) -> Response:
        project = request.query_params.get("project", "").strip()[:_LONGEST]
        asked = request.query_params.get("since", "") or _USUAL
        return page(request, "health.html", lambda: _values(shelf, project, asked))

    return [Route("/rules/health", health)]


def _values(shelf: Shelf, project: str, asked: str) -> Mapping[str, object]:
    try:
        since, seconds, wrong = asked.strip().lower(), spans.seconds(asked), ""
    except UsageError as error:
        since, seconds, wrong = _USUAL, spans.seconds(_USUAL), str(error)
    found = shelf.rule_health(seconds, project)
    windows = WINDOWS if since in WINDOWS else {since: since, **WINDOWS}
    return {
        "rows": found.rows,
        "problem": " · ".join(filter(None, (wrong, found.problem))),
        "project": project,
        "since": since,
        "windows": windows,
    }
