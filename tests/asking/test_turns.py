import threading
from concurrent.futures import CancelledError, wait

import pytest

from reviewbot.asking.turns import FairExecutor
from reviewbot.errors import Cancelled


def test_a_large_lane_does_not_starve_small_ones():
    executor, order, started, gate = FairExecutor(1), [], threading.Event(), threading.Event()
    with executor.lane(8) as large, executor.lane(8) as small, executor.lane(8) as other:
        first = large.submit(lambda: started.set() or gate.wait())
        started.wait()
        jobs = [large.submit(lambda: order.append("large")) for _ in range(20)]
        jobs += [small.submit(lambda: order.append("small")) for _ in range(2)]
        jobs += [other.submit(lambda: order.append("other")) for _ in range(2)]
        gate.set()
        wait([first, *jobs])
    assert order == ["large", "small", "other"] * 2 + ["large"] * 18
    assert executor.close(wait=5)


def test_a_lane_stays_within_its_limit_and_the_pool_within_its_own():
    executor, lock = FairExecutor(4), threading.Lock()
    running, most = {"a": 0, "b": 0}, {"a": 0, "b": 0, "all": 0}

    def job(name):
        with lock:
            running[name] += 1
            most[name] = max(most[name], running[name])
            most["all"] = max(most["all"], sum(running.values()))
        threading.Event().wait(0.002)
        with lock:
            running[name] -= 1

    with executor.lane(2) as a, executor.lane(9) as b:
        wait([lane.submit(lambda name=name: job(name)) for _ in range(40) for lane, name in ((a, "a"), (b, "b"))])
    assert most["a"] <= 2
    assert most["all"] <= 4
    assert executor.close(wait=5)


def test_jobs_that_need_each_other_run_at_once_within_the_limit():
    executor, barrier = FairExecutor(6), threading.Barrier(6)
    with executor.lane(3) as a, executor.lane(3) as b:
        jobs = [lane.submit(barrier.wait) for lane in (a, b) for _ in range(3)]
        assert sorted(job.result() for job in jobs) == [0, 1, 2, 3, 4, 5]
    assert executor.close(wait=5)


def test_threads_that_fell_idle_serve_jobs_that_come_together():
    executor, barrier = FairExecutor(4), threading.Barrier(4)
    for _ in range(20):
        with executor.lane(4) as lane:
            wait([lane.submit(barrier.wait) for _ in range(4)])
    assert len(executor._threads) == 4
    assert executor.close(wait=5)


def test_no_thread_is_made_before_there_is_a_job():
    executor = FairExecutor(4)
    with executor.lane(4):
        assert executor._threads == []


def test_an_error_arrives_where_the_result_is_awaited():
    def fail():
        raise KeyError("x")

    executor = FairExecutor(1)
    with executor.lane(1) as lane:
        with pytest.raises(KeyError):
            lane.submit(fail).result()
        assert lane.submit(lambda: "alive").result() == "alive"
    executor.close(wait=5)


def test_a_job_must_not_submit():
    executor = FairExecutor(1)
    with executor.lane(1) as lane, pytest.raises(RuntimeError, match="must not submit"):
        lane.submit(lambda: lane.submit(print)).result()
    executor.close(wait=5)


def test_the_end_of_a_lane_drops_what_waits_and_leaves_others_alone():
    executor, started, gate = FairExecutor(1), threading.Event(), threading.Event()
    with executor.lane(1) as other:
        with executor.lane(1) as lane:
            running, waiting = lane.submit(lambda: started.set() or gate.wait()), lane.submit(print)
            started.wait()
            kept = other.submit(lambda: "kept")
        gate.set()
        assert running.result() is True
        assert kept.result() == "kept"
        with pytest.raises(CancelledError):
            waiting.result()
        with pytest.raises(RuntimeError, match="closed"):
            lane.submit(print)
    executor.close(wait=5)


def test_closing_cancels_what_waits_and_tells_whether_all_has_ended():
    executor, started, gate = FairExecutor(1), threading.Event(), threading.Event()
    with executor.lane(1) as lane:
        running, waiting = lane.submit(lambda: started.set() or gate.wait()), lane.submit(print)
        started.wait()
        assert executor.close() is False
        assert waiting.cancelled()
        with pytest.raises(Cancelled):
            lane.submit(print)
        gate.set()
        assert running.result() is True
    assert executor.close(wait=5) is True


def test_a_pool_without_threads_is_refused():
    with pytest.raises(ValueError, match="one thread"):
        FairExecutor(0)
