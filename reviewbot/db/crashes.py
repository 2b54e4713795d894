"""Jobs whose worker is gone: given back, counted, run alone, and given up in the end."""

from collections.abc import Callable

from sqlalchemy import Connection, select, update

from reviewbot.db import runs
from reviewbot.db.leases import RUNNING, back_to_waiting, locked_row
from reviewbot.db.standing import Row
from reviewbot.db.tables import job
from reviewbot.model.job import JobState
from reviewbot.model.outcome import Outcome

ALONE_AFTER = 3
QUARANTINE_AFTER = 5


def expired(connection: Connection, now: float) -> list[int]:
    """Ids of running jobs whose lease has run out."""
    query = select(job.c.id).where(job.c.state == RUNNING, job.c.lease_until <= now).order_by(job.c.id)
    return list(connection.execute(query).scalars())


def orphaned(connection: Connection, dead: Callable[[str], bool]) -> list[int]:
    """Ids of running jobs whose owner is known to be dead."""
    rows = connection.execute(select(job.c.id, job.c.owner).where(job.c.state == RUNNING).order_by(job.c.id)).all()
    return [row.id for row in rows if dead(row.owner)]


def free(connection: Connection, job_id: int, now: float, still: Callable[[Row], bool]) -> Row | None:
    """Take a running job from its vanished worker; None when `still` (asked under the lock) says no.

    A crash counts only when the job had not got further than at the crash before: a deploy, a lost node or an
    operator's kill is not the job's fault.
    """
    row = locked_row(connection, job_id)
    if row is None or row["state"] != RUNNING or not still(row):
        return None
    crashes = row["crashes"] + (row["steps"] <= row["steps_at_crash"])
    counted = {"crashes": crashes, "steps_at_crash": row["steps"], "alone": crashes >= ALONE_AFTER}
    if crashes >= QUARANTINE_AFTER and not row["stop"]:
        _quarantine(connection, row, crashes, now)
        connection.execute(update(job).where(job.c.id == job_id).values(**counted))
    else:
        back_to_waiting(connection, row, now, due_at=now, **counted)
    return locked_row(connection, job_id)


def _quarantine(connection: Connection, row: Row, crashes: int, now: float) -> None:
    reason = (
        f"The worker's process ended {crashes} times during this review without getting further; it is not started "
        "again by itself. Comment `@reviewbot review` on the merge request to run it again"
    )
    values = {"state": JobState.QUARANTINED.value, "outcome": "failed", "reason": reason, "finished_at": now}
    connection.execute(update(job).where(job.c.id == row["id"]).values(**values, owner="", lease_until=0.0))
    runs.record(connection, row, Outcome(state="failed", reason=reason, head_sha=row["head_sha"]), now)
