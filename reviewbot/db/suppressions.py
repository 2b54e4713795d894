"""What people dismissed, neither posted again nor told of in later merge requests (fills `ports.Suppressions`)."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from reviewbot.db.engine import Database
from reviewbot.db.tables import suppression as table
from reviewbot.model.finding import Category, Severity
from reviewbot.model.memory import Suppression
from reviewbot.model.merge_request import MergeRequestRef

_LISTS = ("paths", "around", "claim")
_PLAIN = (
    *("project_id", "iid", "fingerprint", "anchored", "title", "rule", "how", "by", "at", "by_id", "reason"),
    *("project_wide", "lifted_at", "lifted_by"),
)


class SuppressionTable:
    """Every method is one short transaction. Raises `StoreUnavailable`."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def record(self, dismissed: Suppression) -> None:
        """Remember a dismissal. The first word about a finding of a merge request stays, also when it was lifted."""

        def work(connection: Connection) -> None:
            mine = select(table.c.id).where(
                table.c.project_id == dismissed.project_id,
                table.c.iid == dismissed.iid,
                table.c.fingerprint == dismissed.fingerprint,
            )
            if connection.execute(mine).first() is None:
                connection.execute(insert(table).values(_values(dismissed)))

        self._database.write(work)

    def active(self, ref: MergeRequestRef) -> Sequence[Suppression]:
        """Those that count for this merge request: its own and the project's, the lifted ones left out."""
        query = select(table).where(
            table.c.project_id == ref.project_id,
            table.c.lifted_at.is_(None),
            or_(table.c.project_wide, table.c.iid == ref.iid),
        )
        return self._read(query.order_by(table.c.id))

    def listed(self, project_id: int | None = None, limit: int = 200) -> Sequence[Suppression]:
        """The newest first, lifted ones among them, of one project or all."""
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        return self._read(query if project_id is None else query.where(table.c.project_id == project_id))

    def lift(self, suppression_id: int, by: str) -> bool:
        """Let such findings be told again; False when there is no such suppression or it was lifted before."""
        change = update(table).where(table.c.id == suppression_id, table.c.lifted_at.is_(None))
        change = change.values(lifted_at=self._clock(), lifted_by=by)
        return bool(self._database.write(lambda c: c.execute(change).rowcount))

    def _read(self, query: Any) -> list[Suppression]:
        return self._database.read(lambda c: [_suppression(dict(row)) for row in c.execute(query).mappings()])


def _values(dismissed: Suppression) -> dict[str, Any]:
    plain = {name: getattr(dismissed, name) for name in _PLAIN}
    lists = {name: json.dumps(getattr(dismissed, name)) for name in _LISTS}
    return {**plain, **lists, "category": dismissed.category.value, "severity": dismissed.severity.value}


def _suppression(row: dict[str, Any]) -> Suppression:
    lists: dict[str, Any] = {name: tuple(json.loads(row[name])) for name in _LISTS}
    kinds = {"category": Category(row["category"]), "severity": Severity(row["severity"])}
    return Suppression(**{**row, **lists, **kinds})
