"""How the bot behaves in each merge request: paused, pushes counted, the gate forced open (fills `ports.States`)."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, insert, select, update

from reviewbot.db.engine import Database
from reviewbot.db.tables import merge_request_state as table
from reviewbot.model.memory import MergeRequestState
from reviewbot.model.merge_request import MergeRequestRef

_FIELDS = ("paused", "pause_reason", "paused_by", "pushes", "overridden", "override_reason", "overridden_by")


class MergeRequestStates:
    """Every method is one short transaction. Raises `StoreUnavailable`."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def get(self, ref: MergeRequestRef) -> MergeRequestState:
        """The state; one that was never set is neither paused nor overridden."""
        row = self._database.read(lambda c: _row(c, ref))
        if row is None:
            return MergeRequestState()
        return MergeRequestState(**{name: row[name] for name in _FIELDS}, overridden_at=row["overridden_at"])

    def pause(self, ref: MergeRequestRef, reason: str, by: str = "") -> None:
        """Pushes are not reviewed until `resume`. `by`: username, empty when the bot paused by itself."""
        self._set(ref, paused=True, pause_reason=reason, paused_by=by)

    def resume(self, ref: MergeRequestRef) -> None:
        """Pushes are reviewed again, and counted from 0."""
        self._set(ref, paused=False, pause_reason="", paused_by="", pushes=0)

    def count_push(self, ref: MergeRequestRef, head_sha: str) -> int:
        """Note that a head was reviewed; how many were since the last resume. The same head twice counts once."""

        def work(connection: Connection) -> int:
            row = _row(connection, ref)
            pushes, last = (row["pushes"], row["last_head"]) if row else (0, "")
            if head_sha != last:
                pushes += 1
                _write(connection, ref, pushes=pushes, last_head=head_sha, at=self._clock())
            return int(pushes)

        return self._database.write(work)

    def override(self, ref: MergeRequestRef, reason: str, by: str) -> None:
        """Force the gate open (break glass)."""
        now = self._clock()
        self._set(ref, overridden=True, override_reason=reason, overridden_by=by, overridden_at=now)

    def _set(self, ref: MergeRequestRef, **values: Any) -> None:
        self._database.write(lambda c: _write(c, ref, **values, at=self._clock()))


def _row(connection: Connection, ref: MergeRequestRef) -> Any:
    query = select(table).where(table.c.project_id == ref.project_id, table.c.iid == ref.iid)
    return connection.execute(query).mappings().first()


def _write(connection: Connection, ref: MergeRequestRef, **values: Any) -> None:
    mine = (table.c.project_id == ref.project_id, table.c.iid == ref.iid)
    if not connection.execute(update(table).where(*mine).values(**values)).rowcount:
        connection.execute(insert(table).values(project_id=ref.project_id, iid=ref.iid, **values))
