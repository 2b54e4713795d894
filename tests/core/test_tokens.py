"""Counting works offline, on any text."""

import pytest

from reviewbot.core.tokens import Counter


@pytest.fixture(scope="module")
def counter():
    return Counter()


def test_known_counts(counter):
    assert counter.count("") == 0
    assert counter.count("hello world") == 2
    assert counter.count("def count(self, text: str) -> int:\n    return 42\n") == 16


def test_a_lone_surrogate_is_counted_like_another_character(counter):
    assert counter.count("a\udce9b") == counter.count("a?b")


def test_lines_counted_alone_are_a_fair_upper_estimate_of_the_whole(counter):
    lines = [f"{n}ab|+    value_{n} = compute({n}, name='x')\n" for n in range(1, 400)]
    whole = counter.count("".join(lines))
    assert whole <= sum(map(counter.count, lines)) <= whole * 1.05
