import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import context
from reviewbot.model.diff import Change, FileDiff, Hunk, Line

TEXT = """\
import os


class Shop:
    name = "x"

    @property
    def total(self):
        result = 0
        for item in self.items:
            result += item.price
        return result

    def close(self):
        self.open = False
        self.log("closed")


def main():
    Shop().close()
    return 0
"""


def touching(text, *numbers, around=0, path="a.py", change=Change.MODIFIED):
    """A change that added the given lines of `text`, one hunk for each, with some context lines."""
    lines = text.split("\n")
    hunks, added = [], 0
    for number in numbers:
        made = []
        for at in range(max(1, number - around), min(len(lines), number + around) + 1):
            made.append(Line("+" if at == number else " ", None if at == number else at - added, at, lines[at - 1]))
            added += at == number
        old = [line.old for line in made if line.old]
        hunks.append(Hunk(old[0] if old else 0, len(old), made[0].new, len(made), "", tuple(made)))
    return FileDiff(path, path, change, hunks=tuple(hunks))


def around(file, text=TEXT, budget=10_000):
    return [(one.name, one.start, one.end) for one in context.enclosing(file, text, budget, len)]


def test_smallest_definition_around_each_change():
    assert around(touching(TEXT, 11, 19)) == [("total", 7, 12), ("main", 19, 21)]


def test_text_is_the_definition_with_its_decorators():
    (one,) = context.enclosing(touching(TEXT, 11), TEXT, 10_000, len)
    assert one.text == "\n".join(TEXT.split("\n")[6:12])
    assert one.path == "a.py"


def test_two_changes_in_one_function_give_it_once():
    assert around(touching(TEXT, 9, 11)) == [("total", 7, 12)]


def test_change_of_the_class_takes_in_its_methods():
    assert around(touching(TEXT, 5, 11)) == [("Shop", 4, 16)]


def test_change_outside_of_definitions_has_none():
    assert around(touching(TEXT, 1)) == []


def test_a_new_method_and_the_blank_line_behind_it_do_not_bring_the_whole_class():
    lines = TEXT.split("\n")
    added = tuple(Line("+", None, number, lines[number - 1]) for number in range(14, 18))
    before, behind = Line(" ", 13, 13, lines[12]), Line(" ", 14, 18, lines[17])
    file = FileDiff("a.py", "a.py", Change.MODIFIED, (Hunk(13, 2, 13, 6, "", (before, *added, behind)),))
    assert context.enclosing(file, TEXT, 1_000, len) == ()


def test_removed_lines_stand_where_they_were():
    lines = (Line(" ", 15, 15, "        self.open = False"), Line("-", 16, None, "        gone()"))
    file = FileDiff("a.py", "a.py", Change.MODIFIED, hunks=(Hunk(15, 2, 15, 1, "", lines),))
    assert around(file) == [("close", 14, 16)]


def test_removal_without_any_context_stands_after_the_line_it_names():
    file = FileDiff("a.py", "a.py", Change.MODIFIED, hunks=(Hunk(10, 1, 9, 0, "", (Line("-", 10, None, "x"),)),))
    assert around(file) == [("total", 7, 12)]


def test_what_the_diff_shows_whole_is_left_out():
    assert around(touching(TEXT, 20, around=1)) == []


@pytest.mark.parametrize(
    "file",
    [
        touching(TEXT, 11, change=Change.ADDED),
        touching(TEXT, 11, path="a.txt"),
        touching(TEXT, 11, path="a.sql"),
        touching(TEXT.replace("price", "cost"), 11),
        FileDiff("a.py", "a.py", Change.MODE),
    ],
)
def test_nothing_to_tell_is_nothing(file):
    assert around(file) == []


def test_text_that_does_not_parse_still_gives_what_it_can():
    assert context.enclosing(touching(TEXT + "def (:\n", 20), TEXT + "def (:\n", 1_000, len) != ()


LONG = "def long(a):\n" + "".join(f"    step_{number}()\n" for number in range(200))


def test_long_function_is_clipped_to_its_head_and_what_is_near():
    (one,) = context.enclosing(touching(LONG, 100), LONG, 200, len)
    assert one.text.split("\n") == [
        "def long(a):",
        "... (94 lines left out)",
        *(f"    step_{number}()" for number in range(94, 103)),
        "... (97 lines left out)",
    ]
    assert (one.start, one.end) == (1, 201)
    assert len(one.text) <= 200


def test_budget_too_small_for_the_head_gives_nothing():
    assert around(touching(LONG, 100), LONG, budget=10) == []
    assert around(touching(LONG, 100), LONG, budget=0) == []


def test_a_clipped_one_that_repeats_the_diff_is_left_out():
    body = [f"    value = value + {number} * factor" for number in range(40)]
    text = "\n".join(["def wide(value):", *body, ""])
    file = touching(text, 20, around=3)
    headed = replace(file, hunks=tuple(replace(hunk, section="def wide(value):") for hunk in file.hunks))
    assert around(headed, text, budget=200) == []
    assert around(headed, text, budget=600) == [("wide", 1, 41)]
    assert around(file, text, budget=200) == [("wide", 1, 41)]  # the diff does not show its head


def test_what_a_small_one_leaves_goes_to_the_large_one():
    text = LONG + "def small():\n    a()\n    b()\n"
    sizes = [len(one.text) for one in context.enclosing(touching(text, 100, 203), text, 600, len)]
    assert len(sizes) == 2
    assert 400 < sum(sizes) <= 600


def test_very_long_line_is_cut():
    text = "def f():\n    x = 1\n    y = '" + " ".join(map(str, range(1_000))) + "'\n    return y\n"
    (one,) = context.enclosing(touching(text, 2), text, 10_000, len)
    assert max(map(len, one.text.split("\n"))) < 500


PARTS = st.sampled_from(["class A:", "def f():", "    def m(self):", "        x = 1", "    y()", "", "z", "    return"])


@given(
    st.lists(PARTS, min_size=1, max_size=40),
    st.data(),
    st.integers(0, 300),
    st.sampled_from([len, lambda t: len(t.split())]),
)
def test_context_is_bounded_and_disjoint(lines, data, budget, count):
    text = "\n".join(lines)
    numbers = sorted(data.draw(st.sets(st.integers(1, len(lines)), min_size=1, max_size=4)))
    found = context.enclosing(touching(text, *numbers), text, budget, count)
    assert sum(count(one.text) for one in found) <= budget
    for one in found:
        assert 1 <= one.start <= one.end <= len(lines)
        assert any(one.start <= number <= one.end for number in numbers)
        assert lines[one.start - 1] == one.text.split("\n")[0]
    assert all(before.end < after.start for before, after in itertools.pairwise(found))
