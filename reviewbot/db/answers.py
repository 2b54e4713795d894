"""Kept answers (fills `reviewbot.ports.Answers`): a review that starts again pays for nothing twice."""

import time
from collections.abc import Callable

from sqlalchemy import Connection, insert, select, update

from reviewbot.db.engine import Database
from reviewbot.db.records import pack, unpack
from reviewbot.db.tables import answer as table
from reviewbot.model.prompt import Answer


class AnswerTable:
    """Keys are content hashes (hex, ≤ 128 characters). An answer older than `days` is not given out any more."""

    def __init__(self, database: Database, *, days: float = 30.0, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._seconds = days * 86_400
        self._clock = clock

    def get(self, key: str) -> Answer | None:
        fresh = table.c.created_at > self._clock() - self._seconds
        query = select(table.c.record).where(table.c.key == key, fresh)
        data = self._database.read(lambda c: c.execute(query).scalar())
        return None if data is None else unpack(Answer, data)

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; a later one under the same key takes its place."""
        values = {"model": answer.model, "record": pack(answer), "created_at": self._clock()}

        def work(connection: Connection) -> None:
            if not connection.execute(update(table).where(table.c.key == key).values(**values)).rowcount:
                connection.execute(insert(table).values(key=key, **values))

        self._database.write(work)
