"""The pages of rules: which projects there are, and the rules of one, whole or for one of its files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_LONGEST_PATH = 1_000  # characters


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule. `kind`: pattern, judged pattern, or words. `gone`: why it counts nowhere; `body`: how its words begin."""

    id: str
    title: str
    severity: str
    status: str
    kind: str
    layer: str
    file: str
    scope: str
    instead_of: str
    tokens: int
    room: bool
    gone: str
    body: str


@dataclass(frozen=True, slots=True)
class RulesPage:
    """The rules of a project at commit `sha` of its default branch, or those of its file `path`.

    `most`: tokens that rules may take of a prompt. `more`: rows that are not shown. `trouble`: why there is nothing.
    """

    project_id: int
    project: str = ""
    branch: str = ""
    sha: str = ""
    path: str = ""
    rows: Sequence[RuleRow] = ()
    counting: int = 0
    tokens: int = 0
    most: int = 0
    more: int = 0
    problems: Sequence[str] = ()
    trouble: str = ""


class ProjectRules(Protocol):
    """What the pages read."""

    def projects(self) -> Sequence[tuple[int, str]]:
        """Id and path of those that were reviewed, the last reviewed first."""

    def rules(self, project_id: int, path: str) -> RulesPage | None:
        """None: there is no such project, or it is hidden from the bot. A GitLab that is away is told as `trouble`."""


Page = Callable[[Request, str, Callable[[], Mapping[str, object]]], Response]


def routes(shelf: ProjectRules, page: Page) -> list[Route]:
    """`/rules`, and `/projects/ID/rules` with `?path=` for one file."""

    def projects(request: Request) -> Response:
        return page(request, "projects.html", lambda: {"projects": shelf.projects()})

    def rules(request: Request) -> Response:
        path = request.query_params.get("path", "").strip().removeprefix("./").strip("/")[:_LONGEST_PATH]

        def read() -> Mapping[str, object]:
            found = shelf.rules(request.path_params["project_id"], path)
            return {"page": found, "status": 503 if found is not None and found.trouble else 200}

        return page(request, "rules.html", read)

    return [Route("/rules", projects), Route("/projects/{project_id:number}/rules", rules)]
