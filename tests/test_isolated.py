"""Pure functions in processes that can be ended."""

import os
import time

import psutil
import pytest

from reviewbot.core import syntax
from reviewbot.errors import TooHard
from reviewbot.isolated import Isolated


@pytest.fixture(scope="module")
def isolated():
    pool = Isolated(processes=1, seconds=3)
    yield pool
    pool.close()


def test_a_function_runs_in_another_process(isolated):
    assert isolated.run(os.getpid) != os.getpid()
    assert isolated.run(syntax.borders, "def f():\n    pass\n", "python") == (1,)


def test_a_warm_pool_has_its_processes_before_the_first_call():
    pool = Isolated(processes=1, seconds=20)
    pool.warm(syntax.borders)
    children = {child.pid for child in psutil.Process().children()}
    assert pool.run(os.getpid) in children
    pool.close()


def test_an_error_of_the_function_comes_back(isolated):
    with pytest.raises(ZeroDivisionError):
        isolated.run(divmod, 1, 0)


def test_what_does_not_end_is_ended_and_the_next_call_works(isolated):
    with pytest.raises(TooHard, match="longer than 3 s"):
        isolated.run(time.sleep, 600)
    assert isolated.run(abs, -1) == 1


def test_a_process_that_dies_is_told_and_replaced(isolated):
    with pytest.raises(TooHard):
        isolated.run(os._exit, 3)
    assert isolated.run(abs, -1) == 1


def test_memory_is_bounded():
    pool = Isolated(processes=1, seconds=20, memory=1 << 30)
    with pytest.raises(TooHard):
        pool.run(bytearray, 2 << 30)
    pool.close()


def test_a_closed_pool_opens_again(isolated):
    isolated.close()
    assert isolated.run(abs, -1) == 1
