"""What answers say, which notes are answers, and what a comment came to."""

from dataclasses import replace

import pytest

from reviewbot.core import feedback
from reviewbot.core.events import Me
from reviewbot.core.moments import moment
from reviewbot.model.feedback import PostedComment, Said
from reviewbot.model.finding import Category, Severity
from reviewbot.model.merge_request import MergeRequestRef

REF = MergeRequestRef(2, 16)
ME = Me(99, "reviewbot-bot")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Won't fix.", "no"),
        ("This is a false positive", "no"),
        ("Good catch!", "yes"),
        ("Fixed in abc123.", "yes"),
        ("Erledigt", "yes"),
        ("Not fixed, I need more time", "other"),
        ("I do not see it", "other"),
        ("Why is that a problem?", "question"),
        ("> Good catch\n\nHm.", "other"),
        ("", "other"),
    ],
)
def test_what_an_answer_says(text, kind):
    assert feedback.kind_of(text) == kind


def note(**attributes):
    return {
        "object_kind": "note",
        "user": {"id": 7, "username": "ada"},
        "project_id": 2,
        "object_attributes": {
            "id": 41,
            "note": "Won't fix",
            "noteable_type": "MergeRequest",
            "author_id": 7,
            "discussion_id": "d" * 40,
            "type": "DiffNote",
            "system": False,
            "action": "create",
            "created_at": "2026-01-16 05:56:22 UTC",
            **attributes,
        },
        "merge_request": {"iid": 16, "target_project_id": 2, "state": "opened"},
    }


def test_an_answer_in_a_thread_is_told_without_its_words():
    assert feedback.said(note(), ME) == Said(REF, 41, "d" * 40, 7, "no", 1768542982.0)


def test_an_edited_answer_and_one_in_a_merged_merge_request_are_answers_too():
    edited = note(action="update", note="Good catch")
    edited["merge_request"]["state"] = "merged"
    assert feedback.said(edited, ME).kind == "yes"


@pytest.mark.parametrize(
    "attributes",
    [
        {"type": None},
        {"noteable_type": "Issue"},
        {"discussion_id": None},
        {"system": True},
        {"internal": True},
        {"author_id": 99},
        {"note": "Fixed.\n<!-- reviewbot: reply -->"},
    ],
)
def test_notes_that_are_no_persons_answer_in_a_thread(attributes):
    assert feedback.said(note(**attributes), ME) is None


def test_another_bots_answer_and_other_events_are_none():
    assert feedback.said({**note(), "user": {"id": 7, "username": "renovate-bot"}}, ME) is None
    assert feedback.said({"object_kind": "emoji"}, ME) is None
    assert feedback.said(None, ME) is None


def test_a_time_that_an_administrator_has_altered_is_left_out():
    assert feedback.said(note(created_at=17), ME).at is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-16 05:56:22 UTC", 1768542982.0),
        ("2026-01-16T05:56:22Z", 1768542982.0),
        ("2026-01-16T07:56:22.500+02:00", 1768542982.5),
        ("yesterday", None),
        ("9" * 50, None),
        ("", None),
    ],
)
def test_gitlabs_times(text, seconds):
    assert moment(text) == seconds


COMMENT = PostedComment(
    ref=REF,
    fingerprint="f1",
    note_id=5,
    severity=Severity.WARNING,
    category=Category.CORRECTNESS,
    source="model",
    rule=None,
    reviewer="correctness",
    prompts="abc",
    model="m",
    file="a.py",
    line=3,
    title="Title",
    placed="",
    posted_at=1.0,
)


@pytest.mark.parametrize(
    ("facts", "ending"),
    [
        ({}, "open"),
        ({"fate": "open"}, "open"),
        ({"fate": "fixed", "state": "merged"}, "addressed"),
        ({"fate": "fixed", "gone_at": 2.0}, "addressed"),
        ({"fate": "dismissed"}, "dismissed"),
        ({"gone_at": 2.0}, "dismissed"),
        ({"fate": "dismissed", "resolved_by": 7}, "dismissed"),
        ({"resolved_by": 7, "state": "merged", "read_last": True}, "resolved"),
        ({"resolved_by": 0}, "resolved"),
        ({"fate": "outdated", "state": "merged"}, "outdated"),
        ({"fate": "open", "state": "merged", "read_last": True}, "ignored"),
        ({"state": "merged", "read_last": False}, "unknown"),
        ({"state": "merged"}, "unknown"),
        ({"state": "closed", "read_last": True}, "abandoned"),
    ],
)
def test_what_a_comment_came_to(facts, ending):
    assert feedback.ending(replace(COMMENT, **facts)) == ending
