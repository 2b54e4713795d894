"""When jobs are told to the broker."""

import threading
import time

from reviewbot.model.job import Due
from reviewbot.web.telling import Telling


class Broker:
    """Keeps what it was told, and when. Told of `last`, it sets `all_told`."""

    def __init__(self, last=None):
        self.told, self.kinds, self.last, self.all_told = [], [], last, threading.Event()

    def take(self, job_id, kind):
        self.told.append((job_id, time.time()))
        self.kinds.append(kind)
        if job_id == self.last:
            self.all_told.set()


def test_a_job_is_told_once_and_not_before_the_time_to_which_the_last_push_moved_it():
    broker, now = Broker(last=2), time.time()
    telling = Telling(broker.take)
    telling.start()
    telling.tell([Due(1, now + 0.05), Due(2, now + 0.3)])
    telling.tell([Due(1, now + 0.2)])
    assert broker.all_told.wait(30)
    telling.stop()
    assert [job_id for job_id, _ in broker.told] == [1, 2]
    assert all(at >= now + wait for (_, at), wait in zip(broker.told, (0.2, 0.3), strict=True))


def test_a_job_that_may_begin_at_once_overtakes_the_ones_that_wait():
    broker, now = Broker(last=2), time.time()
    telling = Telling(broker.take)
    telling.start()
    telling.tell([Due(1, now + 3600), Due(2, now + 3600)])
    telling.tell([Due(2, now)])
    assert broker.all_told.wait(30)
    assert [job_id for job_id, _ in broker.told] == [2]
    telling.stop()


def test_at_the_end_all_is_told_that_still_waits():
    broker, now = Broker(), time.time()
    telling = Telling(broker.take)
    telling.start()
    telling.tell([Due(1, now + 3600), Due(2, now + 7200, "command")])
    telling.stop()
    assert [job_id for job_id, _ in broker.told] == [1, 2]
    assert broker.kinds == ["review", "command"]


def test_a_broker_that_breaks_is_told_of_the_next_job_all_the_same():
    broker = Broker(last=2)

    def take(job_id, kind):
        if job_id == 1:
            raise ConnectionError("gone")
        broker.take(job_id, kind)

    telling = Telling(take)
    telling.start()
    telling.tell([Due(1, 0.0), Due(2, 1.0)])
    assert broker.all_told.wait(30)
    telling.stop()
