"""Instances to measure, and what is counted about them."""

import contextlib
import heapq
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.standins import Standins, Told
from reviewbot import log
from reviewbot.control import Control
from reviewbot.model.event import ReviewWanted
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome
from reviewbot.processes import spare_the_collector
from reviewbot.settings import Settings, load
from reviewbot.wiring.reviews import Reviewer, reviewer_of
from reviewbot.wiring.store import Store, open_store


@dataclass(frozen=True)
class Instance:
    """A reviewer with its database, in this process: what a worker does with a job, without the queue."""

    store: Store
    reviewer: Reviewer

    def review(self, told: Told) -> tuple[Outcome, float]:
        """The outcome and the seconds from taking the job to its end."""
        jobs = self.store.jobs
        wish = ReviewWanted(MergeRequestRef(told.project_id, told.iid), told.sha, "opened", told.path)
        job_id = jobs.want(wish, time.time())
        assert job_id is not None
        began = time.monotonic()
        taken = jobs.take(job_id, "benchmarks", time.time())
        assert taken is not None
        job, lease = taken
        outcome = self.reviewer.run(job, lease, Control(1500, guard=lambda: jobs.guard(lease)))
        jobs.finish(lease, outcome, time.time())
        return outcome, time.monotonic() - began


@contextlib.contextmanager
def environment(settings: dict[str, str]) -> Iterator[dict[str, str]]:
    """The process's environment with these settings of reviewbot and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REVIEWBOT_")}
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({**clean, **settings})
    try:
        yield dict(os.environ)
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def instance(standins: Standins, **more: object) -> Iterator[Instance]:
    with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as folder:
        own = {"data_dir": folder, "config": os.devnull, **more}
        with environment(standins.environment(**own)):
            settings: Settings = load()
        log.configure(settings.log_level)
        store = open_store(settings, migrate=True)
        reviewer = reviewer_of(settings, store)
        reviewer.warm()
        spare_the_collector()
        try:
            yield Instance(store, reviewer)
        finally:
            store.close()


def greedy(durations: Sequence[float], at_once: int) -> float:
    """Seconds that these calls take when each starts as soon as one of `at_once` places is free, in this order."""
    free = [0.0] * max(1, at_once)
    for duration in durations:
        heapq.heappush(free, heapq.heappop(free) + duration)
    return max(free)


Call = tuple[float, float, str]  # when it began and ended, and the name of the schema of what was wanted


def durations(calls: Sequence[Call]) -> list[float]:
    return [ended - began for began, ended, _ in sorted(map(tuple, calls))]


def greedy_review(calls: Sequence[Call], at_once: int) -> float:
    """`greedy` for one review, whose calls about its findings can begin only when the findings are there."""
    return sum(
        greedy(durations([call for call in calls if (call[2] == "findings") is finds]), at_once)
        for finds in (True, False)
    )


def most_memory(pid: int | None = None, *, children: bool = True) -> float:
    """The largest resident sizes so far, in MB, of a process and the children it has now, added up (Linux)."""
    return sum(_high_water(process.pid) for process in (_family(pid) if children else [psutil.Process(pid)]))


def _high_water(pid: int) -> float:
    with contextlib.suppress(OSError):  # it ends just now
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def cpu_seconds(pid: int | None = None) -> float:
    """CPU seconds so far of a process, the children it has now, and those it has waited for; in hundredths."""
    return sum(_spent(process) for process in _family(pid))


def own_cpu_seconds() -> float:
    """`cpu_seconds` of this process, its own part exact."""
    return time.process_time() + sum(_spent(process) for process in psutil.Process().children(recursive=True))


def _spent(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))
    except psutil.NoSuchProcess:
        return 0.0  # its parent counts it from now on


def _family(pid: int | None) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
