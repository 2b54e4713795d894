"""Which leases a starting process may take over."""

import os
import subprocess
import sys

import pytest

from reviewbot.worker.owners import dead_judge, new_owner

NODE = "host:/data#1"


@pytest.fixture
def dead():
    return dead_judge(new_owner(NODE))


def owner_of_another_process(end):
    """The owner name that another process gave itself; it has ended, or waits for a line."""
    code = (
        "import sys; from reviewbot.worker.owners import new_owner; print(new_owner(sys.argv[1]), flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, NODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    name = process.stdout.readline().strip()
    if end:
        process.communicate("\n")
    return name, process


def test_a_dead_process_of_my_node_is_dead(dead):
    name, _ = owner_of_another_process(end=True)
    assert dead(name)


def test_a_living_process_of_my_node_is_not(dead):
    name, process = owner_of_another_process(end=False)
    assert not dead(name)
    process.communicate("\n")
    assert dead(name)


def test_a_number_that_another_process_has_now_is_dead(dead):
    assert dead(f"{NODE}#{os.getppid()}.1#abcd")


def test_my_own_number_under_another_nonce_was_my_predecessor(dead):
    assert dead(new_owner(NODE))


def test_i_am_alive():
    mine = new_owner(NODE)
    assert not dead_judge(mine)(mine)


@pytest.mark.parametrize("owner", ["elsewhere#1.1#abcd", "", "nonsense", "a#b", f"{NODE}#x#y"])
def test_of_others_nothing_is_known(dead, owner):
    assert not dead(owner)
