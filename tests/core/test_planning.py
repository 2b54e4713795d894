"""From an examination to the writes of a run."""

from dataclasses import replace

import pytest
from making_findings import KEY, REF, REFS, diff_of, finding, merge_request

from reviewbot.core import markers
from reviewbot.core.markers import Marker
from reviewbot.core.planning import deleted, plan
from reviewbot.core.suggestions import Suggestion
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.finding import Severity
from reviewbot.model.merge_request import Discussion, Note, Person, RawChange
from reviewbot.model.outcome import Examination, Verdict
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage

TEXT = "@@ -1,2 +1,4 @@\n import os\n+first()\n+second()\n done()\n"
DIFF = diff_of(a=TEXT)
FIRST = finding((None, 2), title="First", fingerprint="a1", suggestion="one()")
SECOND = finding((None, 2), (None, 3), title="Second", fingerprint="a2")


def examination(*findings, verdict=Verdict.APPROVED_WITH_COMMENTS, overflow=(), coverage=()):
    covered = coverage or (FileCoverage("a.py", "reviewed"),)
    return Examination(verdict, Tier.LITE, findings, covered, (), Usage(), overflow=overflow)


def planned(exam, mr=None, diff=DIFF, suggestions=None, policy=None):
    return plan(mr or merge_request(), diff, exam, suggestions or {}, "42", KEY, policy or ReviewPolicy())


def discussion(body, author=9, **more):
    return Discussion("d", (Note(1, Person(author, "who"), body, **more),))


def commented(*fingerprints, ref=REF, key=KEY):
    notes = [f"Text\n\n{markers.make(Marker('finding', each, '1'), key, ref)}" for each in fingerprints]
    return merge_request(discussions=tuple(discussion(note) for note in notes))


def test_a_comment_for_each_finding_in_rank_order_with_its_marker():
    made = planned(examination(FIRST, SECOND))
    assert [comment.fingerprint for comment in made.comments] == ["a1", "a2"]
    assert [markers.read(comment.body, KEY, REF) for comment in made.comments] == [
        Marker("finding", "a1", "42"),
        Marker("finding", "a2", "42"),
    ]
    assert [position.line for position in made.comments[0].positions] == [(None, 2), None]
    assert made.comments[1].positions[0].start == (None, 2)
    assert (made.ref, made.refs, made.run) == (REF, REFS, "42")


def test_a_comment_has_words_for_the_file_as_a_whole_too():
    comment = planned(examination(SECOND)).comments[0]
    assert "lines 2-3" in comment.file_body
    assert "lines 2-3" not in comment.body
    assert markers.read(comment.file_body, KEY, REF) == Marker("finding", "a2", "42")


@pytest.mark.parametrize(
    ("notes", "mr", "gone"),
    [
        ({"a1": 1, "a2": 2}, commented("a1"), {"a2"}),
        ({"a1": 0}, merge_request(), set()),  # nobody ever saw it stand there
        ({"a1": 1}, commented("a1", key=b"other"), set()),  # the instance has a new key
        ({"a1": 7}, commented("a1"), set()),  # posted anew in the meantime
        ({}, commented("a1"), set()),
    ],
)
def test_only_a_comment_that_was_seen_and_is_gone_was_deleted(notes, mr, gone):
    assert deleted(notes, mr, KEY) == gone


def test_status_and_summary_lead_to_the_runs_page_where_there_is_one():
    exam = examination(FIRST)
    url = "https://reviewbot.example.com/jobs/42"
    led = plan(merge_request(), DIFF, exam, {}, "42", KEY, ReviewPolicy(), run_url=url)
    assert led.status.target_url == url
    assert f"<details><summary>Cost and time</summary>\n\n[This run]({url})\n\n</details>" in led.summary
    assert planned(exam).status.target_url == ""
    assert "This run" not in planned(exam).summary


def test_what_is_there_already_is_not_posted_again():
    assert [each.fingerprint for each in planned(examination(FIRST, SECOND), commented("a1")).comments] == ["a2"]
    assert planned(examination(FIRST, SECOND), commented("a1", "a2")).comments == ()


@pytest.mark.parametrize(
    "mr",
    [
        commented("a1", key=b"other"),
        commented("a1", ref=replace(REF, iid=4)),
        merge_request(discussions=(discussion("> " + markers.make(Marker("finding", "a1", "1"), KEY, REF)),)),
        merge_request(discussions=(discussion(markers.make(Marker("reply", "a1", "1"), KEY, REF)),)),
        merge_request(discussions=(discussion(markers.make(Marker("finding", "a1", "1"), KEY, REF), system=True),)),
    ],
)
def test_forged_quoted_and_other_markers_hide_no_finding(mr):
    assert len(planned(examination(FIRST), mr).comments) == 1


def test_a_marker_in_a_reply_is_a_citation():
    marker = markers.make(Marker("finding", "a1", "1"), KEY, REF)
    notes = (Note(1, Person(5, "ann"), "Look:"), Note(2, Person(5, "ann"), marker))
    assert len(planned(examination(FIRST), merge_request(discussions=(Discussion("d", notes),))).comments) == 1


def test_one_comment_per_fingerprint():
    assert len(planned(examination(FIRST, replace(FIRST, title="Twin"))).comments) == 1


def test_a_verified_suggestion_is_applicable():
    made = planned(examination(FIRST), suggestions={"a1": Suggestion(2, 2, "one()")})
    assert "```suggestion:-0+0\none()\n```" in made.comments[0].body
    assert "suggestion:" not in made.comments[0].file_body
    assert "Suggested code" in planned(examination(FIRST)).comments[0].body


def test_a_suggestion_is_not_applicable_where_gitlab_counts_otherwise():
    text = "@@ -1,2 +1,4 @@\n x\n+++ b plus\n+first()\n y\n"
    found = replace(FIRST, anchor=replace(FIRST.anchor, start=(None, 3), end=(None, 3)))
    made = planned(examination(found), diff=diff_of(a=text), suggestions={"a1": Suggestion(3, 3, "one()")})
    assert made.comments[0].positions[0].line == (None, 2)
    assert "suggestion:" not in made.comments[0].body


def test_a_file_too_large_for_gitlab_is_commented_on_as_a_whole():
    mr = merge_request(changes=(RawChange("a.py", "a.py", TEXT, too_large=True),))
    comment = planned(examination(FIRST), mr).comments[0]
    assert [position.file_level for position in comment.positions] == [True]
    assert "line 2" in comment.body


def test_overflow_is_told_in_full_once():
    grave = replace(SECOND, body="Very long story.")
    assert "Very long story." in planned(examination(FIRST, overflow=(grave,))).summary
    assert "Very long story." not in planned(examination(FIRST, overflow=(grave,)), commented("a2")).summary


def test_a_finding_without_a_file_in_the_diff_is_told_in_the_summary():
    made = planned(examination(finding(path="gone.py", body="Where is it?", fingerprint="a9")))
    assert made.comments == ()
    assert "Where is it?" in made.summary


def test_the_summary_is_marked_with_the_reviewed_head_and_links_into_the_project():
    made = planned(examination(FIRST))
    assert markers.read(made.summary, KEY, REF) == Marker("summary", "", "42", REFS.head_sha)
    assert f"https://gitlab.example.com/group/project/-/blob/{REFS.head_sha}/a.py#L2" in made.summary


@pytest.mark.parametrize("url", ["", "javascript:alert(1)/-/merge_requests/3"])
def test_a_web_address_that_is_none_makes_no_links(url):
    assert "](" not in planned(examination(FIRST), merge_request(web_url=url)).summary


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.APPROVED, "success"),
        (Verdict.APPROVED_WITH_COMMENTS, "success"),
        (Verdict.MINOR_ISSUES, "success"),
        (Verdict.SIGNIFICANT_CONCERNS, "failed"),
        (Verdict.INCOMPLETE, "skipped"),
    ],
)
def test_status(verdict, state):
    made = planned(examination(verdict=verdict))
    assert made.status.state == state
    assert 0 < len(made.status.description) <= 255


def test_a_significant_concern_in_an_incomplete_review_says_both():
    coverage = (FileCoverage("a.py", "skipped", "not read", complete=False),)
    grave = replace(FIRST, severity=Severity.CRITICAL)
    status = planned(examination(grave, verdict=Verdict.SIGNIFICANT_CONCERNS, coverage=coverage)).status
    assert status.state == "failed"
    assert "could not be read completely" in status.description


def test_the_status_of_a_fork_goes_to_the_fork_and_can_be_switched_off():
    assert planned(examination(), merge_request(source_project_id=99)).status_project_id == 99
    assert planned(examination(), policy=ReviewPolicy(commit_status=False)).status is None
