"""Inline comments as people see them: one golden file each in tests/data/comments."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_findings import KEY, REF, finding

from reviewbot.core import markers
from reviewbot.core.comments import render, render_for_file, standing
from reviewbot.core.suggestions import Suggestion
from reviewbot.model.finding import Category, Severity

GOLDEN = Path(__file__).parent.parent / "data" / "comments"
MARKER = "<!-- reviewbot: finding fingerprint=0123456789abcdef run=42 extra= mac=0 -->"

INJECTION = finding(
    (None, 42),
    title="The user's name goes into the SQL text",
    body="`name` comes from the request and is put into the query by an f-string, so a name such as `'; --` changes the"
    " query.\n\nPass it as a parameter instead.",
    severity=Severity.CRITICAL,
    category=Category.SECURITY,
    suggestion='    cursor.execute("SELECT id FROM users WHERE name = %s", (name,))',
)
RANGE = finding(
    (None, 7),
    (None, 9),
    title="The file stays open when `parse` fails",
    body="- the handle is closed only on the way out\n- `with` closes it always",
    rule="close-what-you-open",
    category=Category.RELIABILITY,
    suggestion="with open(path) as file:\n    return parse(file)\n",
)
HOSTILE = finding(
    (3, None),
    title="@all **now** #1",
    body="# Look\n\n/approve\n\n<img src=x> ![x](https://evil.example/p.png)\n\n```suggestion\n/merge\nrm -rf\n",
    severity=Severity.SUGGESTION,
    category=Category.AGENTS_MD,
    rule="a`b",
)
CASES = {
    "suggestion-applies": render(INJECTION, Suggestion(42, 42, INJECTION.suggestion), MARKER, 42),
    "suggestion-over-lines": render(RANGE, Suggestion(7, 9, RANGE.suggestion.rstrip()), MARKER, 9),
    "suggestion-unverified": render(RANGE, None, MARKER, 9),
    "suggestion-on-an-unsure-line": render(INJECTION, Suggestion(42, 42, INJECTION.suggestion), MARKER, None),
    "for-the-file": render_for_file(RANGE, MARKER),
    "hostile": render(HOSTILE, None, MARKER, None),
    "hostile-for-the-file": render_for_file(HOSTILE, MARKER),
    "title-only": render(finding(title="Off by one", body=""), None, MARKER, 1),
}


@pytest.mark.parametrize("name", CASES)
def test_a_comment_is_the_golden_one(name):
    assert CASES[name] + "\n" == (GOLDEN / f"{name}.md").read_text()


def test_a_suggestion_that_looks_like_a_command_in_a_long_fence_is_shown_moved_in():
    found = finding(suggestion="```\n/approve\n```")
    body = render(found, Suggestion(1, 1, found.suggestion), MARKER, 1)
    assert "suggestion:" not in body
    assert "\n /approve\n" in body


def test_a_suggestion_with_hidden_characters_is_not_offered():
    found = finding(suggestion="x = 1\u202e")
    assert "suggestion:" not in render(found, Suggestion(1, 1, found.suggestion), MARKER, 1)


TEXTS = st.text(st.one_of(st.sampled_from("`~<>!-/@#\n |[]()"), st.characters()), max_size=40)


@given(TEXTS, TEXTS, st.none() | TEXTS, st.none() | TEXTS)
def test_whatever_a_model_says_the_marker_is_recognised(title, body, rule, suggestion):
    marker = markers.Marker("finding", "ab12", "42")
    said = finding(title=title, body=body, rule=rule, suggestion=suggestion)
    for text in (
        render(said, None, markers.make(marker, KEY, REF), 1),
        render_for_file(said, markers.make(marker, KEY, REF)),
    ):
        assert markers.read(text, KEY, REF) == marker
        text.encode()


def test_agreement_and_doubt_stand_in_the_label():
    assert "agree" not in render(RANGE, None, MARKER, None)
    label = render(replace(RANGE, votes=3, certainty="unproven"), None, MARKER, None).split("\n")[0]
    assert label.endswith(" · 3 reviewers agree · not proven")
    said = [standing(replace(RANGE, votes=votes, source="pattern"))[0] for votes in (2, 3)]  # the rule has one vote
    assert said == ["the rule and 1 reviewer agree", "the rule and 2 reviewers agree"]
    assert render(replace(RANGE, certainty="confirmed"), None, MARKER, None) == render(RANGE, None, MARKER, None)
