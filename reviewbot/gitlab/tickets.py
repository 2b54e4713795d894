"""The issues that a merge request closes or names, as far as everybody who may read the merge request may read them.

Requests: the issues that it closes; those that its title and description name, where they name more; its project, where
there are any; each other project of theirs, at most `_FOREIGN`. None is repeated: a review without tickets is a whole
review. Nobody may see through the bot's comments what GitLab would not show: the bot's own rights do not count.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from reviewbot.core import tickets as reading
from reviewbot.errors import PermanentError, TransientError
from reviewbot.gitlab import records
from reviewbot.gitlab.client import Query
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.gitlab.snapshot import base_path
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.ticket import Ticket

_FOREIGN = 2  # other projects that are looked at
Json = dict[str, Any]
T = TypeVar("T")
_NONE: list[Json] = []


def tickets(reads: Reads, merge_request: MergeRequest) -> tuple[Ticket, ...]:
    """At most `core.tickets.MOST`, those that it closes first. Raises only what `reads.control` raises."""
    once = Reads(reads.client, reads.control, Backoff(attempts=1))
    home = merge_request.ref.project_id
    rows: list[Json] = _tried(
        lambda: once.page(f"{base_path(merge_request.ref)}/closes_issues", {"per_page": 20}), _NONE
    )
    known = {records.number(row, "iid") for row in rows if records.number(row, "project_id") == home}
    named = [one for one in reading.mentioned(merge_request.title, merge_request.description) if one not in known]
    if named and len(known) < reading.MOST:
        query: Query = {"iids[]": named, "per_page": 20}
        rows = [*rows, *_tried(lambda: once.page(f"/projects/{home}/issues", query), _NONE)]
    readable = [row for row in rows if _plain(row)][: reading.MOST]
    shown = _Projects(once, home)
    return tuple(_ticket(row, home) for row in readable if shown.open(records.number(row, "project_id")))


def _plain(row: Json) -> bool:
    """A GitLab issue that says of itself that it is not confidential."""
    return row.get("confidential") is False and isinstance(row.get("iid"), int) and isinstance(row.get("title"), str)


class _Projects:
    """Whose issues may be shown, each looked at once."""

    def __init__(self, once: Reads, home: int) -> None:
        self._once = once
        self._home = home
        self._known: dict[int, bool] = {}

    def open(self, project_id: int) -> bool:
        """Whether every reader of the merge request may read the project's issues; not, where that is not known."""
        if project_id not in self._known:
            foreign = len(self._known.keys() - {self._home})
            if project_id != self._home and foreign >= _FOREIGN:
                return False
            found: Json = _tried(lambda: self._once.object(f"/projects/{project_id}"), {})
            self._known[project_id] = self._at_home(found) if project_id == self._home else self._elsewhere(found)
        return self._known[project_id]

    @staticmethod
    def _at_home(project: Json) -> bool:
        """Issues may be for members alone in a project whose merge requests are for everybody."""
        issues = project.get("issues_access_level")
        narrow = project.get("visibility") == "private" or project.get("merge_requests_access_level") == "private"
        return issues == "enabled" or (issues == "private" and narrow)

    @staticmethod
    def _elsewhere(project: Json) -> bool:
        return project.get("visibility") == "public" and project.get("issues_access_level") == "enabled"


def _ticket(row: Json, home: int) -> Ticket:
    number = f"#{row['iid']}"
    references = row.get("references")
    full = str(references.get("full") or "") if isinstance(references, dict) else ""
    return Ticket(
        reference=number if records.number(row, "project_id") == home else full or number,
        title=str(row["title"]),
        description=str(row.get("description") or ""),
        closed=row.get("state") == "closed",
    )


def _tried(read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except (TransientError, PermanentError):
        return otherwise  # GitLab says no or nothing
