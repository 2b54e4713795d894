"""A worker process for tests: `python worker_process.py worker|schedule DATABASE BROKER FOLDER`.

A job's title says what its run does; each start and end is a line in FOLDER/log.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from reviewbot.broker import make_app
from reviewbot.db.engine import open_database
from reviewbot.db.jobs import JobTable
from reviewbot.model.outcome import Outcome
from reviewbot.worker.context import WorkerContext
from reviewbot.worker.runner import run_schedule, run_worker


def note(folder, *words):
    with (folder / "log").open("a") as log:
        log.write(" ".join(str(word) for word in words) + "\n")


def main():
    kind, database, broker, folder = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
    jobs = JobTable(open_database(database), debounce_seconds=0.2, lease_seconds=30)

    def run(job, lease, control):
        note(folder, "began", job.id, os.getpid())
        if job.title == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if job.title == "hang":
            threading.Event().wait()  # no brake reaches this
        while job.title == "hold" and not (folder / "go").exists():
            control.sleep(0.02)
        control.confirm()
        note(folder, "ended", job.id, os.getpid())
        return Outcome("done", "", job.head_sha)

    context = WorkerContext(
        jobs=jobs, run=run, node=str(folder), concurrency=2, sweep_seconds=0.3, poll_seconds=0, shutdown_seconds=1.0
    )
    app = make_app(broker)
    sys.exit(run_schedule(app, context) if kind == "schedule" else run_worker(app, context))


if __name__ == "__main__":
    main()
