"""The tasks. Each carries a job's id at most, and does nothing that the job table does not allow."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from reviewbot.broker import DECIDE, FEEDBACK, POLL, PURGE, SWEEP, TASKS, depth, enqueue
from reviewbot.control import Control
from reviewbot.errors import (
    Cancelled,
    HeadMoved,
    LeaseLost,
    PermanentError,
    ReviewbotError,
    Stop,
    StoreRejected,
    Superseded,
    TransientError,
)
from reviewbot.model.job import JobKind, JobState, Lease, ReviewJob
from reviewbot.model.outcome import Outcome
from reviewbot.model.prompt import Usage
from reviewbot.worker.context import WorkerContext
from reviewbot.worker.owners import dead_judge
from reviewbot.worker.running import Running

_FIRST_BACKOFF = 5.0  # seconds
_LONGEST_BACKOFF = 600.0
_FEEDBACK_SECONDS = 600.0  # of one sweep
_LONGEST_WISH = 3_600.0  # of the other side: a job is not put off for a year because a proxy says so
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tasks:
    """The bodies of the tasks. `owner` is this process in the job table."""

    app: Celery
    context: WorkerContext
    running: Running
    owner: str

    def register(self) -> None:
        """Make the bodies known to Celery under their names."""
        bodies: dict[str, Callable[..., None]] = {
            **dict.fromkeys(TASKS.values(), self.review),
            SWEEP: self.sweep,
            DECIDE: self.context.decide,
            POLL: self.context.poll,
            PURGE: self.context.purge,
            FEEDBACK: self.feedback,
        }
        for name, body in bodies.items():
            self.app.task(name=name, shared=False)(_bounded(name, body))

    def review(self, job_id: int) -> None:
        """Run a job of any kind, if it is due and nobody else has it."""
        job = None if self.running.closing else self._due(job_id)
        if job is None:
            return  # when this process ends, the sweep hands the job to another one
        with self.running.place(job.kind) as free:
            if free:
                self._begin(job_id)
            else:  # it had waited here for its time, and others came meanwhile: back to the queue until one ends
                enqueue(self.app, job_id, job.kind)

    def _begin(self, job_id: int) -> None:
        taken = self.context.jobs.take(job_id, self.owner, self.context.clock())
        if taken is None:
            self._due(job_id)  # a push has moved it just now
            return
        job, lease = taken
        control = Control(self.context.review_seconds, guard=lambda: self.context.jobs.guard(lease))
        self.running.enter(lease, control)
        with structlog.contextvars.bound_contextvars(job_id=job_id, merge_request=str(job.ref), fence=lease.fence):
            try:
                self._conclude(job, lease, self._run(job, lease, control))
            except LeaseLost:
                _log.info("job.lease_lost")
            finally:
                self.running.leave(lease)
        self._next(job)

    def sweep(self) -> None:
        """Enqueue what is due and not in the broker: messages get lost, and waiting ends by time alone."""
        for job in self._reap():
            self._give_up(job)
        self._enqueue_due()

    def start_up(self) -> None:
        """Take over from dead predecessors and enqueue what is due, as a sweep.

        Of jobs that are given up thereby people are told beside: the start does not wait for a GitLab that is away.
        """
        given_up = [*self._take_over(), *self._reap()]
        self._enqueue_due()
        if given_up:
            threading.Thread(target=self._give_up_all, args=(given_up,), name="reviewbot-telling", daemon=True).start()

    def _take_over(self) -> list[ReviewJob]:
        freed = self.context.jobs.take_over(dead_judge(self.owner), self.context.clock())
        for job in freed:
            _log.info("job.taken_over", job_id=job.id, state=job.state.value, crashes=job.crashes)
        return [job for job in freed if job.state is JobState.QUARANTINED]

    def _reap(self) -> list[ReviewJob]:
        """Give back the jobs whose lease has run out; those that are quarantined thereby."""
        freed = self.context.jobs.reap(self.context.clock())
        for job in freed:
            _log.warning("job.worker_vanished", job_id=job.id, state=job.state.value, crashes=job.crashes)
        return [job for job in freed if job.state is JobState.QUARANTINED]

    def _enqueue_due(self) -> None:
        now = self.context.clock()
        for kind in TASKS:
            if not self._enqueue_all(kind, [ready.job_id for ready in self.context.jobs.ready(now, kind)]):
                return

    def feedback(self) -> None:
        """Look at what people made of comments; it ends with its time, or with this process."""
        control = Control(_FEEDBACK_SECONDS)
        with self.running.aside(control):
            try:
                self.context.feedback(control)
            except Stop as stop:
                _log.info("feedback.stopped", reason=str(stop))

    def _enqueue_all(self, kind: JobKind, due: Sequence[int]) -> bool:
        """False: the broker is down."""
        try:
            # As many messages as jobs: they are there already. Else a long queue would grow with every sweep.
            if not due or depth(self.app, kind) >= len(due):
                return True
        except OperationalError as error:
            _log.warning("broker.unreachable", error=str(error))
            return False
        return all(enqueue(self.app, job_id, kind) for job_id in due)

    def _due(self, job_id: int) -> ReviewJob | None:
        """The job, if it may begin now. This only reads: under a burst of pushes most tasks come too early.

        A job that was moved by a newer push comes again when it is due; what is far off is left to the sweep.
        """
        job = self.context.jobs.get(job_id)
        if job is None or job.state is not JobState.WAITING:
            return None
        wait = job.due_at - self.context.clock()
        if 0 < wait <= max(self.context.sweep_seconds, 5.0):
            enqueue(self.app, job_id, job.kind, countdown=wait)
        return None if wait > 0 else job

    def _next(self, job: ReviewJob) -> None:
        """What waited for this run to end begins at once."""
        for kind in dict.fromkeys((job.kind, "review")):  # a command may have asked for a review
            waiting = self.context.jobs.waiting_for(job.ref, kind)
            if waiting is not None and not self.running.closing and waiting.due_at <= self.context.clock():
                enqueue(self.app, waiting.id, kind)

    def _run(self, job: ReviewJob, lease: Lease, control: Control) -> Outcome | ReviewbotError:
        """The outcome, or the error that ended the run; an undeclared one is a mistake of ours and fails the job."""
        _log.info("job.started", attempt=job.attempts, head=job.head_sha, trigger=job.trigger)
        try:
            outcome = self.context.run(job, lease, control)
        except ReviewbotError as error:
            return error
        except Exception as error:
            _log.exception("job.broke")
            return PermanentError(f"Unexpected error in the review: {type(error).__name__}: {error}")
        try:
            self.context.afterwards(job, outcome, control)
        except Exception:  # what the review wrote stands, and must not be told as one that failed
            _log.exception("job.afterwards_broke")
        return outcome

    def _conclude(self, job: ReviewJob, lease: Lease, ended: Outcome | ReviewbotError) -> None:
        match ended:
            case LeaseLost():
                raise ended
            case Cancelled():
                _log.info("job.released")
                self.context.jobs.release(lease)
            case TransientError() if job.attempts + 1 < self.context.max_attempts:
                due_at = self.context.clock() + _backoff(job.attempts, ended.retry_after)
                _log.warning("job.retried", error=str(ended), kind=type(ended).__name__, due_at=due_at)
                self.context.jobs.retry(lease, str(ended), due_at)
            case HeadMoved() if job.attempts + 1 < self.context.max_attempts:
                _log.info("job.moved_on", reason=str(ended))
                self.context.jobs.retry(lease, str(ended), self.context.clock())
            case Outcome():
                self._finish(job, lease, ended)
            case _:
                self._finish(job, lease, _as_outcome(job, ended))
                if not isinstance(ended, Superseded):
                    self._give_up(job, reason=str(ended))

    def _finish(self, job: ReviewJob, lease: Lease, outcome: Outcome) -> None:
        for warning in outcome.warnings:
            _log.warning("job.warned", warning=warning)
        _log.info("job.finished", state=outcome.state, reason=outcome.reason, seconds=round(outcome.seconds, 3))
        for kept in (outcome, *_barer(outcome)):
            try:
                self.context.jobs.finish(lease, kept, self.context.clock())
            except StoreRejected as error:  # the run is over all the same: running it again would end the same way
                _log.error("job.record_refused", job_id=job.id, error=str(error))
            else:
                return

    def _give_up_all(self, jobs: Sequence[ReviewJob]) -> None:
        for job in jobs:
            self._give_up(job)

    def _give_up(self, job: ReviewJob, reason: str = "") -> None:
        told = self.context.jobs.get(job.id) or job
        _log.error("job.given_up", job_id=job.id, reason=reason or told.reason)
        try:
            self.context.gave_up(told)
        except Exception:  # the job has ended either way, and the table says why
            _log.exception("job.telling_failed", job_id=job.id)


def _as_outcome(job: ReviewJob, error: ReviewbotError) -> Outcome:
    if isinstance(error, Superseded):
        return Outcome(state="superseded", reason=error.message, head_sha=job.head_sha)
    reason = str(error)
    if isinstance(error, TransientError):
        reason = f"Given up after {job.attempts + 1} attempts: {reason}"
    return Outcome(state="failed", reason=reason, head_sha=job.head_sha)


def _barer(outcome: Outcome) -> tuple[Outcome, Outcome]:
    """An outcome whose record the database does not take: with nothing but what it cost, and without even that."""
    usage = outcome.examination.usage if outcome.examination else outcome.usage
    words = (outcome.reason, "The database did not take the record of this run; the log says why")
    bare = Outcome(outcome.state, " · ".join(filter(None, words)), outcome.head_sha, usage=usage)
    return bare, replace(bare, usage=Usage())


def _backoff(attempts: int, retry_after: float | None) -> float:
    """Exponential, from half to whole (so that many jobs do not come back as one), never before `retry_after`.

    That wish counts for an hour at most.
    """
    wait: float = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2**attempts) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
    return max(wait, min(retry_after or 0.0, _LONGEST_WISH))


def _bounded(name: str, body: Callable[..., None]) -> Callable[..., None]:
    """The boundary of a task: what gets here is told in the log; the sweep or the schedule tries again."""

    def task(*args: int) -> None:
        try:
            body(*args)
        except (TransientError, PermanentError) as error:
            _log.warning("task.failed", task=name, error=str(error), kind=type(error).__name__)
        except Exception:
            _log.exception("task.broke", task=name)

    return task
