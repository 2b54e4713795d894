"""Who leads a prefix, who waits behind it, and when it counts as read."""

import pytest

from reviewbot.asking.leading import READ_PER_SECOND, Leading
from reviewbot.model.prompt import Prefix

OUTER, INNER, OTHER = Prefix("merge request", READ_PER_SECOND), Prefix("chunk 1", 5 * READ_PER_SECOND), Prefix("2", 9)


@pytest.fixture
def leading():
    return Leading()


def test_without_a_prefix_nobody_waits(leading):
    assert leading.enter("a", ())
    assert leading.enter("b", ())
    assert leading.next_read() == float("inf")


def test_siblings_wait_for_the_first_token(leading):
    assert leading.enter("a", (OUTER,))
    assert not leading.enter("b", (OUTER,))
    assert leading.warmed("b", (OUTER,)) == []
    assert leading.warmed("a", (OUTER,)) == ["b"]
    assert leading.enter("b", (OUTER,))
    assert leading.enter("c", (OUTER,))


def test_a_prefix_counts_as_read_so_long_after_its_leader_was_sent(leading):
    leading.enter("a", (OUTER, INNER))
    leading.enter("b", (OUTER, OTHER))
    assert leading.read(1e9) == []  # the leader waits for its turn: nobody has read anything
    leading.sent("a", (OUTER, INNER), 100.0)
    assert leading.next_read() == 101.0
    assert leading.read(100.9) == []
    assert leading.read(101.0) == ["b"]
    assert leading.next_read() == 105.0


def test_a_request_that_is_sent_again_is_read_again(leading):
    leading.enter("a", (OUTER,))
    leading.enter("b", (OUTER,))
    leading.sent("a", (OUTER,), 100.0)
    leading.sent("a", (OUTER,), 103.0)
    assert leading.read(103.9) == []
    assert leading.read(104.0) == ["b"]


def test_only_the_leader_says_when_it_was_sent(leading):
    leading.enter("a", (OUTER,))
    leading.sent("b", (OUTER,), 100.0)
    assert leading.next_read() == float("inf")


def test_a_leader_that_ends_without_a_token_hands_on(leading):
    for name in "abc":
        leading.enter(name, (OUTER,))
    assert leading.ended("a", (OUTER,)) == ["b", "c"]
    assert [leading.enter(name, (OUTER,)) for name in "bc"] == [True, False]


def test_behind_the_outer_prefix_the_first_of_an_inner_one_leads_it(leading):
    assert leading.enter("a1", (OUTER, INNER))
    waiting = {"a2": (OUTER, INNER), "b1": (OUTER, OTHER), "b2": (OUTER, OTHER)}
    assert not any(leading.enter(name, prefixes) for name, prefixes in waiting.items())
    leading.sent("a1", (OUTER, INNER), 0.0)
    freed = leading.read(1.0)
    assert freed == ["a2", "b1", "b2"]
    assert [leading.enter(name, waiting[name]) for name in freed] == [False, True, False]
    assert leading.warmed("a1", (OUTER, INNER)) == ["a2"]


def test_those_that_wait_are_dropped_once(leading):
    for name in "abc":
        leading.enter(name, (OUTER,))
    assert leading.drop() == ["b", "c"]
    assert leading.drop() == leading.ended("a", (OUTER,)) == []
