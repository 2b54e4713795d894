"""Taking, keeping and giving back a job: each by a conditional write under the job's fence."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select, text, true, update

from reviewbot.db.engine import lock_merge_requests
from reviewbot.db.standing import Row, together
from reviewbot.db.tables import clean, job, step
from reviewbot.errors import LeaseLost, Stop, Superseded
from reviewbot.model.job import JobState, Lease

WAITING, RUNNING = JobState.WAITING.value, JobState.RUNNING.value
_LOCK_OWNER = text("SELECT pg_advisory_xact_lock(7235, hashtext(:owner))")


def take(connection: Connection, job_id: int, owner: str, now: float, seconds: float) -> Row | None:
    """Lease a due job; None when it is not due, not waiting, or something else runs that it must not run beside."""
    row = locked_row(connection, job_id)
    if row is None or row["state"] != WAITING or row["due_at"] > now:
        return None
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_OWNER, {"owner": owner})
    sibling = job.alias()
    values = {"state": RUNNING, "owner": owner, "lease_until": now + seconds, "started_at": now, "stop": ""}
    taken = connection.execute(
        update(job)
        .where(
            job.c.id == job_id,
            job.c.state == WAITING,
            job.c.due_at <= now,
            ~exists().where(
                sibling.c.project_id == row["project_id"],
                sibling.c.iid == row["iid"],
                sibling.c.kind == row["kind"],
                sibling.c.state == RUNNING,
            ),
            _has_room(row, owner, now),
        )
        .values(**values, fence=job.c.fence + 1, superseded_by=None)
        .returning(*job.c)
    ).mappings()
    found = taken.first()
    if found is None and row["alone"]:
        _reserve(connection, job_id, owner, now, seconds)
    return None if found is None else dict(found)


def _has_room(row: Row, owner: str, now: float) -> ColumnElement[bool]:
    """A job that took processes down runs alone: nothing beside it, and nothing new while its place is reserved."""
    other = job.alias()
    mine = and_(other.c.owner == owner, other.c.id != row["id"])
    if row["alone"]:
        return ~exists().where(mine, other.c.state == RUNNING)
    reserved = and_(other.c.state == WAITING, other.c.lease_until > now)
    return ~exists().where(mine, other.c.alone == true(), or_(other.c.state == RUNNING, reserved))


def _reserve(connection: Connection, job_id: int, owner: str, now: float, seconds: float) -> None:
    """One busy process takes nothing new until it is empty; an idle one may still take the job at once."""
    free = or_(job.c.lease_until <= now, job.c.owner == owner)
    place = update(job).where(job.c.id == job_id, job.c.state == WAITING, free)
    connection.execute(place.values(owner=owner, lease_until=now + seconds))


def renew(connection: Connection, lease: Lease, until: float) -> bool:
    done = connection.execute(update(job).where(*_held(lease)).values(lease_until=until))
    return done.rowcount == 1


def stops(connection: Connection, leases: Sequence[Lease]) -> dict[int, Stop]:
    """Of these leases, by job id, those whose run must end, and why."""
    columns = (job.c.id, job.c.fence, job.c.state, job.c.stop)
    rows = {row.id: row for row in connection.execute(select(*columns).where(job.c.id.in_([x.job_id for x in leases])))}
    found: dict[int, Stop] = {}
    for lease in leases:
        row = rows.get(lease.job_id)
        if row is None or row.fence != lease.fence or row.state != RUNNING:
            found[lease.job_id] = LeaseLost(f"Job {lease.job_id} is no longer held by this worker")
        elif row.stop:
            found[lease.job_id] = Superseded(row.stop)
    return found


def progress(connection: Connection, lease: Lease, name: str) -> None:
    name = clean(name)
    if not connection.execute(select(exists().where(*_held(lease)))).scalar():
        raise LeaseLost(f"Job {lease.job_id} is no longer held by this worker")
    if connection.execute(select(exists().where(step.c.job_id == lease.job_id, step.c.name == name))).scalar():
        return
    connection.execute(insert(step).values(job_id=lease.job_id, name=name))
    connection.execute(update(job).where(*_held(lease)).values(steps=job.c.steps + 1))


def held_row(connection: Connection, lease: Lease) -> Row | None:
    """The job of a lease that still holds, with its merge request locked; None when the lease is lost."""
    row = locked_row(connection, lease.job_id)
    return row if row and row["fence"] == lease.fence and row["state"] == RUNNING else None


def locked_row(connection: Connection, job_id: int) -> Row | None:
    """The job's row as it is once its merge request is locked."""
    query = select(job).where(job.c.id == job_id)
    found = connection.execute(query).mappings().first()
    if found is None:
        return None
    lock_merge_requests(connection, [(found["project_id"], found["iid"])])
    found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)


def back_to_waiting(connection: Connection, row: Row, now: float, **values: Any) -> JobState:
    """End the run of a locked row without an outcome: it waits again, unless a newer row or a stop says otherwise."""
    waiting = select(job).where(
        job.c.project_id == row["project_id"],
        job.c.iid == row["iid"],
        job.c.kind == row["kind"],
        job.c.state == WAITING,
        job.c.id != row["id"],
    )
    newer = connection.execute(waiting).mappings().first()
    state = JobState.WAITING
    if newer is not None or row["stop"]:
        state = JobState.SUPERSEDED
        values |= _superseded(connection, row, dict(newer) if newer else None) | {"finished_at": now}
    change = update(job).where(job.c.id == row["id"], job.c.fence == row["fence"])
    connection.execute(change.values(state=state.value, owner="", lease_until=0.0, **values))
    return state


def _superseded(connection: Connection, row: Row, newer: Row | None) -> Row:
    """How a run ends in favour of a newer row, which takes over what it was asked for, or because it was stopped."""
    if newer is None:
        return {"outcome": "superseded", "superseded_by": None, "reason": row["stop"]}
    if not row["stop"]:  # whoever stopped it has seen to its wishes
        connection.execute(update(job).where(job.c.id == newer["id"]).values(**together(row, newer)))
    reason = row["stop"] or f"Job {newer['id']} does the same"
    return {"outcome": "superseded", "superseded_by": newer["id"], "reason": reason}


def _held(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return job.c.id == lease.job_id, job.c.fence == lease.fence, job.c.state == RUNNING
