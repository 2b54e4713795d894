"""How many reviews one worker process carries at once, while it waits for a slow model."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from celery import Celery

from benchmarks.making import Order
from benchmarks.measuring import cpu_seconds, durations, environment, greedy, most_memory
from benchmarks.servers import reviewbot, servers
from benchmarks.standins import Standins, Told, started
from benchmarks.table import Result, Row, at_least, at_most, told
from reviewbot.broker import enqueue, make_app
from reviewbot.model.event import ReviewWanted
from reviewbot.model.job import JobState, ReviewJob
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.settings import load
from reviewbot.wiring.store import Store, open_store

REVIEWS, LATENCY, PATIENCE = 64, 10.0, 400.0


def run(quick: bool) -> Result:
    reviews, latency = (4, 0.5) if quick else (REVIEWS, LATENCY)
    sizes = {"15 files, 2,000 lines each": Order(15, 2_000, 3), "15 files, 400 lines each": Order(15, 400, 3)}
    rows: list[Row] = []
    data: dict[str, object] = {}
    for name, order in list(sizes.items())[: 1 if quick else None]:
        found = _measured(order, reviews, latency)
        data[name] = found
        rows += [
            at_least(f"{reviews} reviews, {name}: greedy / wall", 100 * found["greedy"] / found["wall"], 85, " %", 1),
            told(f"{name}: wall", found["wall"], " s", 1),
            told(f"{name}: calls of the model", found["calls"], digits=0),
            told(f"{name}: most calls at once", found["most_at_once"], digits=0),
            told(f"{name}: CPU of the worker, git's included", found["cpu"], " s", 1),
            at_most(f"{name}: memory, helper processes included", found["memory"], 500, " MB", 0),
            told(f"{name}: memory of the worker process alone", found["own_memory"], " MB", 0),
        ]
    notes = (
        f"`reviewbot worker` with REVIEWBOT_WORKER_CONCURRENCY={reviews} REVIEWBOT_LLM_CONCURRENCY={reviews}, Redis, "
        f"SQLite; model latency {latency} s; merge requests of {min(8, reviews)} projects; one review before to warm up",
        "wall: from the first job told to the broker to the last job's end; the stand-ins share the two cores",
    )
    return Result("capacity", rows, notes, data)


def _measured(order: Order, reviews: int, latency: float) -> dict[str, float]:
    projects = min(8, reviews)
    orders = [
        [Order(order.files, order.lines, order.plants, seed=number) for number in range(project, reviews, projects)]
        for project in range(projects)
    ]
    with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as name:
        folder = Path(name)
        with servers().redis_server(folder) as redis, started([[Order(3, 60)], *orders], latency) as standins:
            own = {"data_dir": folder / "data", "config": os.devnull, "broker_url": redis}
            many = {"worker_concurrency": reviews, "llm_concurrency": reviews}
            with environment(standins.environment(**own, **many)) as env:
                settings = load()
            subprocess.run([sys.executable, "-m", "reviewbot", "db", "upgrade"], env=env, check=True, stdout=sys.stderr)
            store, app = open_store(settings, migrate=False), make_app(redis)
            try:
                with reviewbot("worker", env=env, folder=folder) as worker:
                    return _worked(store, app, standins, worker.pid)
            finally:
                store.close()


def _worked(store: Store, app: Celery, standins: Standins, pid: int) -> dict[str, float]:
    first, *others = standins.merge_requests
    _reviewed(store, app, [first])
    standins.ask("forget")
    cpu = cpu_seconds(pid)
    began = time.time()
    jobs = _reviewed(store, app, others)
    calls = standins.ask("calls")
    lasted = durations(calls["calls"])
    return {
        "wall": max(job.finished_at or 0.0 for job in jobs) - began,
        "greedy": greedy(lasted, len(others)),
        "calls": len(lasted),
        "most_at_once": calls["most_at_once"],
        "cpu": cpu_seconds(pid) - cpu,
        "memory": most_memory(pid),
        "own_memory": most_memory(pid, children=False),
    }


def _reviewed(store: Store, app: Celery, wanted: Sequence[Told]) -> list[ReviewJob]:
    """Tell the broker of a job for each and wait for all."""
    ids = []
    for one in wanted:
        ref = MergeRequestRef(one.project_id, one.iid)
        job_id = store.jobs.want(ReviewWanted(ref, one.sha, "opened", one.path), time.time())
        assert job_id is not None
        ids.append(job_id)
    for job_id in ids:
        enqueue(app, job_id)
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        jobs = [job for job in map(store.jobs.get, ids) if job is not None]
        if all(job.state not in {JobState.WAITING, JobState.RUNNING} for job in jobs):
            assert all(job.state is JobState.DONE for job in jobs), [(job.state, job.reason) for job in jobs]
            return jobs
        time.sleep(0.25)
    raise TimeoutError(f"{len(ids)} reviews did not end within {PATIENCE:.0f} s: {[job.state for job in jobs]}")
