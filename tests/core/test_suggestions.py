import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reviewbot.core import suggestions
from reviewbot.core.suggestions import Suggestion
from reviewbot.model.diff import Change, FileDiff, Hunk, Kind, Line
from reviewbot.model.finding import Anchor, Category, Finding, Severity

PYTHON = """\
import os


def total(items):
    result = 0
    for item in items:
        result += item.price
        print(result)
    return result
"""


def whole(text, path="a.py", start=1, end=None):
    """A change that added lines `start`..`end` of `text` and shows the rest of the file around them."""
    lines = text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
    end = end or len(lines)
    made, old = [], 0
    for number, line in enumerate(lines, 1):
        added = start <= number <= end
        old += not added
        made.append(Line("+" if added else " ", None if added else old, number, line))
    hunk = Hunk(1, old, 1, len(lines), "", tuple(made), new_ends_without_newline=not text.endswith("\n"))
    return FileDiff(path, path, Change.MODIFIED, hunks=(hunk,))


def finding(file, first, last, suggestion):
    keys = {line.new: line for line in file.lines() if line.new is not None}
    anchor = Anchor(file.path, keys[first].key, keys[last].key)
    return Finding(
        anchor, Severity.WARNING, Category.CORRECTNESS, "T", "B", suggestion=suggestion, quote=keys[first].text
    )


def verified(text, first, last, suggestion, path="a.py", head=True):
    file = whole(text, path)
    return suggestions.verify(finding(file, first, last, suggestion), file, text if head else None)


@pytest.mark.parametrize("head", [True, False])
def test_sound_suggestion_applies_to_its_lines_alone(head):
    made = verified(PYTHON, 7, 8, "        result += item.price * item.count", head=head)
    assert made == Suggestion(7, 8, "        result += item.price * item.count")
    assert suggestions.apply(made, PYTHON) == PYTHON.replace(
        "        result += item.price\n        print(result)\n", "        result += item.price * item.count\n"
    )


@pytest.mark.parametrize(
    ("first", "last", "given", "text"),
    [
        (7, 7, "result += item.total", "        result += item.total"),
        (7, 7, "        result += item.total\n", "        result += item.total"),
        (7, 7, "\n        result += item.total\n\n", "        result += item.total"),
        (7, 7, "```python\n        result += item.total\n```", "        result += item.total"),
        (7, 7, "```\nresult += item.total\n```\n", "        result += item.total"),
        (6, 8, "for item in items:\n    result += item.total", "    for item in items:\n        result += item.total"),
        (6, 8, "for item in items:\n        result += 1", "    for item in items:\n        result += 1"),
        (7, 7, "if item:\n    result += 1", "        if item:\n            result += 1"),
        (7, 7, "if item:\n            result += 1", "        if item:\n            result += 1"),
    ],
)
def test_fences_blank_ends_and_lost_indentation_are_mended(first, last, given, text):
    made = verified(PYTHON, first, last, given)
    assert made == Suggestion(first, last, text)


def test_first_line_alone_lost_its_indentation():
    text = "def f():\n    if a:\n        b()\n        c()\n"
    assert verified(text, 2, 4, "if a and d:\n        b()\n        c()").text == (
        "    if a and d:\n        b()\n        c()"
    )


@pytest.mark.parametrize(
    ("first", "last", "given"),
    [
        (7, 7, None),
        (7, 7, ""),
        (7, 7, "  \n"),
        (7, 7, "        result += item.price"),  # no change
        (7, 7, "result += item.price"),  # no change, once the indentation is back
        (7, 7, "        result += (item.price"),  # does not parse
        (7, 7, "    result += item.total"),  # leaves the loop
        (7, 7, "\t\tresult += item.total"),
        (5, 5, "    result = 0.0\n    for item in items:"),  # brings the next line along
        (7, 7, "    for item in items:\n        result += item.total"),  # brings the line before along
        (7, 7, "        result += item.total\x00"),
        (7, 7, "        result += item.total  # \u202e"),
        (7, 7, "7ab|+        result += item.total"),
        (7, 7, "        result += 1\n" * 120),
        (7, 7, "x" * 30_000),
    ],
)
@pytest.mark.parametrize("head", [True, False])
def test_what_would_not_apply_well_is_refused(first, last, given, head):
    assert verified(PYTHON, first, last, given, head=head) is None


def test_existing_errors_do_not_count():
    text = "def broken(:\n    pass\n\n\ndef sound():\n    return 1\n"
    assert verified(text, 6, 6, "    return 2") == Suggestion(6, 6, "    return 2")
    assert verified(text, 6, 6, "    return (2") is None


def test_unknown_language_needs_no_tree():
    assert verified("a = 1\nb = 2\n", 2, 2, "b = 3", path="app.conf") == Suggestion(2, 2, "b = 3")


def test_last_line_without_newline_keeps_ending_so():
    text = "a = 1\nb = 2"
    made = verified(text, 2, 2, "b = 3")
    assert suggestions.apply(made, text) == "a = 1\nb = 3"


def test_windows_line_end_is_kept_and_two_lines_would_lose_it():
    text = "a = 1\r\nb = 2\r\n"
    assert suggestions.apply(verified(text, 2, 2, "b = 3"), text) == "a = 1\r\nb = 3\r\n"
    assert suggestions.apply(verified(text, 1, 2, "a = b = 3\r\n"), text) == "a = b = 3\r\n"
    assert verified(text, 2, 2, "b = 3\r\nc = 4") is None
    assert verified("a = 1\r\nb = 2\n", 1, 2, "a = b") is None
    assert verified("a = '\r'\n", 1, 1, "a = 1", path="x.conf") is None


def test_only_new_lines_of_a_text_file_can_be_replaced():
    file = whole(PYTHON)
    good = finding(file, 7, 7, "        result += 1")
    assert suggestions.verify(good, file, PYTHON)
    removed = Hunk(1, 1, 0, 0, "", (Line("-", 1, None, "x = 1"),))
    gone = replace(file, hunks=(removed,))
    assert suggestions.verify(replace(good, anchor=Anchor("a.py", (1, None), (1, None))), gone, None) is None
    assert suggestions.verify(good, replace(file, change=Change.DELETED), PYTHON) is None
    assert suggestions.verify(good, replace(file, kind=Kind.SYMLINK), PYTHON) is None
    assert suggestions.verify(good, replace(file, new_path="a.ipynb"), PYTHON) is None


def test_lines_must_be_the_quoted_ones_and_those_of_the_file():
    file = whole(PYTHON)
    good = finding(file, 7, 7, "        result += 1")
    assert suggestions.verify(replace(good, quote="something else"), file, PYTHON) is None
    assert suggestions.verify(good, file, PYTHON.replace("price", "cost")) is None
    assert suggestions.verify(replace(good, anchor=Anchor("a.py", (None, 7), (None, 70))), file, PYTHON) is None


def test_range_over_two_hunks_is_refused():
    lines = [Line("+", None, number, f"x{number} = 1") for number in (1, 2, 8, 9)]
    hunks = (Hunk(0, 0, 1, 2, "", tuple(lines[:2])), Hunk(0, 0, 8, 2, "", tuple(lines[2:])))
    file = FileDiff("a.py", "a.py", Change.MODIFIED, hunks=hunks)
    assert suggestions.verify(finding(file, 2, 8, "x = 2"), file, None) is None
    assert suggestions.verify(finding(file, 8, 9, "x = 2"), file, None) == Suggestion(8, 9, "x = 2")


def test_range_beyond_gitlabs_reach_is_refused():
    text = "".join(f"x{number} = 1\n" for number in range(150))
    assert verified(text, 1, 102, "x = 2") is None
    assert verified(text, 1, 101, "x = 2") == Suggestion(1, 101, "x = 2")


@pytest.mark.parametrize(
    ("end", "header"), [(9, "```suggestion:-2+0"), (8, "```suggestion:-1+1"), (7, "```suggestion:-0+2")]
)
def test_block_counts_from_the_commented_line(end, header):
    assert suggestions.block(Suggestion(7, 9, "a\nb"), end) == f"{header}\na\nb\n```"


def test_fence_is_longer_than_backticks_inside():
    assert suggestions.block(Suggestion(1, 1, "```sh\nx ```` y"), 1).startswith("`````suggestion:-0+0\n")


@pytest.mark.parametrize("end", [6, 10])
def test_block_on_a_line_outside_is_an_error(end):
    with pytest.raises(ValueError, match="cannot carry"):
        suggestions.block(Suggestion(7, 9, "a"), end)


CODE = st.sampled_from(
    ["x = 1", "y = 2", "if x:", "    x = 3", "    y()", "", "\tz", "}", "é = '`'", "# ```", "(", "a\r"]
)
NEW = st.lists(CODE, min_size=1, max_size=4).map("\n".join)


def as_gitlab(text, comment, body):
    """What GitLab makes of a note: the block's text in place of the lines it names, ended like the last of them."""
    fence, above, below, inside = re.fullmatch(r"(`{3,})suggestion:-(\d+)\+(\d+)\n(.*)\n\1", body, re.DOTALL).groups()
    assert fence not in inside
    lines = text.splitlines(keepends=True) if "\r" not in text else re.findall(r"[^\n]*\n|[^\n]+", text)
    first, last = comment - int(above), comment + int(below)
    ending = re.search(r"\r\n|\r|\n|$", lines[last - 1]).group()
    return "".join([*lines[: first - 1], inside + ending, *lines[last:]])


@given(
    st.lists(CODE, min_size=1, max_size=12), st.data(), NEW, st.booleans(), st.sampled_from(["a.py", "a.conf", "a.c"])
)
def test_applied_suggestion_changes_its_lines_alone(lines, data, new, newline, path):
    text = "\n".join(lines) + ("\n" if newline else "")
    assume(lines[-1] or newline)
    first = data.draw(st.integers(1, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    made = verified(text, first, last, new, path=path, head=data.draw(st.booleans()))
    if made is None:
        return
    after = suggestions.apply(made, text).split("\n")
    before = text.split("\n")
    assert (made.first, made.last) == (first, last)
    assert after != before
    assert after[: first - 1] == before[: first - 1]
    assert after[len(after) - (len(before) - last) :] == before[last:]
    comment = data.draw(st.integers(first, last))
    assert as_gitlab(text, comment, suggestions.block(made, comment)) == "\n".join(after)
