"""What a project holds back, worked out of what people said there (fills `listening.Holds`).

Only the number, the first title and whether it was lifted are kept of a kind: the rest follows from people's words as
they stand now. A kind of which there are no longer enough is forgotten, unless somebody has lifted it.
"""

import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from reviewbot.core import holding
from reviewbot.db import wording
from reviewbot.db.engine import Database
from reviewbot.db.feedback_tables import held_kind as table
from reviewbot.model.finding import Category
from reviewbot.model.holding import Hold, Kind, Voice

REMEMBERED = 180 * 86_400.0
"""Seconds that a word counts here: what is held back gets no new words, and would be held back for ever."""


class HoldTable:
    """Every method is one short transaction. Raises `StoreUnavailable`."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def evidence(self, project_id: int) -> tuple[Sequence[Voice], Sequence[Hold]]:
        """What people said of comments in a project, and the kinds that were kept."""
        since = self._clock() - REMEMBERED
        return self._database.read(lambda c: (wording.words(c, project_id, since), _kept(c, project_id)))

    def keep(self, project_id: int, found: Sequence[Hold], over: Collection[int]) -> list[Hold]:
        """Keep the kinds that are held back or lifted, and forget the numbers `over`; a new kind gets a number."""
        if all(hold.id for hold in found) and not over:
            return list(found)  # mostly there is nothing to write

        def work(connection: Connection) -> list[Hold]:
            connection.execute(delete(table).where(table.c.id.in_(over), table.c.lifted_at.is_(None)))
            kept = _kept(connection, project_id)
            return [hold if hold.id else _keep(connection, project_id, hold, kept, self._clock()) for hold in found]

        return self._database.write(work)

    def standing(self, project_id: int) -> list[Hold]:
        """The kinds that are held back or lifted, oldest first, by the roles that are known."""
        said, kept = self.evidence(project_id)
        found = holding.holds(said, kept)
        return self.keep(project_id, found, {one.id for one in kept} - {one.id for one in found})

    def listed(self, project_id: int | None = None) -> list[Hold]:
        """As `standing`, of one project or of all in which somebody said something."""
        if project_id is not None:
            return self.standing(project_id)
        projects = self._database.read(lambda c: wording.projects(c, self._clock() - REMEMBERED))
        return [hold for each in projects for hold in self.standing(each)]

    def seen(self) -> list[Hold]:
        """As `listed` of all projects, for a page: nothing is kept, so that a kind that is new has no number yet."""

        def work(connection: Connection) -> list[Hold]:
            since = self._clock() - REMEMBERED
            return [
                replace(hold, project_id=each)
                for each in wording.projects(connection, since)
                for hold in holding.holds(wording.words(connection, each, since), _kept(connection, each))
            ]

        return self._database.read(work)

    def lift(self, hold_id: int, by: str) -> bool:
        """Tell such findings again, whatever people say; False when there is none of that number that counts."""
        return self._set(hold_id, table.c.lifted_at.is_(None), lifted_at=self._clock(), lifted_by=by)

    def restore(self, hold_id: int) -> bool:
        """Let people's words count again; False when there is none of that number that was lifted."""
        return self._set(hold_id, table.c.lifted_at.is_not(None), lifted_at=None, lifted_by="")

    def _set(self, hold_id: int, where: Any, **values: Any) -> bool:
        change = update(table).where(and_(table.c.id == hold_id, where)).values(**values)
        return bool(self._database.write(lambda c: c.execute(change).rowcount))


def _kept(connection: Connection, project_id: int) -> list[Hold]:
    query = select(table).where(table.c.project_id == project_id).order_by(table.c.id)
    return [_hold(row) for row in connection.execute(query).mappings()]


def _keep(connection: Connection, project_id: int, hold: Hold, kept: Sequence[Hold], now: float) -> Hold:
    """The hold with its number; another process may have been first."""
    kind = hold.kind
    same = next((one for one in kept if holding.alike(one.kind, kind)), None)
    if same is not None:
        return replace(hold, id=same.id, project_id=project_id, at=same.at, title=same.title)
    values = {"rule": kind.rule, "category": kind.category.value, "area": kind.area, "claim": json.dumps(kind.claim)}
    row = {"project_id": project_id, "title": hold.title, "at": now, **values}
    hold_id = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
    return replace(hold, id=hold_id, project_id=project_id, at=now)


def _hold(row: Any) -> Hold:
    kind = Kind(row["rule"], Category(row["category"]), row["area"], tuple(json.loads(row["claim"])))
    plain = ("project_id", "id", "title", "at", "lifted_at", "lifted_by")
    return Hold(kind, **{name: row[name] for name in plain})
