"""What the worker needs from the composition root."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from reviewbot.control import Control
from reviewbot.db.jobs import JobTable
from reviewbot.model.job import Lease, ReviewJob
from reviewbot.model.outcome import Outcome


def _nothing() -> None:
    """A part of the schedule that this instance does without."""


def _unheard(control: Control) -> None:
    """This instance does not look at what people made of comments."""


def _nobody(job: ReviewJob) -> None:
    """Nobody is told."""


def _nothing_more(job: ReviewJob, outcome: Outcome, control: Control) -> None:
    """A review is all that is made."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """`run` does one review; it may raise anything of `reviewbot.errors`. `afterwards` is what comes of a run that has
    ended well, still under its lease; whatever it raises, the run has ended as it did. `node` names this instance on
    this machine (host and data folder): a process that starts takes over what dead processes of the same node left
    behind.

    `decide` sees to stored events that could not be decided, `poll` asks GitLab for heads without a run, `purge`
    forgets what is too old in the database, `tidy` what is too old on this machine. `gave_up` is told of a job that
    ended without a run of its own to tell people so: failed for good, or quarantined. `feedback` looks at what people
    made of comments, within a control.
    """

    jobs: JobTable
    run: Callable[[ReviewJob, Lease, Control], Outcome]
    node: str
    afterwards: Callable[[ReviewJob, Outcome, Control], None] = _nothing_more
    decide: Callable[[], None] = _nothing
    poll: Callable[[], None] = _nothing
    purge: Callable[[], None] = _nothing
    tidy: Callable[[], None] = _nothing
    feedback: Callable[[Control], None] = _unheard
    gave_up: Callable[[ReviewJob], None] = _nobody
    clock: Callable[[], float] = time.time
    lease_seconds: float = 60.0
    review_seconds: float = 1500.0
    sweep_seconds: float = 15.0
    poll_seconds: float = 300.0
    feedback_seconds: float = 0.0  # 0: no look at it
    concurrency: int = 16
    max_attempts: int = 8
    shutdown_seconds: float = 15.0  # then the process ends, whatever hangs
