"""Ended runs: what each found, wrote and used; the money of a project and day."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from reviewbot.db import comments, unsaid
from reviewbot.db.engine import Database
from reviewbot.db.records import pack, unpack
from reviewbot.db.standing import Row
from reviewbot.db.tables import job, run, spend
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome
from reviewbot.model.prompt import Usage


@dataclass(frozen=True, slots=True)
class RunReport:
    """One ended run in a line. `cost_usd` None: unknown. Times are seconds (since the epoch)."""

    id: int
    job_id: int
    ref: MergeRequestRef
    path: str
    title: str
    head_sha: str
    trigger: str
    state: str
    reason: str
    verdict: str
    tier: str
    findings: int
    posted: int
    usage: Usage
    forge_requests: int
    seconds: float
    finished_at: float


class Runs:
    """Reads what ended runs left; used from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(self, limit: int = 50, ref: MergeRequestRef | None = None) -> list[RunReport]:
        """The newest runs first, of all merge requests or one."""
        query = select(*_COLUMNS).order_by(run.c.id.desc()).limit(limit)
        if ref is not None:
            query = query.where(run.c.project_id == ref.project_id, run.c.iid == ref.iid)
        return self._database.read(lambda c: [_report(row) for row in c.execute(query).mappings()])

    def of_job(self, job_id: int) -> list[RunReport]:
        """The runs of one job, newest first."""
        query = select(*_COLUMNS).where(run.c.job_id == job_id).order_by(run.c.id.desc())
        return self._database.read(lambda c: [_report(row) for row in c.execute(query).mappings()])

    def projects(self, limit: int = 200) -> list[tuple[int, str]]:
        """Id and path of the projects that had runs, the last one first."""
        newest = select(func.max(run.c.id)).group_by(run.c.project_id)
        query = select(run.c.project_id, run.c.path).where(run.c.id.in_(newest)).order_by(run.c.id.desc()).limit(limit)
        return self._database.read(lambda c: [(row.project_id, row.path) for row in c.execute(query)])

    def outcome(self, run_id: int) -> Outcome | None:
        """Everything that a run decided and wrote."""
        query = select(run.c.record).where(run.c.id == run_id)
        data = self._database.read(lambda c: c.execute(query).scalar())
        return None if data is None else unpack(Outcome, data)

    def first_heads(self, project_id: int) -> dict[int, str]:
        """By the iid of each merge request of a project the head that was reviewed first, as far as runs are kept."""
        query = select(run.c.iid, run.c.head_sha).where(run.c.project_id == project_id, run.c.head_sha != "")
        query = query.where(run.c.state.in_(("done", "incomplete"))).order_by(run.c.id.desc())
        return self._database.read(lambda c: {row.iid: row.head_sha for row in c.execute(query)})

    def spent(self, project_id: int, now: float) -> float:
        """US dollars that the project's ended runs cost today (UTC), as far as prices are known."""
        query = select(spend.c.cost_usd).where(spend.c.project_id == project_id, spend.c.day == day(now))
        return float(self._database.read(lambda c: c.execute(query).scalar()) or 0.0)

    def paid(self, project_id: int, usage: Usage, now: float) -> None:
        """Count the cost of a run that ends without an outcome, because it is to be tried again."""
        if usage.requests:
            self._database.write(lambda c: _count(c, project_id, usage, now))


_COLUMNS = [column for column in run.c if column.name != "record"]


def day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def record(connection: Connection, asked: Row, outcome: Outcome, now: float) -> None:
    """Keep a run's outcome with the job that asked for it, and count its cost."""
    examination = outcome.examination
    usage = examination.usage if examination else outcome.usage
    written = outcome.published.posted if outcome.published else {}
    values = {
        "job_id": asked["id"],
        **{name: asked[name] for name in ("project_id", "iid", "path", "title", "trigger")},
        "head_sha": outcome.head_sha or asked["head_sha"],
        "state": outcome.state,
        "reason": outcome.told,
        "verdict": examination.verdict.value if examination else "",
        "tier": examination.tier.value if examination else "",
        "findings": len(examination.findings) if examination else 0,
        "posted": len(written),
        "model_requests": usage.requests,
        "prompt_tokens": usage.prompt_tokens,
        "cached_tokens": usage.cached_tokens,
        "completion_tokens": usage.completion_tokens,
        "cost_usd": usage.cost_usd,
        "forge_requests": outcome.forge_requests,
        "seconds": outcome.seconds,
        "finished_at": now,
        "record": pack(outcome),
    }
    run_id = connection.execute(insert(run).returning(run.c.id), values).scalar_one()
    if examination and outcome.published:
        ref = MergeRequestRef(asked["project_id"], asked["iid"])
        comments.record(connection, run_id, ref, examination, outcome.published, now, values["head_sha"])
        unsaid.record(connection, ref, examination.dropped, now)
    if usage.requests:
        _count(connection, asked["project_id"], usage, now)


def record_cost(connection: Connection, job_id: int, outcome: Outcome, now: float) -> None:
    """Count the cost of a run whose job is in other hands by now."""
    project_id = connection.execute(select(job.c.project_id).where(job.c.id == job_id)).scalar()
    usage = outcome.examination.usage if outcome.examination else outcome.usage
    if project_id is not None and usage.requests:
        _count(connection, project_id, usage, now)


def _count(connection: Connection, project_id: int, usage: Usage, now: float) -> None:
    """Add to the project's day. Two first runs of a day may race: the loser's transaction is run again."""
    mine = (spend.c.project_id == project_id, spend.c.day == day(now))
    cost, unpriced = usage.cost_usd or 0.0, int(usage.cost_usd is None)
    more = {"cost_usd": spend.c.cost_usd + cost, "unpriced": spend.c.unpriced + unpriced}
    if not connection.execute(update(spend).where(*mine).values(**more)).rowcount:
        first = {"project_id": project_id, "day": day(now), "cost_usd": cost, "unpriced": unpriced}
        connection.execute(insert(spend).values(**first))


def _report(row: Any) -> RunReport:
    plain = ("id", "job_id", "path", "title", "head_sha", "trigger", "state", "reason", "verdict", "tier")
    numbers = ("findings", "posted", "forge_requests", "seconds", "finished_at")
    return RunReport(
        ref=MergeRequestRef(row["project_id"], row["iid"]),
        usage=Usage(
            requests=row["model_requests"],
            prompt_tokens=row["prompt_tokens"],
            cached_tokens=row["cached_tokens"],
            completion_tokens=row["completion_tokens"],
            cost_usd=row["cost_usd"],
        ),
        **{name: row[name] for name in (*plain, *numbers)},
    )
