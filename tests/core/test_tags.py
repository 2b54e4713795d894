"""Tags name a line's number and check its text; they are read back as models write them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import tags
from reviewbot.model.diff import Line

ADDED, REMOVED, KEPT = Line("+", None, 12, "x = 1"), Line("-", 7, None, "x = 1"), Line(" ", 6, 11, "y = 2")


def test_a_tag_carries_the_new_number_or_the_old_one_with_an_o():
    assert re.fullmatch("12[a-z]{2}", tags.tag(ADDED))
    assert re.fullmatch("o7[a-z]{2}", tags.tag(REMOVED))
    assert re.fullmatch("11[a-z]{2}", tags.tag(KEPT))


def test_the_check_is_of_the_text_alone():
    assert tags.tag(ADDED)[-2:] == tags.tag(REMOVED)[-2:]
    assert tags.tag(ADDED)[-2:] != tags.tag(Line("+", None, 12, "x = 2"))[-2:]


def test_a_rendered_line_is_tag_bar_sign_text():
    assert tags.rendered(REMOVED) == f"{tags.tag(REMOVED)}|-x = 1"
    assert tags.rendered(Line(" ", 6, 11, "")) == f"{tags.tag(Line(' ', 6, 11, ''))}| "


def test_checks_stay_the_same_between_releases():
    """Kept answers name them."""
    assert [tags.check(text) for text in ("", "}", "x = 1", "漢字")] == CHECKS


CHECKS = ["aa", "jk", "ja", "bb"]


@given(st.sampled_from("+- "), st.integers(0, 10**6), st.text(st.characters(exclude_characters="\n"), max_size=40))
def test_every_tag_is_read_back(sign, number, text):
    line = Line(sign, None if sign == "+" else number, None if sign == "-" else number, text)
    side = "old" if sign == "-" else "new"
    assert re.fullmatch("o?[0-9]+[a-z2-7]{2}", tags.tag(line))
    assert tags.parse(tags.tag(line)) == (side, number, tags.tag(line)[-2:])
    assert tags.parse(tags.rendered(line)) == tags.parse(tags.tag(line))


@pytest.mark.parametrize(
    "written", ["12ab", " 12ab ", "12ab|", "12ab|+", "`12ab`", "+12ab", "12AB", '"12ab|"', "[12ab]"]
)
def test_decorations_around_a_tag_are_ignored(written):
    assert tags.parse(written) == ("new", 12, "ab")


@pytest.mark.parametrize(
    "written", ["", "12", "ab", "12abc", "line 12", "12-14ab", "o", "12ab 13cd", "12é2", "1" * 30 + "ab"]
)
def test_what_is_no_tag_is_none(written):
    assert tags.parse(written) is None
