"""Real worker processes on a real Redis: killed, told to stop, cut off from their messages."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
import redis
import servers

from reviewbot.broker import depth, enqueue, make_app
from reviewbot.model.event import CommandGiven, ReviewWanted
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef

pytestmark = pytest.mark.integration

PROCESS = Path(__file__).parent / "worker_process.py"
SHUTDOWN = 20  # seconds: the promise


class Farm:
    """Worker and schedule processes around one job table and one Redis."""

    def __init__(self, database_url, redis_url, jobs, folder, prefork):
        self.arguments = [database_url, redis_url, str(folder)]
        self.jobs = jobs
        self._prefork = prefork
        self.folder = folder
        self.redis = redis.Redis.from_url(redis_url)
        self.redis.flushall()
        self.app = make_app(redis_url)
        self.processes = []

    def start(self, kind="worker"):
        command = [sys.executable, str(PROCESS), kind, *self.arguments]
        log = self.folder / f"{kind}{len(self.processes)}.out"
        process = self._prefork.start(command, env=dict(os.environ), cwd=self.folder, log=log)
        self.processes.append(process)
        return process

    def want(self, title="", iid=1, head="a"):
        event = ReviewWanted(MergeRequestRef(1, iid), head, "opened", title=title)
        job_id = self.jobs.want(event, time.time())
        assert enqueue(self.app, job_id)
        return job_id

    def state(self, job_id):
        return self.jobs.get(job_id).state

    def log(self, word, job_id):
        """Ids of the processes in which the job began, or ended."""
        path = self.folder / "log"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [int(pid) for what, job, pid in lines if (what, job) == (word, str(job_id))]

    def go(self):
        (self.folder / "go").touch()

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.redis.close()


@pytest.fixture
def farm(sqlite_url, redis_url, jobs, tmp_path, prefork):
    farm = Farm(sqlite_url, redis_url, jobs, tmp_path, prefork)
    yield farm
    farm.close()


def test_jobs_are_run_by_a_worker_process(farm, until):
    ids = [farm.want(iid=iid) for iid in range(1, 9)]
    farm.start()
    until(lambda: farm.jobs.counts()[JobState.DONE] == len(ids))
    assert [len(farm.log("ended", job_id)) for job_id in ids] == [1] * len(ids)


def test_a_killed_workers_job_is_taken_over_by_the_next_at_once(farm, until):
    first = farm.start()
    job_id = farm.want("hold")
    until(lambda: farm.log("began", job_id))
    first.kill()
    first.wait()
    assert farm.state(job_id) is JobState.RUNNING
    second = farm.start()
    until(lambda: len(farm.log("began", job_id)) == 2)
    farm.go()
    until(lambda: farm.state(job_id) is JobState.DONE)
    assert farm.log("ended", job_id) == [second.pid]
    assert farm.jobs.get(job_id).crashes == 1


def test_a_living_workers_job_is_left_alone_by_one_that_starts(farm, until):
    first = farm.start()
    job_id = farm.want("hold")
    until(lambda: farm.log("began", job_id))
    farm.start()
    other = [farm.want(iid=iid) for iid in range(2, 8)]
    until(lambda: all(farm.state(each) is JobState.DONE for each in other))
    farm.go()
    until(lambda: farm.state(job_id) is JobState.DONE)
    assert farm.log("began", job_id) == farm.log("ended", job_id) == [first.pid]


def test_a_worker_that_is_told_to_stop_gives_its_jobs_back_uncounted_and_ends(farm, until):
    worker = farm.start()
    job_id = farm.want("hold")
    until(lambda: farm.log("began", job_id))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(SHUTDOWN) == 0
    job = farm.jobs.get(job_id)
    assert (job.state, job.crashes, job.attempts) == (JobState.WAITING, 0, 0)
    farm.go()
    farm.start()
    until(lambda: farm.state(job_id) is JobState.DONE)


def test_a_worker_whose_run_hangs_ends_all_the_same(farm, until):
    worker = farm.start()
    job_id = farm.want("hang")
    until(lambda: farm.log("began", job_id))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(SHUTDOWN) == 0
    assert farm.state(job_id) is JobState.WAITING


def test_a_worker_ends_while_its_redis_is_away(farm, until):
    job_id = farm.want()
    farm.arguments[1] = "redis://127.0.0.1:1/0"
    worker = farm.start()
    until(lambda: b"broker.unreachable" in (farm.folder / "worker0.out").read_bytes())
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(SHUTDOWN) == 0
    assert farm.state(job_id) is JobState.WAITING


def test_a_worker_outlives_a_redis_that_goes_away_and_comes_back(jobs, sqlite_url, tmp_path, until, prefork):
    with servers.redis_server(tmp_path) as url:
        farm = Farm(sqlite_url, url, jobs, tmp_path, prefork)
        farm.start("schedule")
        farm.start()
        first = farm.want()
        until(lambda: farm.state(first) is JobState.DONE)
    try:
        second = farm.jobs.want(ReviewWanted(MergeRequestRef(1, 2), "a", "opened"), time.time())
        assert not enqueue(farm.app, second)
        with servers.redis_server(tmp_path, port=int(url.rpartition(":")[2].partition("/")[0])):
            until(lambda: farm.state(second) is JobState.DONE)
            farm.close()
    finally:
        farm.close()


def test_jobs_whose_messages_are_lost_are_found_by_the_sweep(farm, until):
    farm.start("schedule")
    farm.start()
    busy = [farm.want("hold", iid=iid) for iid in (1, 2)]  # as many as the worker runs at once
    until(lambda: all(farm.log("began", job_id) for job_id in busy))
    lost = [farm.want(iid=iid) for iid in (3, 4, 5)]
    farm.redis.flushall()
    farm.go()
    until(lambda: all(farm.state(job_id) is JobState.DONE for job_id in (*busy, *lost)))
    assert [len(farm.log("ended", job_id)) for job_id in lost] == [1, 1, 1]


def test_a_job_that_kills_its_worker_again_and_again_is_quarantined(farm, until):
    job_id = farm.want("kill")
    for _ in range(5):
        farm.start().wait(60)
    farm.start()
    until(lambda: farm.state(job_id) is JobState.QUARANTINED)
    assert len(farm.log("began", job_id)) == 5


def test_a_command_begins_while_every_worker_is_full_of_reviews(farm, until):
    farm.start()
    busy = [farm.want("hold", iid=iid) for iid in (1, 2, 3, 4)]
    until(lambda: sum(bool(farm.log("began", job_id)) for job_id in busy) == 2)
    event = CommandGiven(MergeRequestRef(1, 1), "break glass", "", 5, "ada", 7, "d", "a")
    said = farm.jobs.want(event, time.time())
    assert enqueue(farm.app, said, "command")
    until(lambda: farm.state(said) is JobState.DONE)
    assert farm.jobs.counts()[JobState.RUNNING] == 2
    farm.go()
    until(lambda: all(farm.state(job_id) is JobState.DONE for job_id in busy))
    assert [len(farm.log("began", job_id)) for job_id in busy] == [1, 1, 1, 1]


def test_what_a_full_worker_has_no_place_for_another_one_begins(farm, until):
    farm.start()
    busy = [farm.want("hold", iid=iid) for iid in (1, 2)]
    until(lambda: all(farm.log("began", job_id) for job_id in busy))
    farm.start()
    more = [farm.want(iid=iid) for iid in range(3, 9)]
    until(lambda: all(farm.state(job_id) is JobState.DONE for job_id in more))
    assert farm.jobs.counts()[JobState.RUNNING] == 2
    farm.go()
    until(lambda: all(farm.state(job_id) is JobState.DONE for job_id in busy))


def test_a_long_queue_does_not_grow_with_every_sweep(farm, until):
    farm.start("schedule")
    farm.start()
    busy = [farm.want("hold", iid=iid) for iid in (1, 2)]
    until(lambda: all(farm.log("began", job_id) for job_id in busy))
    waiting = [farm.want(iid=iid) for iid in range(3, 23)]
    until(lambda: depth(farm.app) >= len(waiting))
    for iid in (30, 31, 32, 33):  # each sweep finds a job whose worker vanished
        event = ReviewWanted(MergeRequestRef(1, iid), "a", "opened")
        waiting.append(farm.jobs.want(event, time.time() - 100))
        assert farm.jobs.take(waiting[-1], "gone", time.time() - 90)
        until(lambda: farm.state(waiting[-1]) is JobState.WAITING)
    assert depth(farm.app) <= 2 * len(waiting)
    farm.go()
    until(lambda: all(farm.state(job_id) is JobState.DONE for job_id in waiting))


def test_the_schedule_ends_when_it_is_told_to(farm, until):
    schedule = farm.start("schedule")
    until(lambda: farm.redis.llen("reviewbot-schedule"))
    schedule.send_signal(signal.SIGTERM)
    assert schedule.wait(SHUTDOWN) == 0
