"""The runs of this process: their brakes, and the one thread that keeps their leases and hears of stops."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from reviewbot.control import Control
from reviewbot.db.jobs import JobTable
from reviewbot.errors import Cancelled, LeaseLost, StoreUnavailable
from reviewbot.model.job import JobKind, Lease
from reviewbot.worker.context import WorkerContext

_PATIENCE = 2.0  # seconds for the database during a shutdown
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    lease: Lease
    control: Control


class Running:
    """All runs of this process. `start` and `stop` its heartbeat; `close` cancels the runs and lets no new one in."""

    def __init__(self, context: WorkerContext) -> None:
        self._jobs: JobTable = context.jobs
        self._clock = context.clock
        self._renew_every = context.lease_seconds / 4
        self._look_every = min(1.0, self._renew_every)
        self._runs: dict[int, Run] = {}
        self._aside: set[Control] = set()
        self._changed = threading.Condition()
        self._closing = False
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._places = threading.BoundedSemaphore(context.concurrency)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._beat, name="reviewbot-heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the heartbeat; a database that hangs does not hold up the shutdown."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    @property
    def closing(self) -> bool:
        return self._closing

    def __len__(self) -> int:
        return len(self._runs)

    @contextmanager
    def place(self, kind: JobKind) -> Iterator[bool]:
        """Whether there is a place for one more run of this kind here, held meanwhile. Only reviews are counted."""
        free = kind != "review" or self._places.acquire(blocking=False)
        try:
            yield free
        finally:
            if free and kind == "review":
                self._places.release()

    def enter(self, lease: Lease, control: Control) -> None:
        with self._changed:
            self._runs[lease.job_id] = Run(lease, control)
            closing = self._closing
        if closing:  # taken in the very moment of the shutdown
            control.stop(_shutdown())

    def leave(self, lease: Lease) -> None:
        with self._changed:
            self._runs.pop(lease.job_id, None)
            self._changed.notify_all()

    @contextmanager
    def aside(self, control: Control) -> Iterator[None]:
        """Something without a lease, that ends with this process: nobody waits for it."""
        with self._changed:
            self._aside.add(control)
            closing = self._closing
        if closing:
            control.stop(_shutdown())
        try:
            yield
        finally:
            with self._changed:
                self._aside.discard(control)

    def close(self) -> None:
        """Cancel every run; each gives its lease back when it notices."""
        with self._changed:
            self._closing = True
            controls = [*(run.control for run in self._runs.values()), *self._aside]
        for control in controls:
            control.stop(_shutdown())

    def wait_empty(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._runs, seconds)

    def abandon(self) -> None:
        """Give back the leases of runs that do not notice: they may write nothing more, others begin at once."""
        helper = threading.Thread(target=self._release_all, name="reviewbot-release", daemon=True)
        helper.start()
        helper.join(_PATIENCE)  # else the leases run out by themselves

    def _release_all(self) -> None:
        with self._changed:
            runs = list(self._runs.values())
        for run in runs:
            try:
                self._jobs.release(run.lease)
            except StoreUnavailable as error:
                _log.warning("worker.release_failed", job_id=run.lease.job_id, error=str(error))

    def _beat(self) -> None:
        renewed = self._clock()
        while not self._stopped.wait(self._look_every):
            try:
                self._look()
                if self._clock() - renewed >= self._renew_every:
                    renewed = self._clock()
                    self._renew()
            except Exception as error:  # the leases of all runs hang on this thread: it survives whatever happens
                _log.warning("worker.heartbeat_failed", error=str(error), kind=type(error).__name__)

    def _look(self) -> None:
        runs = dict(self._runs)
        for job_id, stop in self._jobs.stops([run.lease for run in runs.values()]).items():
            if runs[job_id].control.stopped or self._runs.get(job_id) is not runs[job_id]:
                continue  # it ended while we asked
            runs[job_id].control.stop(stop)

    def _renew(self) -> None:
        for job_id, run in dict(self._runs).items():
            if not self._jobs.renew(run.lease, self._clock()) and self._runs.get(job_id) is run:
                run.control.stop(LeaseLost(f"Job {job_id} is no longer held by this worker"))


def _shutdown() -> Cancelled:
    return Cancelled("The worker shuts down; the review goes on elsewhere")
