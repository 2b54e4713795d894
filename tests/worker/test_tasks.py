"""What the tasks do with a job, called directly on a clock that stands still."""

import pytest

from reviewbot.broker import depth, enqueue, make_app
from reviewbot.db.crashes import QUARANTINE_AFTER
from reviewbot.db.engine import open_database
from reviewbot.db.jobs import JobTable
from reviewbot.db.runs import Runs
from reviewbot.errors import (
    Cancelled,
    ConfigurationError,
    DeadlineExceeded,
    ForgeNotFound,
    ForgeRateLimited,
    ForgeUnavailable,
    HeadMoved,
    LeaseLost,
    Superseded,
)
from reviewbot.model.event import ReviewWanted
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome
from reviewbot.model.prompt import Usage
from reviewbot.worker.context import WorkerContext
from reviewbot.worker.running import Running
from reviewbot.worker.tasks import Tasks


class World:
    """A worker's inside without a worker: time, a scripted run, and what was told to people."""

    def __init__(self, database):
        self.now = 1000.0
        self.jobs = JobTable(database, lease_seconds=60)
        self.app = make_app()
        self.told = []
        self.ending = Outcome("done", "", "a")
        context = WorkerContext(
            jobs=self.jobs,
            run=self.run,
            node="n",
            gave_up=self.told.append,
            feedback=self.hear,
            clock=lambda: self.now,
            max_attempts=3,
        )
        self.running = Running(context)
        self.tasks = Tasks(self.app, context, self.running, "me")

    def run(self, job, lease, control):
        self.control = control
        self.lease = lease
        if isinstance(self.ending, Exception):
            raise self.ending
        return self.ending(job) if callable(self.ending) else self.ending

    def hear(self, control):
        self.look(control)

    def want(self, head="a", trigger="opened", iid=1):
        return self.jobs.want(ReviewWanted(MergeRequestRef(1, iid), head, trigger), self.now)

    def review(self, ending, iid=1):
        self.ending = ending
        job_id = self.want(iid=iid)
        self.tasks.review(job_id)
        return self.jobs.get(job_id)


@pytest.fixture
def world(database):
    return World(database)


def test_a_job_is_run_to_its_outcome_and_once(world, database):
    job = world.review(Outcome("done", "", "b"))
    assert (job.state, job.head_sha) == (JobState.DONE, "b")
    world.tasks.review(job.id)
    assert len(Runs(database).of_job(job.id)) == 1
    assert len(world.running) == 0


def test_a_head_that_moved_unheard_is_read_next_by_the_same_job(world):
    job = world.review(HeadMoved("It has moved on to b"))
    assert (job.state, job.attempts, job.due_at) == (JobState.WAITING, 1, world.now)
    world.ending = Outcome("done", "", "b")
    world.tasks.review(job.id)
    assert (world.jobs.get(job.id).state, world.jobs.get(job.id).head_sha) == (JobState.DONE, "b")


def test_a_head_that_moved_gives_way_to_the_job_that_its_event_began(world):
    def moved(job):
        world.want("b", trigger="push")
        raise HeadMoved("It has moved on to b")

    job = world.review(moved)
    assert job.state is JobState.SUPERSEDED
    assert [one.head_sha for one in world.jobs.listed(JobState.WAITING)] == ["b"]


def test_heads_that_keep_moving_unheard_end_the_job_at_last(world):
    job = world.review(HeadMoved("It has moved on"))
    for _ in range(2):
        world.tasks.review(job.id)
    job = world.jobs.get(job.id)
    assert (job.state, world.told) == (JobState.SUPERSEDED, [])


@pytest.mark.parametrize(
    ("state", "expected"),
    [("incomplete", JobState.DONE), ("ignored", JobState.DONE), ("failed", JobState.FAILED)],
)
def test_an_outcome_of_its_own_ends_the_job_with_its_reason(world, state, expected):
    job = world.review(Outcome(state, "because"))
    assert (job.state, job.reason, world.told) == (expected, "because", [])


def test_a_transient_error_is_retried_later_and_later_and_given_up_visibly(world, database):
    job = world.review(ForgeUnavailable("GitLab answers 502"))
    assert (job.state, job.attempts, job.reason) == (JobState.WAITING, 1, "GitLab answers 502")
    assert world.now + 2.5 <= job.due_at <= world.now + 5
    world.tasks.review(job.id)
    assert world.jobs.get(job.id).attempts == 1, "not before it is due"
    world.now = job.due_at
    world.tasks.review(job.id)
    job = world.jobs.get(job.id)
    assert world.now + 5 <= job.due_at <= world.now + 10
    world.now = job.due_at
    world.tasks.review(job.id)
    job = world.jobs.get(job.id)
    assert (job.state, job.reason) == (JobState.FAILED, "Given up after 3 attempts: GitLab answers 502")
    assert [told.id for told in world.told] == [job.id]
    assert [run.state for run in Runs(database).of_job(job.id)] == ["failed"]


def test_the_other_sides_wish_is_obeyed(world):
    job = world.review(ForgeRateLimited("429", retry_after=120.0))
    assert job.due_at == world.now + 120.0


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ForgeNotFound("The merge request is gone", mend="nothing to do"), "The merge request is gone (nothing to do)"),
        (DeadlineExceeded("The review's time limit is over"), "The review's time limit is over"),
        (ZeroDivisionError("oh"), "Unexpected error in the review: ZeroDivisionError: oh"),
    ],
)
def test_any_other_error_fails_the_job_with_its_reason_and_people_are_told(world, error, reason):
    job = world.review(error)
    assert (job.state, job.reason) == (JobState.FAILED, reason)
    assert [(told.id, told.reason) for told in world.told] == [(job.id, reason)]


def test_a_failing_message_to_people_hurts_nobody(database):
    world = World(database)

    def fail(job):
        raise OSError("no way")

    context = WorkerContext(jobs=world.jobs, run=world.run, node="n", gave_up=fail, clock=lambda: world.now)
    world.tasks = Tasks(world.app, context, world.running, "me")
    assert world.review(ForgeNotFound("gone")).state is JobState.FAILED


def test_what_breaks_after_a_review_leaves_it_as_it_ended(database):
    world = World(database)
    seen = []

    def broken(job, outcome, control):
        seen.append(outcome.state)
        raise UnicodeEncodeError("utf-8", "x", 0, 1, "no")

    context = WorkerContext(world.jobs, world.run, "n", broken, gave_up=world.told.append, clock=lambda: world.now)
    world.tasks = Tasks(world.app, context, world.running, "me")
    assert world.review(Outcome("done", "", "a")).state is JobState.DONE
    assert (seen, world.told) == (["done"], [])
    assert world.review(ForgeNotFound("gone"), iid=2).state is JobState.FAILED
    assert seen == ["done"]


@pytest.mark.parametrize(
    ("refused", "requests"),
    [
        (Outcome("done", "", "a", forge_requests=2**70, usage=Usage(2, 10, cost_usd=0.5)), 2),
        (Outcome("done", "", "a", usage=Usage(2, 2**70, cost_usd=0.5)), 0),
    ],
)
def test_a_run_whose_record_the_database_does_not_take_has_ended_all_the_same(database_url, refused, requests):
    database = open_database(database_url)
    world = World(database)
    job = world.review(refused)
    assert (job.state, job.crashes) == (JobState.DONE, 0)
    assert "did not take the record" in job.reason
    (run,) = Runs(database).of_job(job.id)
    assert run.usage.requests == requests
    assert Runs(database).spent(1, world.now) == (0.5 if requests else 0)
    database.close()


def test_a_superseded_run_ends_quietly_and_the_newer_head_is_enqueued(world):
    newer = []

    def push_meanwhile(job):
        newer.append(world.want("b"))
        world.control.confirm()

    job = world.review(push_meanwhile)
    assert (job.state, world.told) == (JobState.SUPERSEDED, [])
    assert depth(world.app) == 1
    world.ending = Outcome("done", "", "b")
    world.tasks.review(newer[0])
    assert world.jobs.get(newer[0]).state is JobState.DONE


def test_a_cancelled_run_gives_its_lease_back(world):
    job = world.review(Cancelled("The worker shuts down"))
    assert (job.state, job.attempts, job.crashes) == (JobState.WAITING, 0, 0)


def test_a_run_that_lost_its_lease_leaves_the_job_to_the_other_worker(world):
    def lose(job):
        world.now += 61
        world.jobs.reap(world.now)
        assert world.jobs.take(job.id, "other", world.now)
        return Outcome("done")

    assert world.review(lose).state is JobState.RUNNING
    assert world.review(LeaseLost("gone"), iid=2).state is JobState.RUNNING


def test_nothing_is_taken_during_the_shutdown(world):
    world.running.close()
    assert world.review(Outcome("done")).state is JobState.WAITING


def test_a_run_that_began_in_the_moment_of_the_shutdown_is_cancelled(world):
    def close(job):
        world.running.close()
        world.control.check()

    assert world.review(close).state is JobState.WAITING


def test_a_job_that_moved_comes_again_when_it_is_due_and_one_far_off_does_not(world):
    job_id = world.want(trigger="pushed")
    world.tasks.review(job_id)
    assert depth(world.app) == 1
    far = world.review(ForgeRateLimited("429", retry_after=500.0), iid=2)
    world.tasks.review(far.id)
    assert depth(world.app) == 1
    world.tasks.review(987654)
    assert depth(world.app) == 1


def test_the_sweep_enqueues_what_is_due_once(world):
    for iid in range(1, 6):
        world.want(iid=iid)
    world.tasks.sweep()
    assert depth(world.app) == 5
    world.tasks.sweep()
    assert depth(world.app) == 5


def test_the_sweep_tells_people_of_a_quarantined_job(world):
    job_id = world.want()
    for _ in range(QUARANTINE_AFTER):
        assert world.jobs.take(job_id, "dead", world.now)
        world.now += 61
        world.tasks.sweep()
    assert [(told.id, told.state) for told in world.told] == [(job_id, JobState.QUARANTINED)]


def test_a_broker_that_is_down_costs_nothing_but_time(database):
    world = World(database)
    world.app = make_app("redis://127.0.0.1:1/0")
    world.tasks = Tasks(world.app, world.tasks.context, world.running, "me")
    job_id = world.want()
    assert enqueue(world.app, job_id) is False
    world.tasks.sweep()
    assert world.jobs.get(job_id).state is JobState.WAITING


def test_an_unknown_broker_is_refused():
    with pytest.raises(ConfigurationError, match="amqp"):
        make_app("amqp://localhost")


def test_a_stop_reaches_the_run_by_the_heartbeat(database, until):
    world = World(database)

    def wait_for_stop(job):
        world.want("b")
        until(lambda: world.control.stopped)
        world.control.check()

    world.running.start()
    try:
        job = world.review(wait_for_stop)
    finally:
        world.running.stop()
    assert job.state is JobState.SUPERSEDED
    with pytest.raises(Superseded):
        world.control.check()


def test_a_look_at_feedback_ends_with_the_process(world):
    ends = []

    def look(control):
        world.running.close()
        with pytest.raises(Cancelled):
            control.check()
        ends.append("closed while it looked")
        control.check()

    world.look = look
    world.tasks.feedback()
    world.look = lambda control: control.check() or ends.append("went on")
    world.tasks.feedback()  # begun in the moment of the shutdown
    assert ends == ["closed while it looked"]
