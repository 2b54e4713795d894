"""Markers that only this instance can make, and that nobody can pass on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_findings import KEY, REF

from reviewbot.core.markers import Marker, make, read
from reviewbot.core.sanitising import sanitise
from reviewbot.model.merge_request import MergeRequestRef

MARKER = Marker("finding", "0123456789abcdef", "42")
TEXT = make(MARKER, KEY, REF)


def test_what_is_made_is_read():
    assert TEXT.startswith("<!-- reviewbot: finding fingerprint=0123456789abcdef run=42 ")
    assert TEXT.endswith(" -->")
    assert read(f"Some text\n\n{TEXT}", KEY, REF) == MARKER
    assert read(f"Some text\r\n\r\n{TEXT}\r\n", KEY, REF) == MARKER


def test_a_summary_carries_the_reviewed_head():
    summary = Marker("summary", "", "run-7", "a" * 40)
    assert read(make(summary, KEY, REF), KEY, REF) == summary


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no marker",
        TEXT.replace("0123", "3210"),
        TEXT.replace("run=42", "run=43"),
        TEXT.replace("finding", "summary"),
        TEXT.replace("extra=", "extra=x"),
        TEXT.replace("mac=", "mac=0")[:-5] + " -->",
        f"> {TEXT}",
        f"see {TEXT}",
        f"    {TEXT}",
        f"{TEXT} and more",
        f"```\n{TEXT}\n```",
        f"~~~\n```\n{TEXT}\n~~~",
        f"````text\n```\n{TEXT}\n````",
        f"```\n{TEXT}",
    ],
)
def test_forged_changed_and_quoted_markers_are_not_ours(body):
    assert read(body, KEY, REF) is None


def test_another_key_or_merge_request_does_not_accept_it():
    assert read(TEXT, b"another", REF) is None
    assert read(TEXT, KEY, MergeRequestRef(7, 4)) is None
    assert read(TEXT, KEY, MergeRequestRef(73, 3)) is None


def test_the_last_valid_one_counts_and_code_before_it_does_no_harm():
    other = make(Marker("reply", "ff", "1"), KEY, REF)
    assert read(f"{other}\n{TEXT}\n{TEXT.replace('42', '43')}", KEY, REF) == MARKER
    assert read(f"```suggestion:-0+0\nx\n```\n\n``` not ` a fence\n{TEXT}", KEY, REF) == MARKER


@pytest.mark.parametrize("run", ["a b", "-->", "x" * 81, "é"])
def test_a_field_that_could_break_the_comment_is_refused(run):
    with pytest.raises(ValueError, match="fields are letters"):
        make(Marker("finding", "f", run), KEY, REF)


@given(st.text(), st.text(alphabet="`~> \n<!-reviwbot:"))
def test_reading_anything_never_fails(body, more):
    assert read(f"<!-- reviewbot: {body}\n{more}", KEY, REF) is None


@given(st.text(alphabet="`~>#-| \n\\<!x[]()*_$", max_size=60))
def test_whatever_a_model_wrote_before_it_the_marker_is_found(text):
    assert read(f"{sanitise(text)}\n\n{TEXT}", KEY, REF) == MARKER
