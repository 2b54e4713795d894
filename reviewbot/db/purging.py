"""Forgets: what is old, a project, a person. Waiting and running jobs stay, unless their project goes."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, tuple_, update

from reviewbot.db.engine import Database
from reviewbot.db.feedback_tables import comment, held_kind, reaction, reply, unsaid, watch
from reviewbot.db.gate_tables import approval, glass
from reviewbot.db.leases import RUNNING, WAITING
from reviewbot.db.records import expand
from reviewbot.db.tables import (
    answer,
    inbox,
    job,
    merge_request_state,
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


def purge_older(database: Database, before: float, feedback_before: float | None = None) -> Purged:
    """Forget everything that holds source code or names and is older than `before` (seconds since the epoch).

    What people made of comments holds none: it goes by an age of its own, `feedback_before`, as reports look back
    further. Suppressions hold no source code and are the project's own decisions: they stay until they are lifted. So
    do the record of who forced a gate open, and what the bot says on GitLab, which it may have to take back.
    """
    long_ago = before if feedback_before is None else feedback_before

    def work(connection: Connection) -> Purged:
        ended = job.c.state.not_in([WAITING, RUNNING])
        return _purge(
            connection,
            {
                inbox: inbox.c.received_at < before,
                answer: answer.c.created_at < before,
                reviewed: reviewed.c.at < before,
                run: run.c.finished_at < before,
                comment: comment.c.at < long_ago,
                reaction: reaction.c.at < long_ago,
                reply: reply.c.at < long_ago,
                unsaid: unsaid.c.at < long_ago,
                watch: and_(watch.c.posted_at < long_ago, watch.c.swept_at < long_ago),
                merge_request_state: merge_request_state.c.at < before,
                suppression: suppression.c.lifted_at < before,
                wish: wish.c.at < before,
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
        comment,
        reaction,
        reply,
        unsaid,
        watch,
        held_kind,
        merge_request_state,
        suppression,
        spend,
        wish,
        approval,
        glass,
        job,
    )
    return database.write(lambda c: _purge(c, {table: table.c.project_id == project_id for table in tables}))


def purge_person(database: Database, username: str, user_id: int | None = None) -> Purged:
    """Forget the merge requests that a person wrote, their reactions and answers, and every stored event that names
    them. `user_id`: theirs in GitLab; beside it count those under which stored records know the name.

    Their name and id are taken off what they dismissed, resolved, paused or overrode: the decisions stay.
    """

    def work(connection: Connection) -> Purged:
        ended = job.c.state.not_in([WAITING, RUNNING])
        mine = select(job.c.project_id, job.c.iid).where(job.c.author == username)
        naming, known = _naming(connection, username)
        ids = known | _ids(connection, username) | ({user_id} if user_id is not None else set())
        conditions: dict[Table, ColumnElement[bool]] = {
            table: tuple_(table.c.project_id, table.c.iid).in_(mine)
            for table in (reviewed, run, comment, unsaid, watch)
        }
        conditions[inbox] = inbox.c.id.in_(naming)
        for table in (reaction, reply):
            wrote = tuple_(table.c.project_id, table.c.iid).in_(mine)
            conditions[table] = or_(table.c.user_id.in_(ids), wrote)
        named = job.c.commands.contains(_named(username), autoescape=True)
        conditions[job] = and_(ended, or_(job.c.author == username, named))
        _unname(connection, username, ids)
        return _purge(connection, conditions)

    return database.write(work)


def _unname(connection: Connection, username: str, ids: Collection[int]) -> None:
    given = or_(suppression.c.by == username, suppression.c.by_id.in_(ids))
    connection.execute(update(suppression).where(given).values(by="", by_id=0, reason=""))
    connection.execute(update(glass).where(glass.c.username == username).values(username="", user_id=0, reason=""))
    for column in (
        suppression.c.lifted_by,
        held_kind.c.lifted_by,
        merge_request_state.c.paused_by,
        merge_request_state.c.overridden_by,
    ):
        connection.execute(update(column.table).where(column == username).values({column: ""}))
    for column in (comment.c.fate_by, comment.c.resolved_by):
        connection.execute(update(comment).where(column.in_(ids)).values({column: 0}))


def _named(username: str) -> str:
    return f'"username": "{username}"'


def _ids(connection: Connection, username: str) -> set[int]:
    """The ids under which dismissals, forced gates and commands know a name."""
    found = set(connection.execute(select(suppression.c.by_id).where(suppression.c.by == username)).scalars())
    found |= set(connection.execute(select(glass.c.user_id).where(glass.c.username == username)).scalars())
    named = job.c.commands.contains(_named(username), autoescape=True)
    for text in connection.execute(select(job.c.commands).where(named)).scalars():
        found |= {one["user_id"] for one in json.loads(text) if one["username"] == username}
    return found - {0}


def _naming(connection: Connection, username: str) -> tuple[list[int], set[int]]:
    """Ids of stored events whose body names the person, and the person's own ids, where it was their doing.

    Bodies are compressed: each is looked into.
    """
    name = re.compile(rb'"username"\s*:\s*"' + re.escape(username.encode()) + rb'"')
    rows = connection.execute(select(inbox.c.id, inbox.c.body).execution_options(yield_per=200))
    events, people = [], set()
    for row in rows:
        if name.search(body := expand(row.body)):
            events.append(row.id)
            people |= _doer(body, username)
    return events, people


def _doer(body: bytes, username: str) -> set[int]:
    try:
        event = json.loads(body)
    except ValueError:
        return set()
    user = event.get("user") if isinstance(event, dict) else None
    if not isinstance(user, dict) or user.get("username") != username or not isinstance(user.get("id"), int):
        return set()
    return {user["id"]} - {0}


def _purge(connection: Connection, conditions: dict[Table, ColumnElement[bool]]) -> Purged:
    rows = {table.name: connection.execute(delete(table).where(which)).rowcount for table, which in conditions.items()}
    connection.execute(delete(step).where(step.c.job_id.not_in(select(job.c.id))))
    return Purged(rows)
