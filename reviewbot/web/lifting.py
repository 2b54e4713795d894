"""The page with what people have dismissed, and the button that lets it be told again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from reviewbot.web import access


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """One dismissed finding. `scope`: for what it counts; `lifted` empty: it does. `at`: seconds since the epoch."""

    id: int
    merge_request: str
    path: str
    title: str
    severity: str
    category: str
    how: str
    by: str
    reason: str
    scope: str
    at: float
    lifted: str = ""


class Shelf(Protocol):
    """What the page reads and changes."""

    def suppressions(self, limit: int) -> Sequence[SuppressionRow]:
        """Newest first, lifted ones among them."""

    def lift(self, suppression_id: int) -> bool:
        """False: there is none of that number that counts."""


Page = Callable[[Request, str, Callable[[], Mapping[str, object]]], Response]


def routes(shelf: Shelf, admin_token: str, page: Page) -> list[Route]:
    """`/suppressions` and the form's target, which only a POST of somebody who is signed in reaches: browsers send the
    cookie with no form of another site (SameSite).
    """

    def listing(request: Request) -> Response:
        return page(request, "suppressions.html", lambda: {"rows": shelf.suppressions(200)})

    def lift(request: Request) -> Response:
        if not access.permitted(request, admin_token):
            return PlainTextResponse("Sign in first.\n", 401)
        if not shelf.lift(request.path_params["suppression_id"]):
            return PlainTextResponse("There is no such suppression, or it was lifted before.\n", 404)
        return RedirectResponse("/suppressions", 303)

    return [
        Route("/suppressions", listing),
        Route("/suppressions/{suppression_id:int}/lift", lift, methods=["POST"]),
    ]
