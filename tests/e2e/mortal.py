"""A worker that kills itself at a POINT, as `mortal_worker.py` is told it.

It is "STEP:N" as the run tells its progress ("ask:0": at the beginning of that step, "model:1": when the first
answer has been kept), "begin" (the job is taken, nothing is done) or "end" (all is done, the outcome is not stored).
"""

import dataclasses
import os
import signal
import sys
from functools import partial

from reviewbot import log
from reviewbot.broker import enqueue, make_app
from reviewbot.processes import worker_context
from reviewbot.settings import load
from reviewbot.wiring.reviews import Reviewer, reviewer_of
from reviewbot.wiring.store import open_store
from reviewbot.worker.runner import run_worker


class Mortal(Reviewer):
    """Dies at its point, without a word to anybody."""

    __slots__ = ()
    point = sys.argv[1]

    def die_at(self, point):
        if point == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    def run(self, job, lease, control):
        self.die_at("begin")
        outcome = Reviewer.run(self, job, lease, control)
        self.die_at("end")
        return outcome

    def world(self, forge, client, control, lease, history=None, progress=None):
        told = lambda step, done, total: self.die_at(f"{step}:{done}")  # noqa: E731 - a callback of one line
        return Reviewer.world(self, forge, client, control, lease, history, told)


def main():
    settings = load()
    log.configure(settings.log_level)
    store = open_store(settings, migrate=False)
    app = make_app(settings.broker_url)
    made = reviewer_of(settings, store)
    reviewer = Mortal(**{field.name: getattr(made, field.name) for field in dataclasses.fields(made)})
    run_worker(app, worker_context(settings, store, reviewer, partial(enqueue, app)))
