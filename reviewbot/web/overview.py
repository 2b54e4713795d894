"""What the pages show, read from the job table, the inbox and the ended runs (fills `web.pages.Overview`)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reviewbot.core import holding, rule_health
from reviewbot.db.deliveries import Deliveries
from reviewbot.db.holding import HoldTable
from reviewbot.db.jobs import JobTable
from reviewbot.db.rule_health import HealthTable
from reviewbot.db.runs import RunReport, Runs
from reviewbot.db.states import MergeRequestStates
from reviewbot.db.suppressions import SuppressionTable
from reviewbot.model.holding import Hold
from reviewbot.model.job import JobState, ReviewJob
from reviewbot.model.memory import Suppression
from reviewbot.model.outcome import Outcome
from reviewbot.web.health import HealthPage
from reviewbot.web.lifting import HoldRow, SuppressionRow
from reviewbot.web.pages import EventRow, FindingRow, RunPage, RunRow

_LARGEST_ID = 2**63 - 1  # that a database takes


class StoredOverview:
    def __init__(
        self,
        jobs: JobTable,
        runs: Runs,
        deliveries: Deliveries,
        states: MergeRequestStates,
        suppressions: SuppressionTable,
        holds: HoldTable,
        health: HealthTable,
    ) -> None:
        self._health = health
        self._holds = holds
        self._jobs = jobs
        self._suppressions = suppressions
        self._deliveries = deliveries
        self._runs = runs
        self._states = states

    def overrides(self) -> int:
        return self._states.overrides()

    def counts(self) -> Mapping[str, int]:
        return {state.value: count for state, count in self._jobs.counts().items()}

    def runs(self, limit: int) -> Sequence[RunRow]:
        """Waiting and running jobs first, then the ended runs, newest first."""
        open_jobs = self._jobs.listed(JobState.RUNNING, JobState.WAITING, limit=limit)
        rows = [_open(job) for job in open_jobs[:limit]]
        return rows + [_ended(run) for run in self._runs.recent(limit - len(rows))]

    def run(self, job_id: int) -> RunPage | None:
        """The job as it is now, with what its newest run found, left out and was warned of."""
        job = self._jobs.get(job_id) if job_id <= _LARGEST_ID else None
        if job is None:
            return None
        run = next(iter(self._runs.of_job(job_id)), None)
        outcome = self._runs.outcome(run.id) if run else None
        if run is None or outcome is None or job.state in {JobState.RUNNING, JobState.WAITING}:
            return RunPage(_open(job))
        return _page(replace(_ended(run), reason=outcome.reason), outcome)

    def events(self, limit: int) -> Sequence[EventRow]:
        return [
            EventRow(row.received_at, row.kind, f"{row.path}!{row.iid}" if row.iid else "", row.result)
            for row in self._deliveries.recent(limit)
        ]

    def suppressions(self, limit: int) -> Sequence[SuppressionRow]:
        return [_suppression(one) for one in self._suppressions.listed(limit=limit)]

    def lift(self, suppression_id: int) -> bool:
        return suppression_id <= _LARGEST_ID and self._suppressions.lift(suppression_id, "the dashboard")

    def holds(self) -> Sequence[HoldRow]:
        return [_hold(one) for one in reversed(self._holds.seen())]

    def rule_health(self, seconds: float, project: str) -> HealthPage:
        number: int | None = None
        if project:
            number = int(project) if project.isdecimal() else self._health.project(project.strip("/"))
            if number is None or number > _LARGEST_ID:
                return HealthPage((), f"No review of {project} is kept: give the project's number, as GitLab shows it")
        now = time.time()
        return HealthPage(rule_health.health(self._health.facts(now - seconds, now, number)))

    def lift_hold(self, hold_id: int) -> bool:
        return hold_id <= _LARGEST_ID and self._holds.lift(hold_id, "the dashboard")

    def restore_hold(self, hold_id: int) -> bool:
        return hold_id <= _LARGEST_ID and self._holds.restore(hold_id)


def _hold(one: Hold) -> HoldRow:
    return HoldRow(
        id=one.id,
        project=str(one.project_id),
        title=one.title,
        kind=" · ".join(filter(None, (one.kind.rule, one.kind.category.value, one.kind.area))),
        why=holding.why(one),
        examples=[f"!{iid} {path}: {title}" for iid, path, title in one.examples],
        at=one.at,
        lifted="" if one.lifted_at is None else f"lifted{' by ' if one.lifted_by else ''}{one.lifted_by}",
    )


def _suppression(one: Suppression) -> SuppressionRow:
    return SuppressionRow(
        id=one.id,
        merge_request=f"{one.project_id}!{one.iid}",
        path=one.paths[0] if one.paths else "",
        title=one.title,
        severity=one.severity.value,
        category=one.category.value,
        how=one.how,
        by=one.by,
        reason=one.reason,
        scope="the project" if one.project_wide else "its merge request",
        at=one.at,
        lifted="" if one.lifted_at is None else f"lifted{' by ' if one.lifted_by else ''}{one.lifted_by}",
    )


def _page(row: RunRow, outcome: Outcome) -> RunPage:
    found = outcome.examination
    if found is None:
        return RunPage(row, outcome.warnings)
    placed = outcome.published.fallbacks if outcome.published else {}
    told = [(each, placed.get(each.fingerprint, "comment")) for each in found.findings]
    return RunPage(
        row,
        warnings=outcome.warnings,
        notices=found.notices,
        findings=[
            FindingRow(each.severity.value, f"{each.anchor.path}:{each.anchor.lines[0]}", each.title, where)
            for each, where in (*told, *((each, "summary") for each in found.overflow))
        ],
        unread=[(file.path, file.reason) for file in found.coverage if not file.complete],
        dropped=[(each.stage, each.path, each.title, each.reason) for each in found.dropped],
    )


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
        project_id=job.ref.project_id,
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
        project_id=run.ref.project_id,
    )
