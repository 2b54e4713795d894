"""The brakes of a run."""

import threading

import pytest

from reviewbot.control import Control
from reviewbot.errors import Cancelled, DeadlineExceeded, LeaseLost, Superseded


def test_a_run_without_limits_goes_on():
    control = Control()
    control.check()
    control.confirm()
    assert control.remaining() == float("inf")


def test_the_first_reason_to_stop_is_the_one_that_is_raised():
    control = Control()
    control.stop(Superseded("newer"))
    control.stop(Cancelled("shutdown"))
    assert control.stopped
    with pytest.raises(Superseded):
        control.check()


def test_time_that_is_over_stops_the_run():
    with pytest.raises(DeadlineExceeded):
        Control(0).check()


def test_a_run_whose_time_is_over_may_be_given_time_to_write():
    control = Control(0)
    control.extend(60)
    control.check()
    assert control.remaining() > 50


def test_extending_never_shortens_and_does_not_limit_what_had_no_limit():
    control = Control(600)
    control.extend(1)
    assert control.remaining() > 500
    unlimited = Control()
    unlimited.extend(1)
    assert unlimited.remaining() == float("inf")


def test_a_stopped_sleep_wakes_up_and_raises():
    control = Control()
    threading.Timer(0.01, control.stop, [Cancelled("shutdown")]).start()
    with pytest.raises(Cancelled):
        control.sleep(60)


def test_a_sleep_past_the_end_of_time_raises():
    with pytest.raises(DeadlineExceeded):
        Control(0.01).sleep(60)


def test_the_guard_is_asked_before_a_write_only():
    def guard():
        raise LeaseLost("another worker")

    control = Control(guard=guard)
    control.check()
    with pytest.raises(LeaseLost):
        control.confirm()


def test_a_part_has_less_time_and_the_same_brakes():
    whole = Control(600)
    part = whole.within(60)
    assert 50 < part.remaining() <= 60
    assert Control().within(60).remaining() <= 60
    assert Control(5).within(60).remaining() <= 5
    whole.stop(Cancelled("shutdown"))
    with pytest.raises(Cancelled):
        part.check()
