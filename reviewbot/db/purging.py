"""Forgets: what is old, a project, a person. Waiting and running jobs stay, unless their project goes."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, tuple_, update

from reviewbot.db.engine import Database
from reviewbot.db.gate_tables import approval, glass
from reviewbot.db.leases import RUNNING, WAITING
from reviewbot.db.records import expand
from reviewbot.db.tables import (
    answer,
    inbox,
    job,
    merge_request_state,
    posted,
    reaction,
    reviewed,
    run,
    spend,
    step,
    suppression,
    wish,
)


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went, by table."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def purge_older(database: Database, before: float) -> Purged:
    """Forget everything that holds source code or names and is older than `before` (seconds since the epoch).

    Suppressions hold no source code and are the project's own decisions: they stay until they are lifted. The record
    of who forced a gate open stays too.
    """

    def work(connection: Connection) -> Purged:
        ended = job.c.state.not_in([WAITING, RUNNING])
        return _purge(
            connection,
            {
                inbox: inbox.c.received_at < before,
                answer: answer.c.created_at < before,
                reviewed: reviewed.c.at < before,
                run: run.c.finished_at < before,
                posted: posted.c.at < before,
                reaction: reaction.c.at < before,
                merge_request_state: merge_request_state.c.at < before,
                suppression: suppression.c.lifted_at < before,
                wish: wish.c.at < before,
                approval: approval.c.at < before,
                job: and_(ended, job.c.finished_at < before),
            },
        )

    return database.write(work)


def purge_project(database: Database, project_id: int) -> Purged:
    """Forget a project whole. Kept answers name no project; they go with their age."""
    tables = (
        inbox,
        reviewed,
        run,
        posted,
        reaction,
        merge_request_state,
        suppression,
        spend,
        wish,
        job,
    )
    return database.write(lambda c: _purge(c, {table: table.c.project_id == project_id for table in tables}))


def purge_person(database: Database, username: str, user_id: int | None = None) -> Purged:
    """Forget the merge requests that a person wrote, their reactions, and every stored event that names them.

    Their name is taken off what they dismissed, paused or overrode: the decisions stay.
    """

    def work(connection: Connection) -> Purged:
        ended = job.c.state.not_in([WAITING, RUNNING])
        mine = select(job.c.project_id, job.c.iid).where(job.c.author == username)
        conditions: dict[Table, ColumnElement[bool]] = {
            table: tuple_(table.c.project_id, table.c.iid).in_(mine) for table in (reviewed, run, posted)
        }
        conditions[inbox] = inbox.c.id.in_(_naming(connection, username))
        if user_id is not None:
            conditions[reaction] = reaction.c.user_id == user_id
        named = job.c.commands.contains(f'"username": "{username}"', autoescape=True)
        conditions[job] = and_(ended, or_(job.c.author == username, named))
        _unname(connection, username)
        return _purge(connection, conditions)

    return database.write(work)


def _unname(connection: Connection, username: str) -> None:
    given = suppression.c.by == username
    connection.execute(update(suppression).where(given).values(by="", by_id=0, reason=""))
    connection.execute(update(glass).where(glass.c.username == username).values(username="", user_id=0, reason=""))
    for column in (suppression.c.lifted_by, merge_request_state.c.paused_by, merge_request_state.c.overridden_by):
        connection.execute(update(column.table).where(column == username).values({column: ""}))


def _naming(connection: Connection, username: str) -> list[int]:
    """Ids of stored events whose body names the person. Bodies are compressed: each is looked into."""
    name = re.compile(rb'"username"\s*:\s*"' + re.escape(username.encode()) + rb'"')
    rows = connection.execute(select(inbox.c.id, inbox.c.body).execution_options(yield_per=200))
    return [row.id for row in rows if name.search(expand(row.body))]


def _purge(connection: Connection, conditions: dict[Table, ColumnElement[bool]]) -> Purged:
    rows = {table.name: connection.execute(delete(table).where(which)).rowcount for table, which in conditions.items()}
    connection.execute(delete(step).where(step.c.job_id.not_in(select(job.c.id))))
    return Purged(rows)
