"""Tells the broker of jobs when they are due, beside the answers: a slow or lost broker holds up no event."""

import heapq
import threading
import time
from collections.abc import Iterable

from reviewbot import log
from reviewbot.model.job import Due
from reviewbot.ports import Tell

_LAST_WORDS = 1.0  # seconds for what is still to be told when the web part ends

logger = log.get("web.telling")


class Telling:
    """Jobs are told one by one on a daemon thread, each once it is due. A push that moves a waiting job moves its time.

    Nothing depends on it: what is not told, because the process ended or the broker was away, the sweep finds in the
    job table. Another process may have moved a job meanwhile: then it is told too early, and the worker puts it off.
    """

    def __init__(self, enqueue: Tell) -> None:
        self._enqueue = enqueue
        self._due: dict[int, Due] = {}
        self._next: list[tuple[float, int]] = []  # a heap; an entry may be earlier than the job's own time
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="telling", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def tell(self, jobs: Iterable[Due]) -> None:
        """Returns at once."""
        with self._changed:
            for job in jobs:
                known = self._due.get(job.job_id)
                self._due[job.job_id] = job
                if known is None or job.due_at < known.due_at:
                    heapq.heappush(self._next, (job.due_at, job.job_id))
                    self._changed.notify()

    def stop(self) -> None:
        """What is not due yet is told now: the workers wait for it. A broker that hangs is left alone."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(_LAST_WORDS)

    def _work(self) -> None:
        while (job := self._wait()) is not None:
            try:
                self._enqueue(job.job_id, job.kind)
            except Exception as error:  # the thread survives whatever the broker's library raises
                logger.warning("job.not_told", job_id=job.job_id, error=type(error).__name__)

    def _wait(self) -> Due | None:
        """The next job that is to be told, at its time; None at the end."""
        with self._changed:
            while True:
                now = time.time()
                while self._next and (self._next[0][0] <= now or self._ending):
                    _, job_id = heapq.heappop(self._next)
                    job = self._due.get(job_id)
                    if job is not None and job.due_at > now and not self._ending:
                        heapq.heappush(self._next, (job.due_at, job_id))
                    elif job is not None:
                        return self._due.pop(job_id)
                if self._ending:
                    return None
                self._changed.wait(self._next[0][0] - now if self._next else None)
