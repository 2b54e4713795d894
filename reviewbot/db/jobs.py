"""The job table, as the stories, the worker and the web see it (fills `reviewbot.ports.Jobs`)."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update

from reviewbot.db import crashes, inbox, leases, runs
from reviewbot.db.engine import Database
from reviewbot.db.records import revive
from reviewbot.db.standing import Debounce, Row, Standing, together
from reviewbot.db.tables import inbox as inbox_table
from reviewbot.db.tables import job, step
from reviewbot.errors import LeaseLost, Stop
from reviewbot.model.event import CommandGiven, Delivery, Event, ReviewWanted
from reviewbot.model.job import Due, JobKind, JobState, Lease, ReviewJob
from reviewbot.model.merge_request import MergeRequestRef, OpenHead
from reviewbot.model.outcome import Outcome

_ENDS = {"failed": JobState.FAILED, "superseded": JobState.SUPERSEDED}  # every other outcome: done
_Head = tuple[MergeRequestRef, str]
_AT_ONCE = 1000  # jobs that one sweep hands out


class JobTable:
    """What has to be done. Every method is one short transaction, safe from many threads and processes at once.

    Raises `StoreUnavailable` when the database does not answer. Times are seconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        *,
        debounce_seconds: float = 3.0,
        debounce_max_seconds: float = 60.0,
        lease_seconds: float = 60.0,
    ) -> None:
        self._database = database
        self._debounce = Debounce(debounce_seconds, debounce_max_seconds)
        self._lease_seconds = lease_seconds

    def receive(self, key: str, kind: str, body: bytes, event: Event, now: float) -> int | None:
        due = self.receive_many([Delivery(key, kind, body, event)], now)[0]
        return due.job_id if due else None

    def receive_many(self, deliveries: Sequence[Delivery], now: float) -> list[Due | None]:
        """Store deliveries and upsert their jobs in one transaction; per delivery the job to enqueue when it is due."""
        return self._database.write(lambda c: inbox.receive(c, deliveries, now, self._debounce))

    def undecided(self) -> int:
        """How many stored events wait until it is known who the bot is."""
        query = select(func.count()).select_from(inbox_table).where(inbox_table.c.undecided)
        return int(self._database.read(lambda c: c.execute(query).scalar()) or 0)

    def decide(self, read: Callable[[bytes], Event], now: float) -> list[Due]:
        """Read the undecided events again, each once whoever else does it too; the jobs to enqueue.

        `read` takes an event's body and knows who the bot is.
        """
        found: dict[int, Due] = {}
        while True:
            count, due = self._database.write(lambda c: inbox.decide(c, read, now, self._debounce))
            found |= {each.job_id: each for each in due}
            if count < inbox.DECIDED_AT_ONCE:
                return list(found.values())

    def want(self, event: Event, now: float) -> int | None:
        return self._database.write(lambda c: inbox.want(c, event, now, self._debounce))

    def without_run(self, heads: Sequence[_Head]) -> list[_Head]:
        """Of these heads those that no job waits for, runs, has reviewed or has given up. Only reads."""
        return self._those(
            heads, lambda one, ref, sha: one.waiting is None and not one.covered(ReviewWanted(ref, sha, "poll"))
        )

    def untried(self, heads: Sequence[OpenHead]) -> list[OpenHead]:
        """Of these heads, which go into another branch than was reviewed, those that no run knows of. Only reads."""
        found = set(self._those([(one.ref, one.head_sha) for one in heads], lambda one, _, sha: not one.tried(sha)))
        return [one for one in heads if (one.ref, one.head_sha) in found]

    def _those(self, heads: Sequence[_Head], which: Callable[[Standing, MergeRequestRef, str], bool]) -> list[_Head]:
        def work(connection: Connection) -> list[_Head]:
            found: list[_Head] = []
            for start in range(0, len(heads), 200):
                part = heads[start : start + 200]
                standings = inbox.load(connection, [ref for ref, _ in part])
                found += [(ref, sha) for ref, sha in part if which(standings[ref, "review"], ref, sha)]
            return found

        return self._database.read(work)

    def take(self, job_id: int, owner: str, now: float) -> tuple[ReviewJob, Lease] | None:
        row = self._database.write(lambda c: leases.take(c, job_id, owner, now, self._lease_seconds))
        return None if row is None else (_job(row), Lease(job_id, row["fence"], owner))

    def renew(self, lease: Lease, now: float) -> bool:
        return self._database.write(lambda c: leases.renew(c, lease, now + self._lease_seconds))

    def guard(self, lease: Lease) -> None:
        if stop := self.stops([lease]).get(lease.job_id):
            raise stop

    def stops(self, held: Sequence[Lease]) -> dict[int, Stop]:
        """`guard` for many at once: by job id, the runs that must end, and why."""
        return self._database.read(lambda c: leases.stops(c, held)) if held else {}

    def progress(self, lease: Lease, step: str) -> None:
        self._database.write(lambda c: leases.progress(c, lease, step))

    def reviewing(self, lease: Lease, head_sha: str) -> None:
        def work(connection: Connection) -> None:
            if leases.held_row(connection, lease):
                connection.execute(update(job).where(job.c.id == lease.job_id).values(head_sha=head_sha))

        self._database.write(work)

    def finish(self, lease: Lease, outcome: Outcome, now: float) -> None:
        """End the job and keep the outcome. Raises `LeaseLost` when another worker has it; the cost counts anyway."""

        def work(connection: Connection) -> bool:
            row = leases.held_row(connection, lease)
            if row is None:
                runs.record_cost(connection, lease.job_id, outcome, now)
                return False
            runs.record(connection, row, outcome, now)
            values = {
                "state": _ENDS.get(outcome.state, JobState.DONE).value,
                "outcome": outcome.state,
                "reason": outcome.told,
                "head_sha": outcome.head_sha or row["head_sha"],
                "finished_at": now,
                "owner": "",
                "lease_until": 0.0,
            }
            connection.execute(update(job).where(job.c.id == lease.job_id).values(**values))
            return True

        if not self._database.write(work):
            raise LeaseLost(f"Job {lease.job_id} is no longer held by this worker")

    def retry(self, lease: Lease, reason: str, due_at: float) -> None:
        """Back to waiting after a transient error. Raises `LeaseLost` when another worker has it."""

        def work(connection: Connection) -> bool:
            if row := leases.held_row(connection, lease):
                again = {"attempts": row["attempts"] + 1, "due_at": due_at, "first_due_at": due_at, "reason": reason}
                leases.back_to_waiting(connection, row, due_at, **again)
            return row is not None

        if not self._database.write(work):
            raise LeaseLost(f"Job {lease.job_id} is no longer held by this worker")

    def release(self, lease: Lease) -> None:
        """Back to waiting at once, without counting. A lease that is lost already needs no releasing."""

        def work(connection: Connection) -> None:
            if row := leases.held_row(connection, lease):
                leases.back_to_waiting(connection, row, row["started_at"])

        self._database.write(work)

    def due(self, now: float) -> Sequence[int]:
        """Ids of jobs to enqueue, the longest due first. Jobs whose worker vanished are given back here (`reap`)."""
        self.reap(now)
        return [each.job_id for each in self.ready(now)]

    def ready(self, now: float, kind: JobKind | None = None) -> list[Due]:
        """The waiting jobs (of a kind) that may begin, the longest due first. Only reads."""
        sibling = job.alias()
        blocked = exists().where(
            sibling.c.project_id == job.c.project_id,
            sibling.c.iid == job.c.iid,
            sibling.c.kind == job.c.kind,
            sibling.c.state == leases.RUNNING,
        )
        columns = (job.c.id, job.c.due_at, job.c.kind)
        query = select(*columns).where(job.c.state == leases.WAITING, job.c.due_at <= now, ~blocked)
        query = query.order_by(job.c.due_at, job.c.id).limit(_AT_ONCE)
        if kind is not None:
            query = query.where(job.c.kind == kind)
        return self._database.read(lambda c: [Due(*row) for row in c.execute(query)])

    def reap(self, now: float) -> list[ReviewJob]:
        """Give back jobs whose lease has run out; each as it is now: waiting, superseded or quarantined."""
        ids = self._database.read(lambda c: crashes.expired(c, now))
        return self._free(ids, now, lambda row: row["lease_until"] <= now)

    def take_over(self, dead: Callable[[str], bool], now: float) -> list[ReviewJob]:
        """Give back, without waiting for the lease, jobs whose owner is `dead`; each as it is now."""
        ids = self._database.read(lambda c: crashes.orphaned(c, dead))
        return self._free(ids, now, lambda row: dead(row["owner"]))

    def _free(self, ids: Sequence[int], now: float, still: Callable[[Row], bool]) -> list[ReviewJob]:
        freed = [self._database.write(partial(crashes.free, job_id=job_id, now=now, still=still)) for job_id in ids]
        return [_job(row) for row in freed if row is not None]

    def requeue(self, job_id: int, now: float) -> int | None:
        """Run an ended job again with a clean slate; the id to enqueue (of the waiting one, if there is one).

        None: there is no such job, or it is running.
        """

        def work(connection: Connection) -> int | None:
            row = leases.locked_row(connection, job_id)
            if row is None or row["state"] == JobState.RUNNING:
                return None
            ref = MergeRequestRef(row["project_id"], row["iid"])
            waiting = inbox.load(connection, [ref])[ref, row["kind"]].waiting
            if waiting is not None:
                # Not a trigger that hangs on who gave a command: it is the operator who asks.
                wishes = together(row | {"explicit": True, "trigger": "cli"}, waiting)
                connection.execute(update(job).where(job.c.id == waiting["id"]).values(due_at=now, **wishes))
                return int(waiting["id"])
            connection.execute(delete(step).where(step.c.job_id == job_id))
            slate = {"attempts": 0, "crashes": 0, "steps": 0, "steps_at_crash": 0, "alone": False, "explicit": True}
            times = {"due_at": now, "first_due_at": now, "finished_at": None}
            words = {"state": leases.WAITING, "reason": "", "outcome": "", "stop": "", "superseded_by": None}
            connection.execute(update(job).where(job.c.id == job_id).values(**slate, **times, **words))
            return job_id

        return self._database.write(work)

    def get(self, job_id: int) -> ReviewJob | None:
        row = self._database.read(lambda c: c.execute(select(job).where(job.c.id == job_id)).mappings().first())
        return None if row is None else _job(dict(row))

    def waiting_for(self, ref: MergeRequestRef, kind: JobKind = "review") -> ReviewJob | None:
        """The merge request's waiting job of a kind."""
        standing = self._database.read(lambda c: inbox.load(c, [ref]))[ref, kind]
        return None if standing.waiting is None else _job(standing.waiting)

    def listed(self, *states: JobState, limit: int = 50) -> list[ReviewJob]:
        """Jobs in these states (none named: in any), the newest first."""
        query = select(job).order_by(job.c.id.desc()).limit(limit)
        if states:
            query = query.where(job.c.state.in_([state.value for state in states]))
        return self._database.read(lambda c: [_job(dict(row)) for row in c.execute(query).mappings()])

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state, all states named."""
        query = select(job.c.state, func.count()).group_by(job.c.state)
        found = self._database.read(lambda c: {JobState(state): count for state, count in c.execute(query).all()})
        return {state: found.get(state, 0) for state in JobState}


def _job(row: Row) -> ReviewJob:
    commands = revive(tuple[CommandGiven, ...], json.loads(row["commands"]))
    plain = (
        "id",
        "kind",
        "head_sha",
        "trigger",
        "due_at",
        "attempts",
        "crashes",
        "explicit",
        "path",
        "title",
        "reason",
    )
    more = ("author", "alone", "created_at", "started_at", "finished_at")
    columns: dict[str, Any] = {name: row[name] for name in (*plain, *more)}
    return ReviewJob(
        ref=MergeRequestRef(row["project_id"], row["iid"]),
        state=JobState(row["state"]),
        commands=commands,
        asked_by=commands[-1].user_id if commands else None,
        note_id=commands[-1].note_id if commands else None,
        **columns,
    )
