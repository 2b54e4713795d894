"""States of merge requests and suppressions, on both databases."""

from dataclasses import replace

import pytest

from reviewbot.db.purging import purge_older, purge_person, purge_project
from reviewbot.db.states import MergeRequestStates
from reviewbot.db.suppressions import SuppressionTable
from reviewbot.model.finding import Category, Severity
from reviewbot.model.memory import MergeRequestState, Suppression, Word
from reviewbot.model.merge_request import MergeRequestRef, OpenHead

REF, OTHER = MergeRequestRef(7, 3), MergeRequestRef(7, 4)
DISMISSED = Suppression(
    project_id=7,
    iid=3,
    fingerprint="f1",
    paths=("src/a.py", "src/\udce9.py"),
    anchored="abc",
    around=("d", "e"),
    claim=("eval", "unsafe"),
    title="Unsafe\0 eval",
    rule=None,
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    how="words",
    by="ann",
    by_id=5,
    reason="won't fix",
    at=100.0,
    project_wide=True,
)


@pytest.fixture
def states(database):
    return MergeRequestStates(database, clock=lambda: 50.0)


@pytest.fixture
def suppressions(database):
    return SuppressionTable(database, clock=lambda: 200.0)


def test_a_merge_request_that_nobody_spoke_of_is_neither_paused_nor_overridden(states):
    assert states.get(REF) == MergeRequestState()


def test_pausing_and_resuming(states):
    assert [states.count_push(REF, head) for head in ("a", "b", "b", "c")] == [1, 2, 2, 3]
    states.pause(REF, "enough", "ann")
    assert states.get(REF) == MergeRequestState(paused=True, pause_reason="enough", paused_by="ann", pushes=3)
    states.resume(REF)
    assert states.get(REF) == MergeRequestState()
    assert states.count_push(REF, "d") == 1


def test_break_glass_is_kept_with_its_giver_and_a_pause_beside_it(states):
    states.override(REF, "outage", "ann", by_id=5, note_id=9)
    states.override(REF, "the same note again", "ann", by_id=5, note_id=9)
    states.pause(REF, "enough")
    state = states.get(REF)
    assert (state.overridden, state.override_reason, state.overridden_by, state.overridden_at) == (
        True,
        "outage",
        "ann",
        50.0,
    )
    assert state.paused
    assert states.close_gate(REF, note_id=10)
    assert (states.get(REF).overridden, states.overrides()) == (False, 1)
    assert not states.close_gate(REF, note_id=10)


def test_an_older_word_does_not_close_a_gate_that_was_forced_open_later(states):
    states.override(REF, "outage", "ann", by_id=5, note_id=9)
    assert not states.close_gate(REF, note_id=8)
    assert states.get(REF).overridden
    assert not states.close_gate(OTHER, note_id=99)


def test_the_bots_word_stands_for_one_head_until_it_is_taken_back(states):
    states.put_word(REF, "approved", Word("a", "b", "main", "coming"))
    states.put_word(REF, "approved", Word("b"))
    assert (states.standing_word(REF, "approved"), states.standing_word(OTHER, "approved")) == (Word("b"), None)
    states.put_word(REF, "approved", None)
    assert states.standing_word(REF, "approved") is None


@pytest.mark.parametrize(
    ("target", "into", "forced"), [("main", "main", True), ("main", "next", False), ("", "next", True)]
)
def test_break_glass_is_for_merging_into_one_branch(states, target, into, forced):
    states.override(REF, "it burns", "ann", note_id=9, target=target)
    assert states.get(REF).forced(into) is forced
    assert not states.get(OTHER).forced(into)


def test_words_that_stand_for_other_heads_or_were_to_be_taken_back(states):
    third = MergeRequestRef(7, 5)
    states.put_word(REF, "approved", Word("a"))
    states.put_word(OTHER, "approved", Word("b", state="going"))
    states.put_word(third, "approved", Word("c", state="coming"))
    states.put_word(third, "requested changes", Word("a", state="going"))
    heads = [OpenHead(REF, "new"), OpenHead(OTHER, "b"), OpenHead(third, "c"), OpenHead(MergeRequestRef(8, 1), "x")]
    assert states.unsettled("approved", heads) == [REF, OTHER]


def test_a_dismissal_is_recorded_once_and_comes_back_as_it_was_said(suppressions):
    suppressions.record(DISMISSED)
    suppressions.record(replace(DISMISSED, by="bob", how="resolved"))
    (found,) = suppressions.active(REF)
    assert replace(found, id=0) == replace(DISMISSED, title="Unsafe\ufffd eval")


def test_a_project_wide_one_counts_in_other_merge_requests_and_another_one_does_not(suppressions):
    suppressions.record(DISMISSED)
    suppressions.record(replace(DISMISSED, fingerprint="f2", project_wide=False))
    assert [one.fingerprint for one in suppressions.active(REF)] == ["f1", "f2"]
    assert [one.fingerprint for one in suppressions.active(OTHER)] == ["f1"]
    assert suppressions.active(MergeRequestRef(8, 3)) == []


def test_a_lifted_one_counts_no_more_and_stays_in_the_list(suppressions):
    suppressions.record(DISMISSED)
    (found,) = suppressions.listed(7)
    assert suppressions.lift(found.id, "owner")
    assert not suppressions.lift(found.id, "owner")
    assert suppressions.active(OTHER) == []
    assert [(one.lifted_at, one.lifted_by) for one in suppressions.listed()] == [(200.0, "owner")]
    suppressions.record(DISMISSED)
    assert suppressions.active(REF) == []


def test_the_store_forgets_with_the_project_by_age_and_the_names_of_a_person(database, states, suppressions):
    suppressions.record(DISMISSED)
    states.pause(REF, "enough", "ann")
    purge_person(database, "ann", 5)
    (found,) = suppressions.listed(7)
    assert (found.by, found.by_id, found.reason, states.get(REF).paused_by) == ("", 0, "", "")
    purge_older(database, 1000.0)
    assert [len(suppressions.listed(7)), states.get(REF).paused] == [1, False]
    suppressions.lift(found.id, "owner")
    purge_older(database, 1000.0)
    assert suppressions.listed(7) == []
    suppressions.record(DISMISSED)
    states.pause(REF, "enough")
    purge_project(database, 7)
    assert [len(suppressions.listed(7)), states.get(REF).paused] == [0, False]
