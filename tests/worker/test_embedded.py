"""Worker and schedule in threads of one process."""

import threading
import time

import pytest

from reviewbot.broker import depth, enqueue, make_app
from reviewbot.db.crashes import QUARANTINE_AFTER
from reviewbot.db.jobs import JobTable
from reviewbot.model.event import CommandGiven, ReviewWanted
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome
from reviewbot.worker.context import WorkerContext
from reviewbot.worker.runner import EmbeddedWorker

CONCURRENCY = 4  # reviews at once


class Embedded:
    def __init__(self, jobs, lease_seconds=30.0):
        self.jobs = jobs
        self.go = False
        self.began = []
        self.polls = []
        self.told = []
        self.tidied = 0
        self.may_tell = threading.Event()
        self.app = make_app()
        context = WorkerContext(
            jobs=jobs,
            run=self.run,
            node="n",
            lease_seconds=lease_seconds,
            concurrency=CONCURRENCY,
            sweep_seconds=0.2,
            poll_seconds=0.2,
            poll=lambda: self.polls.append(1),
            gave_up=self.tell,
            tidy=self.tidy,
            shutdown_seconds=5.0,
        )
        self.worker = EmbeddedWorker(self.app, context)

    def run(self, job, lease, control):
        self.began.append((job.id, job.head_sha))
        while job.title == "hold" and not self.go:
            control.sleep(0.01)
        control.confirm()
        return Outcome("done", "", job.head_sha)

    def tidy(self):
        self.tidied += 1
        raise OSError("the disk is gone")

    def tell(self, job):
        """GitLab is away until it `may_tell`."""
        self.may_tell.wait()
        self.told.append((job.id, job.state))

    def want(self, head="a", trigger="opened", iid=1, title=""):
        return self.jobs.want(ReviewWanted(MergeRequestRef(1, iid), head, trigger, title=title), time.time())

    def say(self, word, iid=1):
        """Somebody comments; the job is told as the web part does."""
        event = CommandGiven(MergeRequestRef(1, iid), word, "", 5, "ada", len(word), "d", "a")
        job_id = self.jobs.want(event, time.time())
        enqueue(self.app, job_id, self.jobs.get(job_id).kind)
        return job_id

    def state(self, job_id):
        return self.jobs.get(job_id).state


@pytest.fixture
def embedded(jobs):
    embedded = Embedded(jobs)
    yield embedded
    assert embedded.worker.stop()


def test_what_waited_when_the_process_began_is_done_without_any_message(embedded, until):
    ids = [embedded.want(iid=iid) for iid in range(1, 11)]
    embedded.worker.start()
    until(lambda: embedded.jobs.counts()[JobState.DONE] == len(ids))


def test_what_a_killed_predecessor_ran_goes_on_at_once(embedded, until):
    job_id = embedded.want()
    embedded.jobs.take(job_id, f"n#{2**22 + 1}.1#dead", time.time())
    embedded.worker.start()
    until(lambda: embedded.state(job_id) is JobState.DONE)


def test_people_are_told_of_a_job_that_is_given_up_at_the_start_and_the_start_waits_for_nobody(embedded, until):
    dead = f"n#{2**22 + 1}.1#dead"
    job_id = embedded.want()
    assert embedded.jobs.take(job_id, dead, time.time())
    for _ in range(QUARANTINE_AFTER - 1):
        embedded.jobs.take_over(dead.__eq__, time.time())
        assert embedded.jobs.take(job_id, dead, time.time())
    embedded.worker.start()
    other = embedded.want(iid=2)
    until(lambda: embedded.state(other) is JobState.DONE)
    assert embedded.told == []
    embedded.may_tell.set()
    until(lambda: embedded.told == [(job_id, JobState.QUARANTINED)])


def test_pushes_are_gathered_and_the_newest_head_is_reviewed_once(embedded, until):
    embedded.worker.start()
    job_id = embedded.want("a", "pushed")
    enqueue(embedded.app, job_id)
    embedded.want("b", "pushed")
    until(lambda: embedded.state(job_id) is JobState.DONE)
    assert embedded.began == [(job_id, "b")]


def test_a_push_ends_the_run_of_the_old_head_and_the_new_one_follows(embedded, until):
    embedded.worker.start()
    old = embedded.want("a", title="hold")
    enqueue(embedded.app, old)
    until(lambda: embedded.began)
    new = embedded.want("b", "pushed", title="another")
    enqueue(embedded.app, new)
    until(lambda: embedded.state(new) is JobState.DONE)
    assert embedded.state(old) is JobState.SUPERSEDED


def test_a_job_that_nobody_enqueued_is_found_and_the_poll_happens(embedded, until):
    embedded.worker.start()
    job_id = embedded.want()
    until(lambda: embedded.state(job_id) is JobState.DONE)
    until(lambda: embedded.polls)
    until(lambda: embedded.tidied == 1)


def test_a_command_begins_while_every_place_for_reviews_is_taken_and_no_more_reviews_do(embedded, until):
    embedded.worker.start()
    reviews = [embedded.want(iid=iid, title="hold") for iid in range(1, 2 * CONCURRENCY + 1)]
    for job_id in reviews:
        enqueue(embedded.app, job_id)
    until(lambda: len(embedded.began) == CONCURRENCY)
    said = [embedded.say(word) for word in ("break glass", "question")]
    until(lambda: all(embedded.state(job_id) is JobState.DONE for job_id in said))
    assert embedded.jobs.counts()[JobState.RUNNING] == CONCURRENCY
    embedded.go = True
    until(lambda: all(embedded.state(job_id) is JobState.DONE for job_id in reviews))
    assert len(embedded.began) == len(reviews) + len(said)


def test_reviews_that_waited_here_for_their_time_do_not_take_the_places_of_commands(embedded, until):
    """Celery hands a task with a countdown to the pool whatever the queue's places are."""
    embedded.worker.start()
    held = [embedded.want(iid=iid, title="hold") for iid in range(1, CONCURRENCY + 1)]
    late = [embedded.want(iid=iid, title="hold") for iid in range(CONCURRENCY + 1, 4 * CONCURRENCY)]
    for job_id in late:
        enqueue(embedded.app, job_id, countdown=1.0)
    for job_id in held:
        enqueue(embedded.app, job_id)
    until(lambda: len(embedded.began) == CONCURRENCY)
    until(lambda: depth(embedded.app) >= len(late) - 1)  # back in the queue; one may be on its way
    said = embedded.say("break glass")
    until(lambda: embedded.state(said) is JobState.DONE)
    assert embedded.jobs.counts()[JobState.RUNNING] == CONCURRENCY
    embedded.go = True
    until(lambda: embedded.jobs.counts()[JobState.DONE] == len(held) + len(late) + 1)


def test_stopping_gives_the_leases_back(jobs, until):
    embedded = Embedded(jobs)
    embedded.worker.start()
    job_id = embedded.want(title="hold")
    enqueue(embedded.app, job_id)
    until(lambda: embedded.began)
    assert embedded.worker.stop()
    assert (jobs.get(job_id).state, jobs.get(job_id).crashes) == (JobState.WAITING, 0)


def test_a_worker_can_be_started_after_another_was_stopped(jobs, until):
    for iid in (1, 2):
        embedded = Embedded(jobs)
        embedded.worker.start()
        job_id = embedded.want(iid=iid)
        until(lambda embedded=embedded, job_id=job_id: embedded.state(job_id) is JobState.DONE)
        assert embedded.worker.stop()


def test_the_lease_of_a_run_is_renewed_as_long_as_it_runs(database, until):
    jobs = JobTable(database, lease_seconds=0.5)
    embedded = Embedded(jobs, lease_seconds=0.5)
    embedded.worker.start()
    job_id = embedded.want(title="hold")
    until(lambda: embedded.began)
    until(lambda: jobs.get(job_id).started_at + 2 < time.time())
    embedded.go = True
    until(lambda: embedded.state(job_id) is JobState.DONE)
    assert len(embedded.began) == 1
    assert embedded.worker.stop()
