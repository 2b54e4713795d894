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


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A kind of finding that is held back. `why` counts what people said, `examples` are comments that they dismissed.

    `lifted` empty: it counts. `id` 0: no review has given it a number yet, so it cannot be lifted.
    """

    id: int
    project: str
    title: str
    kind: str
    why: str
    examples: Sequence[str]
    at: float
    lifted: str = ""


class Shelf(Protocol):
    """What the page reads and changes."""

    def holds(self) -> Sequence[HoldRow]:
        """Newest first, lifted ones among them."""

    def lift_hold(self, hold_id: int) -> bool:
        """False: there is none of that number that counts."""

    def restore_hold(self, hold_id: int) -> bool:
        """False: there is none of that number that was lifted."""

    def suppressions(self, limit: int) -> Sequence[SuppressionRow]:
        """Newest first, lifted ones among them."""

    def lift(self, suppression_id: int) -> bool:
        """False: there is none of that number that counts."""


Page = Callable[[Request, str, Callable[[], Mapping[str, object]]], Response]


def routes(shelf: Shelf, admin_token: str, page: Page) -> list[Route]:
    """`/suppressions` and the forms' targets, which only a POST of somebody who is signed in reaches: browsers send the
    cookie with no form of another site (SameSite).
    """

    def listing(request: Request) -> Response:
        return page(request, "suppressions.html", lambda: {"rows": shelf.suppressions(200), "holds": shelf.holds()})

    def form(path: str, change: Callable[[int], bool], missing: str) -> Route:
        def answer(request: Request) -> Response:
            if not access.permitted(request, admin_token):
                return PlainTextResponse("Sign in first.\n", 401)
            if not change(request.path_params["at"]):
                return PlainTextResponse(f"{missing}\n", 404)
            return RedirectResponse("/suppressions", 303)

        return Route(path, answer, methods=["POST"])

    return [
        Route("/suppressions", listing),
        form("/suppressions/{at:number}/lift", shelf.lift, "There is no such suppression, or it was lifted before."),
        form("/holds/{at:number}/lift", shelf.lift_hold, "Nothing of that number is held back."),
        form("/holds/{at:number}/restore", shelf.restore_hold, "Nothing of that number was lifted."),
    ]
