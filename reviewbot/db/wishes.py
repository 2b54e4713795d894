"""What repositories want of events, as their configuration was last read: sorts webhooks without asking GitLab."""

import json
import time
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, delete, insert, select, update

from reviewbot.core.welcome import DRAFT
from reviewbot.db.engine import Database
from reviewbot.db.tables import wish
from reviewbot.model.event import Event, Labelled, ReviewWanted
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.policy import Wishes

FRESH = 600.0  # seconds; after that a run looks again
_ANY = ""  # the branch of the row that tells of the last merge into any
NO_LABEL = "No label was added that asks for a review"

Known = dict[tuple[int, str], Wishes]
"""By project and target branch. What is not in it may be anything."""


class WishTable:
    """Filled by every run that has read a repository's configuration."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def learn(self, project_id: int, branch: str, wishes: Wishes, seen: float) -> None:
        """Keep what the configuration on a target branch said at `seen` (seconds since the epoch). What is known of a
        later time stays, and what was said before the last merge is not learnt.
        """
        labels = None if wishes.trigger_labels is None else json.dumps(wishes.trigger_labels)
        values = {"review_drafts": wishes.review_drafts, "trigger_labels": labels, "at": self._clock(), "seen": seen}
        mine = (wish.c.project_id == project_id, wish.c.branch == branch)

        def work(connection: Connection) -> None:
            newer = (wish.c.project_id == project_id, wish.c.branch.in_((branch, _ANY)), wish.c.seen > seen)
            if connection.scalar(select(wish.c.seen).where(*newer).limit(1)) is not None:
                return
            if not connection.execute(update(wish).where(*mine, wish.c.seen <= seen).values(**values)).rowcount:
                connection.execute(insert(wish).values(project_id=project_id, branch=branch, **values))

        self._database.write(work)


def known(connection: Connection, events: Iterable[Event], now: float) -> Known:
    """The fresh wishes of the projects whose events hang on them; no query when there are none."""
    projects = {ref.project_id for event in events if (ref := _hanging(event)) is not None}
    if not projects:
        return {}
    fresh = (wish.c.project_id.in_(projects), wish.c.branch != _ANY, wish.c.at > now - FRESH)
    rows = connection.execute(select(wish).where(*fresh))
    return {
        (row.project_id, row.branch): Wishes(
            row.review_drafts, None if row.trigger_labels is None else tuple(json.loads(row.trigger_labels))
        )
        for row in rows
    }


def forget(connection: Connection, project_id: int, now: float) -> None:
    """A merge may have changed the configuration: what was said before `now` is not learnt any more."""
    connection.execute(delete(wish).where(wish.c.project_id == project_id))
    connection.execute(insert(wish).values(project_id=project_id, branch=_ANY, at=now, seen=now))


def refused(event: Event, known: Known) -> str:
    """Why the repository does not want what the event asks for; empty when it does, or may."""
    if isinstance(event, Labelled):
        wishes = known.get((event.ref.project_id, event.branch))
        if wishes is None:
            return ""
        labels = wishes.trigger_labels
        return "" if (event.usual if labels is None else set(event.labels) & set(labels)) else NO_LABEL
    if isinstance(event, ReviewWanted) and event.draft_into is not None:
        wishes = known.get((event.ref.project_id, event.draft_into))
        return DRAFT if wishes is not None and not wishes.review_drafts else ""
    return ""


def _hanging(event: Event) -> MergeRequestRef | None:
    """The merge request of an event that hangs on the repository's configuration."""
    if isinstance(event, Labelled) or (isinstance(event, ReviewWanted) and event.draft_into is not None):
        return event.ref
    return None
