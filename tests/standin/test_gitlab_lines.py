"""GitLab's line numbers against git's: equal but where its parser slips."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.standin.gitlab.lines import mapped, parse

TEXT = st.text(st.characters(blacklist_characters="\n+-", blacklist_categories=("Cs",)), max_size=6)
BODY = st.lists(st.tuples(st.sampled_from("+- "), TEXT), min_size=1, max_size=30)


def hunk(body, old=5, new=9):
    counts = [sum(sign in side for sign, _ in body) for side in ("- ", "+ ")]
    head = f"@@ -{old},{counts[0]} +{new},{counts[1]} @@ def f():\n"
    return head + "".join(f"{sign}{text}\n" for sign, text in body)


@settings(deadline=None)
@given(BODY)
def test_every_line_is_numbered_as_git_does(body):
    found = [line for line in parse(hunk(body)) if line.kind != "match"]
    old, new = 5, 9
    for line, (sign, text) in zip(found, body, strict=True):
        assert line.text == text
        assert line.key == (None if sign == "+" else old, None if sign == "-" else new)
        old += sign != "+"
        new += sign != "-"


@settings(deadline=None)
@given(BODY, st.integers(0, 30))
def test_after_the_slip_numbers_are_one_behind(body, at):
    slip = [*body[:at], (" ", "x"), ("-", "-- a"), (" ", "y")]
    found = parse(hunk(slip))
    assert not any(line.text == "-- a" for line in found[-2:])
    old = 5 + sum(sign != "+" for sign, _ in slip)
    assert found[-1].old == old - 2  # its true number is old - 1


@settings(deadline=None)
@given(BODY)
def test_a_kept_line_maps_there_and_back(body):
    lines = parse(hunk(body))
    for line in lines:
        if line.kind == "context":
            assert mapped(lines, line.old, to_new=True) == line.new
            assert mapped(lines, line.new, to_new=False) == line.old
        if line.kind == "old":
            assert mapped(lines, line.old, to_new=True) is None
    added = sum(sign == "+" for sign, _ in body) - sum(sign == "-" for sign, _ in body)
    assert mapped(lines, 1000, to_new=True) == 1000 + 4 + added


def test_no_newline_marks_are_not_counted():
    diff = "@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n"
    assert [line.key for line in parse(diff)] == [(1, 1), (2, None), (None, None), (None, 2), (None, None)]
    assert not re.search("match", str(parse(diff)))
