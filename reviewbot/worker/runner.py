"""The worker as a process of its own, and embedded in one that serves."""

import os
import signal
import threading
from types import FrameType
from typing import Any

import structlog
from celery import Celery, bootsteps
from celery.worker import WorkController, state

from reviewbot.broker import REVIEW, enqueue, queue_of
from reviewbot.errors import StoreUnavailable
from reviewbot.worker.context import WorkerContext
from reviewbot.worker.lanes import lanes, places
from reviewbot.worker.owners import new_owner
from reviewbot.worker.running import Running
from reviewbot.worker.schedule import Schedule
from reviewbot.worker.tasks import Tasks
from reviewbot.worker.tidying import Tidying

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LAST_WORDS = 3.0  # seconds for Celery to end by itself once no run is left
_TURN = 0.05  # seconds
_log = structlog.get_logger(__name__)


def run_worker(app: Celery, context: WorkerContext) -> int:
    """Work until SIGTERM or SIGINT (main thread only). Then runs are cancelled and leases given back.

    The process ends within `shutdown_seconds` and a few more, even when a run hangs where no brake reaches it.
    """
    worker = _Worker(app, context)
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    # The handlers only set a flag: a signal may come while this thread holds any lock.
    before = {number: signal.signal(number, end) for number in _SIGNALS}
    threading.Thread(target=_watch, args=(worker, ending, context), name="reviewbot-watchdog", daemon=True).start()
    try:
        worker.start_up()
        worker.work()
    finally:
        worker.shut_down(context.shutdown_seconds)
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def run_schedule(app: Celery, context: WorkerContext) -> int:
    """Beat as a process of its own, until SIGTERM or SIGINT."""
    schedule = Schedule(app, context)
    for number in _SIGNALS:
        signal.signal(number, lambda _number, _frame: schedule.stop())
    schedule.run()
    return 0


class EmbeddedWorker:
    """Worker and schedule in threads of this process, on its in-process broker. One per process at a time."""

    def __init__(self, app: Celery, context: WorkerContext) -> None:
        self._app = app
        self._worker = _Worker(app, context)
        self._schedule = Schedule(app, context)
        self._seconds = context.shutdown_seconds
        self._thread = threading.Thread(target=self._worker.work, name="reviewbot-worker", daemon=True)

    def start(self) -> None:
        """What an earlier process left is taken over and enqueued before this returns."""
        self._worker.start_up()
        self._thread.start()
        self._schedule.start()

    def stop(self) -> bool:
        """Cancel the runs and give back their leases. False: a run hangs, end the process."""
        self._schedule.stop()
        ended = self._worker.shut_down(self._seconds)
        for _ in range(2):  # Celery's loop waits two seconds for a message, and once more at its end
            enqueue(self._app, 0)  # no such job
        if ended:
            self._thread.join()
            state.should_stop = None  # Celery keeps it per process: the next worker must not end at once
        return ended


class _Awake(bootsteps.StartStopStep):
    """A queue without free places is not read, and Celery looks for a message only when its loop turns.

    A task that ends does not turn it; left alone it turns once a second: a free place would stay empty that long
    (measured on Celery 5.7 with Redis).
    """

    requires = ("celery.worker.components:Hub",)

    def include_if(self, worker: Any) -> bool:
        return bool(worker.use_eventloop)

    def start(self, worker: Any) -> None:
        worker.hub.call_repeatedly(_TURN, _nothing)


def _nothing() -> None:
    """The turn of the loop is what counts."""


class _Worker:
    """A Celery worker with its runs' heartbeat."""

    def __init__(self, app: Celery, context: WorkerContext) -> None:
        self.running = Running(context)
        self._tidying = Tidying(context.tidy)
        self._tasks = Tasks(app, context, self.running, new_owner(context.node))
        self._tasks.register()
        self._app = app
        app.steps["worker"].add(_Awake)
        app.steps["consumer"].add(lanes(app, context.concurrency))
        self._places = sum(places(app, context.concurrency).values())

    def start_up(self) -> None:
        """Take over from dead predecessors and enqueue what is due. A database that is away is the sweep's matter."""
        try:
            self._tasks.start_up()
        except StoreUnavailable as error:
            _log.warning("worker.start_up_incomplete", error=str(error))
        self.running.start()
        self._tidying.start()

    def work(self) -> None:
        """Celery's worker, without its command line: no signal handlers, no banner, no remote control."""
        self._app.set_default()  # Celery's pool threads look the tasks up in the default application
        WorkController(
            app=self._app,
            pool_cls="threads",
            concurrency=self._places,
            queues=[queue_of(self._app, REVIEW)],  # the others are read by the lanes
            loglevel="WARNING",
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        ).start()

    def shut_down(self, seconds: float) -> bool:
        """Cancel, wait, give back what still runs; whether all runs have ended. May be called twice."""
        self._tidying.stop()
        self.running.close()
        state.should_stop = os.EX_OK  # type: ignore[assignment]  # Celery's own flag, untyped there
        ended = self.running.wait_empty(seconds)
        if not ended:
            self.running.abandon()
        self.running.stop()
        return ended


def _watch(worker: _Worker, ending: threading.Event, context: WorkerContext) -> None:
    """Ends the process when Celery, or a run in a call that does not return, will not."""
    ending.wait()
    _log.info("worker.shutting_down", running=len(worker.running))
    ended = worker.shut_down(context.shutdown_seconds)
    if ended:
        threading.Event().wait(_LAST_WORDS)
    _log.warning("worker.ended_hard", hanging=len(worker.running))
    os._exit(os.EX_OK)
