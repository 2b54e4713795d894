"""Taking, keeping and giving back jobs; crashes."""

import threading

import pytest

from reviewbot.db.crashes import ALONE_AFTER, QUARANTINE_AFTER
from reviewbot.db.runs import Runs
from reviewbot.errors import LeaseLost
from reviewbot.model.event import Closed, CommandGiven, Delivery, ReviewWanted
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome

REF = MergeRequestRef(7, 3)


def want(jobs, head="a", iid=3, now=0.0, trigger="opened"):
    return jobs.want(ReviewWanted(MergeRequestRef(7, iid), head, trigger), now)


def crash(jobs, job_id, now, *steps):
    """One run that gets to `steps`, and whose worker then vanishes; how the job stands afterwards."""
    _, lease = jobs.take(job_id, "worker", now)
    for step in steps:
        jobs.progress(lease, step)
    jobs.reap(now + 61)
    return jobs.get(job_id)


def race(count, work):
    """Run `work(i)` in threads that start together; the results, exceptions included."""
    ready = threading.Barrier(count)
    results = [None] * count

    def one(index):
        ready.wait()
        try:
            results[index] = work(index)
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_job_is_taken_once(jobs):
    job_id = want(jobs)
    job, lease = jobs.take(job_id, "one", 0.0)
    assert (job.state, job.started_at, lease.fence, lease.owner) == (JobState.RUNNING, 0.0, 1, "one")
    assert jobs.take(job_id, "two", 1.0) is None


def test_a_job_is_not_taken_before_it_is_due_nor_when_it_does_not_exist(jobs):
    job_id = want(jobs, trigger="pushed")
    assert jobs.take(job_id, "one", 2.9) is None
    assert jobs.take(job_id + 1, "one", 99.0) is None
    assert jobs.take(job_id, "one", 3.0) is not None


def test_of_many_takers_one_gets_the_job(jobs):
    job_id = want(jobs)
    results = race(8, lambda index: jobs.take(job_id, f"worker{index}", 0.0))
    assert sum(1 for taken in results if taken) == 1
    assert not [taken for taken in results if isinstance(taken, Exception)]


def test_of_many_deliveries_of_one_event_one_counts(jobs):
    event = ReviewWanted(REF, "a", "opened")
    results = race(8, lambda _: jobs.receive("key", "h", b"{}", event, 0.0))
    assert sum(1 for answer in results if isinstance(answer, int)) == 1
    assert results.count(None) == 7
    assert jobs.counts()[JobState.WAITING] == 1


def test_many_events_of_one_merge_request_at_once_make_one_waiting_job(jobs):
    results = race(8, lambda index: jobs.receive(f"k{index}", "h", b"{}", ReviewWanted(REF, f"{index}", "opened"), 0.0))
    assert not [answer for answer in results if not isinstance(answer, int)]
    assert len(set(results)) == 1
    assert jobs.counts()[JobState.WAITING] == 1


def test_batches_that_share_merge_requests_in_other_orders_do_not_block_each_other(jobs):
    def batch(index):
        refs = range(20) if index % 2 else range(19, -1, -1)
        events = [ReviewWanted(MergeRequestRef(1, iid), f"{index}", "opened") for iid in refs]
        return jobs.receive_many([Delivery(f"{index}/{event.ref.iid}", "h", b"{}", event) for event in events], 0.0)

    assert not [answer for answer in race(6, batch) if not isinstance(answer, list)]
    assert jobs.counts()[JobState.WAITING] == 20


def test_takers_and_pushes_at_once_leave_one_running_and_at_most_one_waiting(jobs):
    job_id = want(jobs, head="0")

    def work(index):
        if index % 2:
            return jobs.take(job_id, f"worker{index}", 99.0)
        return jobs.want(ReviewWanted(REF, f"{index}", "pushed"), 0.0)

    assert not [answer for answer in race(8, work) if isinstance(answer, Exception)]
    counts = jobs.counts()
    assert (counts[JobState.RUNNING], counts[JobState.WAITING] <= 1) == (1, True)


def test_a_renewed_lease_does_not_run_out(jobs):
    _, lease = jobs.take(want(jobs), "one", 0.0)
    assert jobs.renew(lease, 50.0)
    assert jobs.reap(100.0) == []
    jobs.guard(lease)


def test_an_expired_job_goes_to_another_worker_and_the_first_may_write_nothing_more(jobs):
    job_id = want(jobs)
    _, old = jobs.take(job_id, "one", 0.0)
    assert list(jobs.due(59.0)) == []
    assert list(jobs.due(60.0)) == [job_id]
    with pytest.raises(LeaseLost):
        jobs.guard(old)
    _, new = jobs.take(job_id, "two", 60.0)
    assert new.fence == old.fence + 1
    assert not jobs.renew(old, 61.0)
    for write in (
        lambda: jobs.guard(old),
        lambda: jobs.progress(old, "late"),
        lambda: jobs.retry(old, "late", 99.0),
        lambda: jobs.finish(old, Outcome("done"), 62.0),
    ):
        with pytest.raises(LeaseLost):
            write()
    jobs.release(old)
    jobs.guard(new)
    assert jobs.get(job_id).state is JobState.RUNNING


def test_a_released_job_waits_again_without_counting(jobs):
    job_id = want(jobs)
    jobs.release(jobs.take(job_id, "one", 5.0)[1])
    job = jobs.get(job_id)
    assert (job.state, job.attempts, job.crashes) == (JobState.WAITING, 0, 0)
    assert list(jobs.due(5.0)) == [job_id]


def test_a_retried_job_waits_until_it_is_due_with_its_reason(jobs):
    job_id = want(jobs)
    jobs.retry(jobs.take(job_id, "one", 0.0)[1], "GitLab is down", 30.0)
    job = jobs.get(job_id)
    assert (job.state, job.attempts, job.reason) == (JobState.WAITING, 1, "GitLab is down")
    assert (list(jobs.due(29.0)), list(jobs.due(30.0))) == ([], [job_id])


@pytest.mark.parametrize("end", ["retry", "release", "crash"])
def test_a_run_that_falls_back_while_a_newer_head_waits_ends_as_superseded(jobs, end):
    old = want(jobs, "a")
    _, lease = jobs.take(old, "one", 0.0)
    new = want(jobs, "b", now=1.0)
    if end == "retry":
        jobs.retry(lease, "GitLab is down", 30.0)
    elif end == "release":
        jobs.release(lease)
    else:
        jobs.reap(61.0)
    assert jobs.get(old).state is JobState.SUPERSEDED
    assert list(jobs.due(61.0)) == [new]


@pytest.mark.parametrize("end", ["retry", "release", "crash"])
@pytest.mark.parametrize(("trigger", "explicit"), [("reviewer", True), ("pushed", False)])
def test_a_run_that_falls_back_hands_its_wishes_to_a_strangers_waiting_command(jobs, end, trigger, explicit):
    event = ReviewWanted(REF, "a", trigger, path="g/p", title="T", author="ann", explicit=explicit)
    _, lease = jobs.take(jobs.want(event, 0.0), "one", 3.0)
    strangers = jobs.want(CommandGiven(REF, "review", "", 66, "stranger", 9, "d", "a"), 4.0)
    assert jobs.get(strangers).trigger == "command"
    if end == "retry":
        jobs.retry(lease, "GitLab is down", 30.0)
    elif end == "release":
        jobs.release(lease)
    else:
        jobs.reap(64.0)
    job = jobs.get(strangers)
    assert (job.state, job.trigger, job.explicit) == (JobState.WAITING, trigger, explicit)
    assert ([given.note_id for given in job.commands], job.title, job.author) == ([9], "T", "ann")


def test_a_run_that_falls_back_keeps_the_commands_that_it_was_asked_by(jobs):
    asked = CommandGiven(REF, "review", "", 5, "member", 8, "d", "a")
    _, lease = jobs.take(jobs.want(asked, 0.0), "one", 0.0)
    later = jobs.want(CommandGiven(REF, "review", "", 66, "stranger", 9, "d", "a"), 1.0)
    jobs.release(lease)
    assert [given.note_id for given in jobs.get(later).commands] == [8, 9]


@pytest.mark.parametrize("end", ["retry", "release", "crash"])
def test_a_run_that_falls_back_after_its_merge_request_was_closed_does_not_come_again(jobs, end):
    job_id = want(jobs)
    _, lease = jobs.take(job_id, "one", 0.0)
    jobs.want(Closed(REF, "merged"), 1.0)
    if end == "retry":
        jobs.retry(lease, "GitLab is down", 30.0)
    elif end == "release":
        jobs.release(lease)
    else:
        jobs.reap(61.0)
    assert (jobs.get(job_id).state, jobs.get(job_id).reason) == (JobState.SUPERSEDED, "The merge request was merged")
    assert list(jobs.due(99.0)) == []


def test_stops_of_many_runs_are_asked_at_once(jobs):
    leases = [jobs.take(want(jobs, iid=iid), "one", 0.0)[1] for iid in (1, 2, 3)]
    want(jobs, "b", iid=2, now=1.0)
    jobs.release(leases[2])
    assert {job_id: type(stop).__name__ for job_id, stop in jobs.stops(leases).items()} == {
        leases[1].job_id: "Superseded",
        leases[2].job_id: "LeaseLost",
    }


def test_a_crash_after_new_progress_does_not_count(jobs):
    job_id = want(jobs)
    assert crash(jobs, job_id, 0.0, "snapshot", "diff").crashes == 0
    assert crash(jobs, job_id, 100.0, "snapshot", "diff", "ask 1/2").crashes == 0
    assert crash(jobs, job_id, 200.0, "snapshot", "diff", "ask 1/2").crashes == 1


def test_going_through_the_same_steps_again_is_no_progress(jobs):
    job_id = want(jobs)
    crashes = [crash(jobs, job_id, now, "snapshot", "diff").crashes for now in (0.0, 100.0, 200.0, 300.0)]
    assert crashes == [0, 1, 2, 3]


def test_a_job_that_takes_its_process_down_runs_alone_and_is_quarantined_in_the_end(jobs, database):
    job_id = want(jobs)
    states = [crash(jobs, job_id, 100.0 * n) for n in range(QUARANTINE_AFTER)]
    assert [job.alone for job in states] == [n + 1 >= ALONE_AFTER for n in range(QUARANTINE_AFTER)]
    assert [job.state for job in states[:-1]] == [JobState.WAITING] * (QUARANTINE_AFTER - 1)
    last = states[-1]
    assert last.state is JobState.QUARANTINED
    assert "@reviewbot review" in last.reason
    assert list(jobs.due(9999.0)) == []
    assert [(run.state, run.reason) for run in Runs(database).of_job(job_id)] == [("failed", last.reason)]


def test_a_quarantined_job_runs_again_on_command_with_a_clean_slate(jobs):
    job_id = want(jobs)
    for n in range(QUARANTINE_AFTER):
        crash(jobs, job_id, 100.0 * n)
    assert jobs.requeue(job_id, 1000.0) == job_id
    job = jobs.get(job_id)
    assert (job.state, job.crashes, job.alone, job.explicit) == (JobState.WAITING, 0, False, True)
    assert crash(jobs, job_id, 1000.0, "snapshot").crashes == 0


def test_requeueing_a_running_or_unknown_job_does_nothing_and_an_old_one_hurries_the_waiting_one(jobs):
    old = want(jobs, "a")
    _, lease = jobs.take(old, "one", 0.0)
    assert (jobs.requeue(old, 1.0), jobs.requeue(old + 99, 1.0)) == (None, None)
    jobs.finish(lease, Outcome("failed", "x"), 2.0)
    new = want(jobs, "b", now=3.0, trigger="pushed")
    assert jobs.requeue(old, 4.0) == new
    assert jobs.get(new).due_at == 4.0


def test_requeueing_beside_a_strangers_waiting_command_does_not_hang_on_the_stranger(jobs):
    old = want(jobs)
    jobs.finish(jobs.take(old, "one", 0.0)[1], Outcome("failed", "x"), 1.0)
    waiting = jobs.want(CommandGiven(REF, "review", "", 66, "stranger", 9, "d", "a"), 2.0)
    assert jobs.requeue(old, 3.0) == waiting
    assert (jobs.get(waiting).trigger, jobs.get(waiting).explicit) == ("cli", True)


def test_a_newer_head_is_another_chance(jobs):
    job_id = want(jobs)
    for n in range(ALONE_AFTER):
        crash(jobs, job_id, 100.0 * n)
    want(jobs, "b", now=500.0)
    assert (jobs.get(job_id).crashes, jobs.get(job_id).alone) == (0, False)


def make_alone(jobs, iid):
    job_id = want(jobs, iid=iid)
    for n in range(ALONE_AFTER):
        crash(jobs, job_id, 100.0 * n)
    assert jobs.get(job_id).alone
    return job_id


def test_a_dangerous_job_waits_for_its_process_to_be_empty_and_nothing_new_begins_there(jobs):
    dangerous = make_alone(jobs, 1)
    _, lease = jobs.take(want(jobs, iid=2), "busy", 1000.0)
    other = want(jobs, iid=4)
    assert jobs.take(dangerous, "busy", 1000.0) is None
    assert jobs.take(other, "busy", 1001.0) is None, "its place is reserved"
    jobs.finish(lease, Outcome("done"), 1002.0)
    _, held = jobs.take(dangerous, "busy", 1003.0)
    assert jobs.take(other, "busy", 1004.0) is None, "it runs alone"
    assert jobs.take(other, "elsewhere", 1004.0) is not None
    jobs.finish(held, Outcome("done"), 1005.0)


def test_an_idle_process_takes_a_dangerous_job_at_once_and_a_reservation_runs_out(jobs):
    dangerous = make_alone(jobs, 1)
    jobs.take(want(jobs, iid=2), "busy", 1000.0)
    assert jobs.take(dangerous, "busy", 1000.0) is None
    assert jobs.take(want(jobs, iid=4), "busy", 1061.0) is not None
    assert jobs.take(dangerous, "idle", 1062.0) is not None


def test_a_process_takes_over_from_its_dead_predecessor_at_once(jobs):
    mine, others = want(jobs, iid=1), want(jobs, iid=2)
    jobs.take(mine, "node#1#dead", 0.0)
    jobs.take(others, "elsewhere#1#x", 0.0)
    freed = jobs.take_over(lambda owner: owner == "node#1#dead", 1.0)
    assert [(job.id, job.state, job.crashes) for job in freed] == [(mine, JobState.WAITING, 1)]
    assert list(jobs.due(1.0)) == [mine]
    assert jobs.get(others).state is JobState.RUNNING


def test_jobs_are_listed_newest_first_and_counted_by_state(jobs):
    first, second = want(jobs, iid=1), want(jobs, iid=2)
    jobs.take(second, "one", 0.0)
    assert [job.id for job in jobs.listed()] == [second, first]
    assert [job.id for job in jobs.listed(JobState.WAITING)] == [first]
    counts = jobs.counts()
    assert set(counts) == set(JobState)
    assert (counts[JobState.WAITING], counts[JobState.RUNNING], counts[JobState.DONE]) == (1, 1, 0)
