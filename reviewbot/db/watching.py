"""Merge requests with comments of ours: when they were looked at last, and how they ended."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from reviewbot.db.engine import Database
from reviewbot.db.feedback_tables import watch
from reviewbot.model.merge_request import MergeRequestRef


class WatchTable:
    """Every method is one short transaction. Raises `StoreUnavailable`. Times are seconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, before: float, limit: int) -> Sequence[tuple[MergeRequestRef, float]]:
        """Those that were not looked at since `before`, the longest waiting first, each with when it was."""
        query = select(watch.c.project_id, watch.c.iid, watch.c.swept_at)
        query = query.where(~watch.c.settled, watch.c.swept_at < before)
        query = query.order_by(watch.c.swept_at, watch.c.project_id, watch.c.iid).limit(limit)
        return self._database.read(lambda c: [(MergeRequestRef(row[0], row[1]), row[2]) for row in c.execute(query)])

    def claim(self, ref: MergeRequestRef, swept_at: float, now: float) -> bool:
        """Take the look at a merge request; False when another process has taken it since it was `due`."""
        change = update(watch).where(_is(ref), watch.c.swept_at == swept_at).values(swept_at=now)
        return bool(self._database.write(lambda c: c.execute(change).rowcount))

    def told(
        self,
        ref: MergeRequestRef,
        state: str,
        *,
        read_last: bool | None,
        now: float,
        quiet: float,
        head_sha: str = "",
    ) -> float | None:
        """Note a merge request's state and the head it ended with; when it ended, None: it is open.

        What ended, or got its newest comment, before `quiet` is settled: nobody looks again until something is posted.
        """

        def work(connection: Connection) -> float | None:
            row = connection.execute(select(watch).where(_is(ref)).with_for_update()).mappings().first()
            if row is None:
                return None
            ended_at = None if state == "opened" else row["ended_at"] or now
            last = row["posted_at"] if ended_at is None else ended_at
            values = {"state": state, "ended_at": ended_at, "read_last": read_last, "settled": last < quiet}
            values["head_sha"] = "" if ended_at is None else head_sha
            connection.execute(update(watch).where(_is(ref)).values(**values))
            return ended_at

        return self._database.write(work)

    def lost(self, ref: MergeRequestRef, *, now: float, quiet: float) -> None:
        """Note that GitLab does not show a merge request any more: how it ended before stays.

        What is lost since before `quiet` is settled.
        """

        def work(connection: Connection) -> None:
            row = connection.execute(select(watch).where(_is(ref)).with_for_update()).mappings().first()
            if row is not None:
                ended_at = row["ended_at"] or now
                state = "gone" if row["state"] == "opened" else row["state"]
                values = {"state": state, "ended_at": ended_at, "settled": ended_at < quiet}
                connection.execute(update(watch).where(_is(ref)).values(**values))

        self._database.write(work)


def begin(connection: Connection, ref: MergeRequestRef, now: float) -> None:
    """Something was posted: look there from now on."""
    change = update(watch).where(_is(ref)).values(posted_at=now, settled=False)
    if not connection.execute(change).rowcount:
        connection.execute(insert(watch).values(project_id=ref.project_id, iid=ref.iid, posted_at=now))


def end(connection: Connection, ref: MergeRequestRef, state: str, now: float) -> None:
    """An event told of the end: the next sweep looks at it first."""
    change = update(watch).where(_is(ref), watch.c.state != state)
    connection.execute(change.values(state=state, ended_at=now, swept_at=0.0, settled=False))


def _is(ref: MergeRequestRef) -> ColumnElement[bool]:
    return and_(watch.c.project_id == ref.project_id, watch.c.iid == ref.iid)
