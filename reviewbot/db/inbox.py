"""Deliveries and wishes -> rows: many events in one transaction, each exactly once."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, get_args

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    union_all,
    update,
)

from reviewbot.core import commands
from reviewbot.db import reactions, replies, watching, wishes
from reviewbot.db.engine import lock_merge_requests
from reviewbot.db.gate_tables import approval
from reviewbot.db.records import expand, squeeze
from reviewbot.db.standing import Debounce, Effect, Row, Standing, labelled
from reviewbot.db.tables import inbox, job
from reviewbot.db.wishes import Known
from reviewbot.model.event import (
    Closed,
    CommandGiven,
    Delivery,
    Event,
    Ignored,
    Labelled,
    Reaction,
    ReviewWanted,
    Undecided,
)
from reviewbot.model.job import Due, JobKind, JobState
from reviewbot.model.merge_request import MergeRequestRef

_SAVED = (
    "head_sha", "trigger", "state", "explicit", "path", "title", "author", "commands", "reason", "due_at", "crashes",
    "alone", "stop", "superseded_by", "finished_at", "outcome",
)  # fmt: skip
_UPDATE = update(job).where(job.c.id == bindparam("_id")).values({name: bindparam(name) for name in _SAVED})
_INSERT = insert(job).returning(job.c.id, sort_by_parameter_order=True)

DECIDED_AT_ONCE = 20  # undecided events in one transaction: a body may have 25 MB

Standings = dict[tuple[MergeRequestRef, JobKind], Standing]
_KINDS: tuple[JobKind, ...] = get_args(JobKind)


def receive(connection: Connection, deliveries: Sequence[Delivery], now: float, debounce: Debounce) -> list[Due | None]:
    """Store deliveries in the inbox and apply their events; the jobs that wait for them, in the same order.

    A key that is in the inbox already, or came earlier in the same batch, is a repeated delivery: nothing happens.
    """
    standings = _load_locked(connection, (delivery.event for delivery in deliveries))
    seen = _known_keys(connection, [delivery.key for delivery in deliveries])
    known = wishes.known(connection, [delivery.event for delivery in deliveries], now)
    effects: list[Effect | None] = []
    for delivery in deliveries:
        repeated = delivery.key in seen
        seen.add(delivery.key)
        effects.append(None if repeated else _apply(connection, delivery.event, standings, known, now, debounce))
    _save(connection, standings.values())
    _store(connection, deliveries, effects, now)
    new = [delivery.said for delivery, effect in zip(deliveries, effects, strict=True) if effect is not None]
    replies.note(connection, [said for said in new if said is not None], now)
    return [_due(effect) if effect else None for effect in effects]


def want(connection: Connection, event: Event, now: float, debounce: Debounce) -> int | None:
    """Apply an event that did not come through the webhook; the id of the job to enqueue."""
    standings = _load_locked(connection, [event])
    effect = _apply(connection, event, standings, wishes.known(connection, [event], now), now, debounce)
    _save(connection, standings.values())
    due = _due(effect)
    return due.job_id if due else None


def decide(
    connection: Connection, read: Callable[[bytes], Event], now: float, debounce: Debounce
) -> tuple[int, list[Due]]:
    """Read undecided events again, the oldest first, and apply what they mean; how many, and the jobs that wait.

    `read` knows who the bot is, and raises nothing. The rows are locked: nobody else decides them too.
    """
    waiting = select(inbox.c.id, inbox.c.body).where(inbox.c.undecided).order_by(inbox.c.id).limit(DECIDED_AT_ONCE)
    rows = connection.execute(waiting.with_for_update()).all()
    events = [_late(read(expand(row.body))) for row in rows]
    standings = _load_locked(connection, events)
    known = wishes.known(connection, events, now)
    effects = [_apply(connection, event, standings, known, now, debounce) for event in events]
    _save(connection, standings.values())
    for row, event, effect in zip(rows, events, effects, strict=True):
        change = update(inbox).where(inbox.c.id == row.id)
        connection.execute(change.values(undecided=False, **_made_of(event, effect)))
    return len(rows), [due for effect in effects if (due := _due(effect))]


def _late(event: Event) -> Event:
    """Its head is history, newer pushes may have been heard of since: the run finds out which one is there."""
    return replace(event, head_sha="") if isinstance(event, ReviewWanted | CommandGiven | Labelled) else event


def _due(effect: Effect) -> Due | None:
    row = effect.row
    return Due(row["id"], row["due_at"], row["kind"]) if row and effect.enqueue else None


def load(connection: Connection, refs: Sequence[MergeRequestRef]) -> Standings:
    """By merge request and kind the standing: the waiting and the running row, and the newest ended review."""
    standings = {(ref, kind): Standing(ref) for ref in refs for kind in _KINDS}
    if not refs:
        return standings
    asked = json.dumps([(ref.project_id, ref.iid) for ref in dict.fromkeys(refs)])
    for found in connection.execute(_LOAD[connection.dialect.name], {"asked": asked}).mappings():
        row = dict(found)
        standing = standings[MergeRequestRef(row["project_id"], row["iid"]), row["kind"]]
        place = row["state"] if row["state"] in {JobState.WAITING, JobState.RUNNING} else "ended"
        setattr(standing, place, row)
    return standings


def _load(pairs: str) -> Select[Any]:
    """The rows of a standing, for all merge requests of the parameter `asked` (JSON, a list of pairs) at once.

    Made once, and the same text for any number of pairs: putting a statement together costs more than running it. Both
    databases look each pair up in an index: a join with made-up rows, which neither would do for a list of pairs.
    """
    asked = text(pairs).columns(column("project_id", BigInteger), column("iid", BigInteger)).cte("asked")
    same = and_(job.c.project_id == asked.c.project_id, job.c.iid == asked.c.iid)
    newest = (
        select(func.max(job.c.id))
        .where(same, job.c.kind == literal_column("'review'"))
        .correlate(asked)
        .scalar_subquery()
    )
    # The state as a literal: the planner then uses the small index of exactly these rows.
    active = [
        select(job.c.id).join_from(asked, job, and_(same, job.c.state == literal_column(f"'{state.value}'")))
        for state in (JobState.WAITING, JobState.RUNNING)
    ]
    return select(job).where(job.c.id.in_(union_all(select(newest).select_from(asked), *active)))


_LOAD = {
    "sqlite": _load(
        "SELECT json_extract(value, '$[0]') AS project_id, json_extract(value, '$[1]') AS iid FROM json_each(:asked)"
    ),
    "postgresql": _load(
        "SELECT CAST(value ->> 0 AS bigint) AS project_id, CAST(value ->> 1 AS bigint) AS iid"
        " FROM json_array_elements(CAST(:asked AS json))"
    ),
}


def _load_locked(connection: Connection, events: Iterable[Event]) -> Standings:
    """In one order everywhere: two batches cannot wait for each other in a circle."""
    refs = sorted({ref for event in events if (ref := _touched(event)) is not None})
    lock_merge_requests(connection, [(ref.project_id, ref.iid) for ref in refs])
    return load(connection, refs)


def _touched(event: Event) -> MergeRequestRef | None:
    """The merge request whose jobs an event may change."""
    if isinstance(event, Ignored):
        return event.pushed
    return None if isinstance(event, Reaction | Undecided) else event.ref


def _known_keys(connection: Connection, keys: list[str]) -> set[str]:
    return set(connection.execute(select(inbox.c.key).where(inbox.c.key.in_(keys))).scalars())


def _apply(
    connection: Connection, event: Event, standings: Standings, known: Known, now: float, debounce: Debounce
) -> Effect:
    if reason := wishes.refused(event, known):
        return _unread(connection, reason, event.ref if isinstance(event, ReviewWanted) else None, standings, now)
    match event:
        case ReviewWanted():
            return standings[event.ref, "review"].want(event, now, debounce)
        case CommandGiven():
            return _heard(event, standings, now, debounce)
        case Labelled():
            command, wish = labelled(event)
            return standings[event.ref, "review"].want(wish, now, debounce, command)
        case Closed():
            if event.state == "merged":
                wishes.forget(connection, event.ref.project_id, now)
                known.clear()
                connection.execute(delete(approval).where(*_words(event.ref)))  # nothing of it can be taken back
            watching.end(connection, event.ref, event.state, now)
            return standings[event.ref, "review"].close(event, now)
        case Reaction():
            reactions.note(connection, event, now)
            return Effect(note="Reaction noted")
        case Ignored():
            return _unread(connection, event.reason, event.pushed, standings, now)
        case Undecided():
            return Effect(note=event.reason)


def _unread(
    connection: Connection, reason: str, pushed: MergeRequestRef | None, standings: Standings, now: float
) -> Effect:
    """Nothing starts; but an approval of ours must not stand for a head that nobody reads."""
    if pushed is None or (pushed, "command") not in standings:
        return Effect(note=reason)
    if connection.execute(select(approval.c.word).where(*_words(pushed))).first() is None:
        return Effect(note=reason)
    return replace(standings[pushed, "command"].say(commands.withdrawal(pushed), "command", now), note=reason)


def _words(ref: MergeRequestRef) -> tuple[ColumnElement[bool], ...]:
    return approval.c.project_id == ref.project_id, approval.c.iid == ref.iid


def _heard(event: CommandGiven, standings: Standings, now: float, debounce: Debounce) -> Effect:
    """All that a note says. One job is enqueued at once; a review begins after it, others are found by the sweep."""
    said = sorted(event.each(), key=lambda one: commands.kind_of(one.command) == "review")
    effects = [_said(one, standings, now, debounce) for one in said]
    return next((effect for effect in effects if effect.enqueue), effects[0])


def _said(event: CommandGiven, standings: Standings, now: float, debounce: Debounce) -> Effect:
    kind = commands.kind_of(event.command)
    reviews = standings[event.ref, "review"]
    if kind == "review":
        wish = ReviewWanted(event.ref, event.head_sha, "command", path=event.path, explicit=True)
        return reviews.want(wish, now, debounce, event)
    if event.command == commands.REPLY and not (reviews.waiting or reviews.running or reviews.ended):
        return Effect(note="Nothing of ours is known on this merge request: the note is not for us")
    return standings[event.ref, kind].say(event, kind, now)


def _save(connection: Connection, standings: Iterable[Standing]) -> None:
    touched = [row for standing in standings for row in standing.touched]
    new = [row for row in touched if "id" not in row]
    old = [row for row in touched if "id" in row]
    # First what ends, then what begins: one waiting row per merge request at any moment.
    _update(connection, [row for row in old if not isinstance(row["superseded_by"], dict)])
    if new:
        for row, identity in zip(new, connection.execute(_INSERT, new).scalars(), strict=True):
            row["id"] = identity
    superseded = [row for row in old if isinstance(row["superseded_by"], dict)]
    for row in superseded:
        row["superseded_by"] = row["superseded_by"]["id"]
    _update(connection, superseded)


def _update(connection: Connection, rows: list[Row]) -> None:
    if rows:
        connection.execute(_UPDATE, [{"_id": row["id"]} | {name: row[name] for name in _SAVED} for row in rows])


def _store(
    connection: Connection, deliveries: Sequence[Delivery], effects: Sequence[Effect | None], now: float
) -> None:
    rows: list[Row] = []
    for delivery, effect in zip(deliveries, effects, strict=True):
        if effect is None:
            continue
        rows.append({
            "key": delivery.key,
            "kind": delivery.kind,
            "body": squeeze(delivery.body),
            "received_at": now,
            "undecided": isinstance(delivery.event, Undecided),
            **_made_of(delivery.event, effect),
        })  # fmt: skip
    if rows:
        connection.execute(insert(inbox), sorted(rows, key=itemgetter("key")))


def _made_of(event: Event, effect: Effect) -> Row:
    """What the inbox tells of an event."""
    ref = getattr(event, "ref", None)
    return {
        "project_id": ref.project_id if ref else None,
        "iid": ref.iid if ref else None,
        "job_id": effect.row["id"] if effect.row else None,
        "note": effect.note,
    }
