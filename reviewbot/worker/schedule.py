"""What happens by the clock: Celery's beat, its schedule in memory, as a process or a thread."""

import threading

from celery import Celery
from celery.beat import Scheduler, Service

from reviewbot.broker import DECIDE, FEEDBACK, POLL, PURGE, SWEEP
from reviewbot.worker.context import WorkerContext

_DAY = 86_400.0
_LONGEST_SLEEP = 1  # seconds; how long beat may take to notice that it should end


def set_schedule(app: Celery, context: WorkerContext) -> None:
    """A message that nobody took in the meantime is dropped: several sweeps in a row are one."""
    every = {
        SWEEP: context.sweep_seconds,
        DECIDE: context.sweep_seconds,
        POLL: context.poll_seconds,
        FEEDBACK: context.feedback_seconds,
        PURGE: _DAY,
    }
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": seconds, "options": {"expires": max(seconds * 4, 60.0)}}
        for name, seconds in every.items()
        if seconds > 0
    }


class Schedule:
    """Beat in this process. `run` blocks until `stop`; `start` runs it in a thread."""

    def __init__(self, app: Celery, context: WorkerContext) -> None:
        set_schedule(app, context)
        self._service = Service(app, max_interval=_LONGEST_SLEEP, scheduler_cls=Scheduler)

    def run(self) -> None:
        self._service.start()

    def start(self) -> None:
        threading.Thread(target=self.run, name="reviewbot-schedule", daemon=True).start()

    def stop(self) -> None:
        """Nothing is sent any more; beat itself wakes up and ends within a second. Safe in a signal handler."""
        self._service.stop()
