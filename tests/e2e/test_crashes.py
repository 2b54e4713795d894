"""A review is killed where it stands, and whoever goes on ends with every comment once."""

import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
from e2e.stage import PLANTED, SHUTDOWN, Stage, finding

from reviewbot.db.crashes import QUARANTINE_AFTER
from reviewbot.model.job import JobState

pytestmark = pytest.mark.integration

MORTAL = Path(__file__).parent / "mortal_worker.py"
STEPS = (
    "begin",
    "snapshot:0",
    "diff:0",
    "ask:0",
    "model:0",
    "model:1",
    "plan:0",
    "publish:0",
    "remember:0",
    "end",
)
WRITES = {
    "first draft": ("POST", r"/draft_notes$", 1),
    "third draft": ("POST", r"/draft_notes$", 3),
    "last draft": ("POST", r"/draft_notes$", len(PLANTED)),
    "batch": ("POST", r"/bulk_publish$", 1),
    "summary": ("POST", r"/merge_requests/\d+/notes$", 1),
    "status": ("POST", r"/statuses/", 1),
}
LEASE = 3.0  # seconds: short, where nothing but its end tells that the worker is gone


def die_at(stage, point):
    """A worker begins the review and kills itself at `point`. -> the job's id."""
    stage.environment["llm_concurrency_per_review"] = 1
    stage.open()
    mortal = stage.run([sys.executable, str(MORTAL), point], "mortal")
    job_id = stage.want()
    stage.until(lambda: mortal.poll() is not None, f"it dies at {point}")
    assert mortal.returncode == -signal.SIGKILL, stage.logs()
    assert stage.state(job_id) is JobState.RUNNING
    return job_id


def kill_after(stage, process, method, path, nth=1):
    """Kill `process` when GitLab has carried out its n-th such request and has not answered it yet."""

    def kill():
        process.kill()
        process.wait()

    fault = stage.faults.add(method, path, "call_after", nth=nth, callback=kill)
    return lambda: fault.fired and process.poll() is not None


def die_after(stage, write):
    """A worker begins the review and is killed right after a write. -> the job's id."""
    stage.open()
    worker = stage.start("worker")
    killed = kill_after(stage, worker, *WRITES[write])
    job_id = stage.want()
    stage.until(killed, f"it is killed after the {write}")
    assert stage.state(job_id) is JobState.RUNNING
    return job_id


def go_on_elsewhere(stage):
    """All messages are lost, and a worker of another machine goes on: it sees only that the lease runs out."""
    stage.flush()
    stage.start("schedule")
    stage.start("worker", data_dir=stage.folder / "elsewhere")


def in_flight(point):
    """How many answers may be asked for twice: what was on its way at the kill cannot have been kept."""
    return 1 if point == "model:1" else 0


def assert_exactly_once(stage, job_id, repeated=0):
    """Everything is there, once; at most `repeated` questions were asked twice."""
    assert stage.state(job_id) is JobState.DONE, stage.told()
    assert stage.landed() == PLANTED, stage.told()
    assert len(set(stage.fingerprints())) == len(PLANTED)
    assert len(stage.summaries()) == 1, stage.told()
    assert stage.mr.drafts == []
    assert [state for state, _ in stage.statuses()] == ["failed"]
    assert len(stage.store.runs.of_job(job_id)) == 1
    asked = [request.text for request in stage.model.requests]
    assert len(set(asked)) > 1
    assert len(asked) - len(set(asked)) <= repeated


@pytest.mark.parametrize("point", STEPS)
def test_killed_at_a_step_and_run_again(farm, point):
    job_id = die_at(farm, point)
    farm.ended(job_id, farm.start("worker"))
    assert_exactly_once(farm, job_id, repeated=in_flight(point))


@pytest.mark.parametrize("write", WRITES)
def test_killed_between_two_writes_and_run_again(farm, write):
    job_id = die_after(farm, write)
    farm.ended(job_id, farm.start("worker"))
    assert_exactly_once(farm, job_id)


@pytest.mark.parametrize("point", STEPS)
def test_killed_at_a_step_with_all_messages_lost(farm, point):
    farm.environment["lease_seconds"] = LEASE
    job_id = die_at(farm, point)
    go_on_elsewhere(farm)
    farm.ended(job_id)
    assert_exactly_once(farm, job_id, repeated=in_flight(point))


@pytest.mark.parametrize("write", WRITES)
def test_killed_between_two_writes_with_all_messages_lost(farm, write):
    farm.environment["lease_seconds"] = LEASE
    job_id = die_after(farm, write)
    go_on_elsewhere(farm)
    farm.ended(job_id)
    assert_exactly_once(farm, job_id)


def test_killed_again_and_again_while_it_publishes(database_url, redis_url, tmp_path, prefork):
    with Stage(tmp_path, database_url, prefork) as stage:
        stage.broker(redis_url)
        stage.open()
        job_id = stage.want()
        # Each run finds what the one before has left; a fifth kill at the same step would be the job's own fault.
        for method, path in [("POST", r"/draft_notes$")] * 2 + [("POST", r"/bulk_publish$"), ("POST", r"/\d/notes$")]:
            killed = kill_after(stage, stage.start("worker"), method, path)
            stage.until(killed, f"it is killed after {path}")
            stage.faults.clear()
        stage.ended(job_id, stage.start("worker"))
        assert_exactly_once(stage, job_id)


def test_two_workers_of_which_one_is_killed_in_the_middle(farm):
    farm.environment["lease_seconds"] = LEASE
    farm.open()
    farm.start("schedule")
    first = farm.start("worker")
    killed = kill_after(farm, first, "POST", r"/draft_notes$", nth=2)
    job_id = farm.want()
    farm.until(lambda: farm.state(job_id) is JobState.RUNNING, "the first has it")
    farm.start("worker", data_dir=farm.folder / "elsewhere")
    farm.until(killed, "it is killed")
    farm.ended(job_id)
    assert_exactly_once(farm, job_id)


@pytest.mark.parametrize("write", ["third draft", "batch", "status"])
def test_everything_in_one_process_killed_and_started_again(stage, write):
    first, _ = stage.listen("serve")
    killed = kill_after(stage, first, *WRITES[write])
    stage.open()
    stage.until(killed, f"it is killed after the {write}")
    [job] = stage.store.jobs.listed()
    stage.lab.deliveries.hooks.clear()  # the next one is told nothing
    second, _ = stage.listen("serve")
    stage.ended(job.id, second)
    assert_exactly_once(stage, job.id)


def test_everything_in_one_process_killed_while_the_job_waits(stage):
    stage.environment["debounce_seconds"] = 3
    stage.open()
    first, _ = stage.listen("serve")
    stage.lab.push(stage.mr, {"README.md": "# The shop\n\nWith discounts.\n"}, user=stage.author)
    [job] = stage.until(stage.store.jobs.listed, "the event has come in")
    first.kill()
    first.wait()
    stage.lab.deliveries.hooks.clear()  # the next one is told nothing
    second, _ = stage.listen("serve")
    stage.ended(job.id, second)
    assert_exactly_once(stage, job.id)


def silent_first(stage):
    """The model does not answer the first request, ever. -> whether it has come."""
    stage.environment["llm_concurrency_per_review"] = 1  # so that one question is in flight
    gate = threading.Event()  # nobody opens it
    silent = finding(gate=gate)
    rest = finding()
    stage.model.script = lambda received: silent(received) if received.number == 1 else rest(received)
    return lambda: ("asked", 1) in stage.model.events


def test_a_worker_told_to_end_while_the_model_thinks(farm):
    asked = silent_first(farm)
    farm.open()
    worker = farm.start("worker")
    job_id = farm.want()
    farm.until(asked, "the model is asked")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(SHUTDOWN) == 0
    job = farm.job(job_id)
    assert (job.state, job.crashes, job.attempts) == (JobState.WAITING, 0, 0)
    farm.ended(job_id, farm.start("worker"))
    assert_exactly_once(farm, job_id, repeated=1)


def test_everything_in_one_process_told_to_end_while_the_model_thinks(stage):
    asked = silent_first(stage)
    first, _ = stage.listen("serve")
    stage.open()
    stage.until(asked, "the model is asked")
    first.send_signal(signal.SIGTERM)
    assert first.wait(SHUTDOWN) == 0
    [job] = stage.store.jobs.listed()
    assert (job.state, job.crashes, job.attempts) == (JobState.WAITING, 0, 0)
    second, _ = stage.listen("serve")
    stage.ended(job.id, second)
    assert_exactly_once(stage, job.id, repeated=1)


def test_a_review_that_is_given_up_when_a_worker_starts_is_told_on_gitlab(farm):
    """The last crash is counted by the process that takes the dead one's place: no sweep comes across it."""
    farm.open()
    job_id = farm.want()
    farm.flush()
    dead = f"{socket.gethostname()}:{farm.folder / 'data'}#{2**22 + 1}.1#dead"
    assert farm.store.jobs.take(job_id, dead, time.time())
    for _ in range(QUARANTINE_AFTER - 1):
        farm.store.jobs.take_over(dead.__eq__, time.time())
        assert farm.store.jobs.take(job_id, dead, time.time())
    farm.start("worker")
    told = farm.until(farm.statuses, "the status tells of it")
    assert farm.state(job_id) is JobState.QUARANTINED
    assert [(state, "No review" in words) for state, words in told] == [("skipped", True)]
    assert farm.model.requests == []
