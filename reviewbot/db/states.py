"""How the bot behaves in each merge request: paused, pushes counted, the gate forced open (fills `ports.States`)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from reviewbot.db.engine import Database
from reviewbot.db.gate_tables import approval, glass
from reviewbot.db.tables import merge_request_state as table
from reviewbot.model.memory import MergeRequestState, Word
from reviewbot.model.merge_request import MergeRequestRef, OpenHead

_FIELDS = (
    *("paused", "pause_reason", "paused_by", "pushes"),
    *("overridden", "override_reason", "overridden_by", "override_target"),
)


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

    def override(
        self, ref: MergeRequestRef, reason: str, by: str, *, by_id: int = 0, note_id: int, target: str = ""
    ) -> None:
        """Force the gate open (break glass) for merging into the branch `target` (empty: whichever), and record who
        did it. The same note counts once.
        """
        now = self._clock()
        told = {"user_id": by_id, "username": by, "reason": reason, "note_id": note_id, "at": now}

        def work(connection: Connection) -> None:
            if connection.execute(select(glass.c.id).where(glass.c.note_id == note_id)).first() is not None:
                return
            connection.execute(insert(glass).values(project_id=ref.project_id, iid=ref.iid, **told))
            state = {"overridden": True, "override_reason": reason, "overridden_by": by, "overridden_at": now}
            _write(connection, ref, **state, override_target=target, at=now)

        self._database.write(work)

    def close_gate(self, ref: MergeRequestRef, *, note_id: int) -> bool:
        """What a review says counts again, unless a later note forced the gate open; whether it was closed by this."""
        newer = select(glass.c.id).where(
            glass.c.project_id == ref.project_id, glass.c.iid == ref.iid, glass.c.note_id > note_id
        )
        shut = {"overridden": False, "override_reason": "", "overridden_by": "", "overridden_at": None}

        def work(connection: Connection) -> bool:
            row = _row(connection, ref)
            if row is None or not row["overridden"] or connection.execute(newer).first() is not None:
                return False
            _write(connection, ref, **shut, at=self._clock())
            return True

        return self._database.write(work)

    def overrides(self) -> int:
        """How often a gate was forced open, in all merge requests."""
        return int(self._database.read(lambda c: c.execute(select(func.count()).select_from(glass)).scalar()) or 0)

    def standing_word(self, ref: MergeRequestRef, word: str) -> Word | None:
        """What is known of the bot's `word` (approval, request for changes); None: it stands nowhere."""
        query = select(*(approval.c[field.name] for field in fields(Word))).where(*_said(ref, word))
        row = self._database.read(lambda c: c.execute(query).mappings().first())
        return None if row is None else Word(**row)

    def put_word(self, ref: MergeRequestRef, word: str, said: Word | None) -> None:
        """Note what the bot is about to say on GitLab, before it says it, and that it was said. None: taken back."""

        def work(connection: Connection) -> None:
            connection.execute(delete(approval).where(*_said(ref, word)))
            if said is not None:
                values = {"word": word, "at": self._clock(), **asdict(said)}
                connection.execute(insert(approval).values(project_id=ref.project_id, iid=ref.iid, **values))

        self._database.write(work)

    def unsettled(self, word: str, heads: Sequence[OpenHead]) -> list[MergeRequestRef]:
        """Those of the open merge requests where the bot's word stands for another head, or was to be taken back."""
        query = select(approval.c.project_id, approval.c.iid, approval.c.head_sha, approval.c.state)
        rows = self._database.read(lambda c: c.execute(query.where(approval.c.word == word)).all())
        known = {MergeRequestRef(row.project_id, row.iid): (row.head_sha, row.state) for row in rows}
        said = ((one, known[one.ref]) for one in heads if one.ref in known)
        return [one.ref for one, (sha, state) in said if sha != one.head_sha or state == "going"]

    def _set(self, ref: MergeRequestRef, **values: Any) -> None:
        self._database.write(lambda c: _write(c, ref, **values, at=self._clock()))


def _said(ref: MergeRequestRef, word: str) -> tuple[ColumnElement[bool], ...]:
    return approval.c.project_id == ref.project_id, approval.c.iid == ref.iid, approval.c.word == word


def _row(connection: Connection, ref: MergeRequestRef) -> Any:
    query = select(table).where(table.c.project_id == ref.project_id, table.c.iid == ref.iid)
    return connection.execute(query).mappings().first()


def _write(connection: Connection, ref: MergeRequestRef, **values: Any) -> None:
    mine = (table.c.project_id == ref.project_id, table.c.iid == ref.iid)
    if not connection.execute(update(table).where(*mine).values(**values)).rowcount:
        connection.execute(insert(table).values(project_id=ref.project_id, iid=ref.iid, **values))
