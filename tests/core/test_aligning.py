"""Which line of one version is which of the next."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.core.aligning import align

LINES = st.lists(st.sampled_from("abcdefgh") | st.integers(0, 500), max_size=80)


@given(LINES, LINES)
@settings(max_examples=200, deadline=None)
def test_only_equal_lines_are_matched_and_the_order_stays(earlier, later):
    found = align(earlier, later)
    assert all(earlier[i] == later[j] for i, j in found.items())
    pairs = sorted(found.items())
    assert all(first[1] < second[1] for first, second in pairwise(pairs))


@given(LINES)
def test_a_sequence_is_itself(lines):
    assert align(lines, lines) == {index: index for index in range(len(lines))}


@given(st.integers(0, 60), st.integers(0, 5), st.integers(0, 5))
def test_distinct_lines_around_an_edit_keep_their_partner(at, cut, put):
    earlier = list(range(60))
    later = [*earlier[:at], *(-1 - number for number in range(put)), *earlier[at + cut :]]
    kept = [*earlier[:at], *earlier[at + cut :]]
    assert {earlier[i] for i in align(earlier, later)} == set(kept)


def test_equal_lines_between_distinct_ones_are_matched_within_their_stretch():
    assert align([1, "}", 2, "}", 3], [0, "}", 1, "}", 2, 5, "}", 3]) == {0: 2, 1: 3, 2: 4, 3: 6, 4: 7}


def test_a_long_stretch_of_equal_lines_is_left_at_its_common_ends():
    assert align(["x"] * 5_000, ["y", *["x"] * 5_000, "y"]) == {}
    assert align([0, *["x"] * 5_000], [0, *["y"] * 5_000]) == {0: 0}
