"""One bounded pool of threads per process in which reviews take turns, so that a large one starves nobody."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from reviewbot.errors import Cancelled

T = TypeVar("T")


class FairExecutor:
    """At most `limit` jobs run at once; lanes with waiting jobs are served in turns, one job each.

    Threads are made when they are needed and are daemons: a request that hangs while the process ends is not waited
    for. A lane without jobs costs nothing. A job must not submit jobs: waiting for them could block the pool for good.
    """

    def __init__(self, limit: int, name: str = "asking") -> None:
        if limit < 1:
            raise ValueError("A pool needs at least one thread")
        self._limit = limit
        self._name = name
        self._changed = threading.Condition()
        self._turns: deque[Lane] = deque()  # lanes with a waiting job and room to run it, each once
        self._lanes: set[Lane] = set()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    @contextmanager
    def lane(self, limit: int) -> Iterator["Lane"]:
        """A lane that runs at most `limit` jobs at once. At its end waiting jobs are cancelled, running ones go on."""
        lane = Lane(self, max(1, limit))
        with self._changed:
            self._lanes.add(lane)
        try:
            yield lane
        finally:
            with self._changed:
                self._lanes.discard(lane)
            lane.cancel()

    def close(self, wait: float = 0.0) -> bool:
        """Take no more jobs, cancel those that wait, give running ones `wait` seconds. Whether all have ended."""
        ends = time.monotonic() + wait
        with self._changed:
            self._closed = True
            self._idle = 0
            self._changed.notify_all()
            lanes, threads = list(self._lanes), list(self._threads)
        for lane in lanes:
            lane.cancel()
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _add(self, lane: "Lane", job: "_Job") -> None:
        if threading.current_thread() in self._threads:
            raise RuntimeError("A job of the executor must not submit to it")
        with self._changed:
            if self._closed:
                raise Cancelled("The process shuts down: no more questions are asked")
            if lane not in self._lanes:
                raise RuntimeError("The lane is closed")
            lane.waiting.append(job)
            if self._queue(lane):
                self._wake()

    def _queue(self, lane: "Lane") -> bool:
        """Give the lane a turn if it has something to run and room for it. The lock is held."""
        if not lane.waiting or lane.running >= lane.limit:
            return False
        if not lane.queued:
            lane.queued = True
            self._turns.append(lane)
        return True

    def _wake(self) -> None:
        """A job became runnable: an idle thread takes it, or a new one. The lock is held."""
        if self._idle:
            self._idle -= 1
            self._changed.notify()
        elif len(self._threads) < self._limit:
            name = f"{self._name}-{len(self._threads) + 1}"
            self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            lane, job = taken
            job.run()
            with self._changed:
                lane.running -= 1
                self._queue(lane)

    def _take(self) -> "tuple[Lane, _Job] | None":
        """The next job in turn; waits for one. None: the executor is closed."""
        with self._changed:
            while not self._closed:
                while self._turns:
                    lane = self._turns.popleft()
                    lane.queued = False
                    if lane.waiting:  # a cancelled lane has none
                        job = lane.waiting.popleft()
                        lane.running += 1
                        self._queue(lane)
                        return lane, job
                self._idle += 1
                self._changed.wait()  # whoever wakes a thread takes it off the idle ones
            return None


class Lane:
    """The waiting jobs of one review. Its plain attributes belong to the executor and its lock."""

    def __init__(self, executor: FairExecutor, limit: int) -> None:
        self._executor = executor
        self.limit = limit
        self.running = 0
        self.queued = False
        self.waiting: deque[_Job] = deque()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue a job. Raises `RuntimeError` inside a job or after the lane's end, `Cancelled` when all is closed."""
        future: Future[T] = Future()
        self._executor._add(self, _Job(work, future))  # noqa: SLF001  # both are one thing in two classes
        return future

    def cancel(self) -> None:
        """Drop the jobs that wait; their futures are cancelled."""
        with self._executor._changed:  # noqa: SLF001  # see submit
            dropped, self.waiting = self.waiting, deque()
        for job in dropped:
            job.future.cancel()


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], Any]
    future: Future[Any]

    def run(self) -> None:
        if self.future.set_running_or_notify_cancel():
            with _Into(self.future):
                self.future.set_result(self.work())


@dataclass(frozen=True, slots=True)
class _Into:
    """Hands whatever is raised to the future, and so to the thread that collects it: nothing is swallowed."""

    future: Future[Any]

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.future.set_exception(error)
        return error is not None
