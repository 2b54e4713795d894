"""What the pages show, read from the job table, the inbox and the ended runs (fills `web.pages.Overview`)."""

from collections.abc import Mapping, Sequence

from reviewbot.db.deliveries import Deliveries
from reviewbot.db.jobs import JobTable
from reviewbot.db.runs import RunReport, Runs
from reviewbot.model.job import JobState, ReviewJob
from reviewbot.web.pages import EventRow, RunRow


class StoredOverview:
    def __init__(self, jobs: JobTable, runs: Runs, deliveries: Deliveries) -> None:
        self._jobs = jobs
        self._deliveries = deliveries
        self._runs = runs

    def counts(self) -> Mapping[str, int]:
        return {state.value: count for state, count in self._jobs.counts().items()}

    def runs(self, limit: int) -> Sequence[RunRow]:
        """Waiting and running jobs first, then the ended runs, newest first."""
        open_jobs = self._jobs.listed(JobState.RUNNING, JobState.WAITING, limit=limit)
        rows = [_open(job) for job in open_jobs[:limit]]
        return rows + [_ended(run) for run in self._runs.recent(limit - len(rows))]

    def events(self, limit: int) -> Sequence[EventRow]:
        return [
            EventRow(row.received_at, row.kind, f"{row.path}!{row.iid}" if row.iid else "", row.result)
            for row in self._deliveries.recent(limit)
        ]


def _open(job: ReviewJob) -> RunRow:
    return RunRow(
        job_id=job.id,
        merge_request=f"{job.path or job.ref.project_id}!{job.ref.iid}",
        title=job.title,
        state=job.state.value,
        reason=job.reason,
        verdict="",
        findings=0,
        seconds=0.0,
        cost_usd=0.0,
        requests=0,
        forge_requests=0,
        at=job.started_at or job.created_at,
        head_sha=job.head_sha,
    )


def _ended(run: RunReport) -> RunRow:
    return RunRow(
        job_id=run.job_id,
        merge_request=f"{run.path or run.ref.project_id}!{run.ref.iid}",
        title=run.title,
        state=run.state,
        reason=run.reason,
        verdict=run.verdict,
        findings=run.findings,
        seconds=run.seconds,
        cost_usd=run.usage.cost_usd,
        requests=run.usage.requests,
        forge_requests=run.forge_requests,
        at=run.finished_at,
        head_sha=run.head_sha,
    )
