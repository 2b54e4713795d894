"""Several things said at once: what fails for one of them is no matter of the others."""

import pytest

from reviewbot.errors import ForgeRejected, ForgeUnavailable
from reviewbot.model.event import CommandGiven
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.saying import one_by_one

GIVEN = [CommandGiven(MergeRequestRef(1, 2), "help", "", 5, "ann", note, f"d{note}") for note in range(1, 5)]


def heard_with(faults):
    """Which notes were acted on, and the error at the end."""
    heard = []

    def act(given):
        heard.append(given.note_id)
        if given.note_id in faults:
            raise faults[given.note_id]
        return "done"

    with pytest.raises((ForgeRejected, ForgeUnavailable)) as raised:
        one_by_one(GIVEN, act)
    return heard, raised.value


def test_a_thread_that_takes_no_answer_keeps_nobody_else_waiting():
    first, second = ForgeRejected("This thread is closed"), ForgeRejected("This one too")
    assert heard_with({1: first, 2: second}) == ([1, 2, 3, 4], first)


def test_what_can_be_tried_again_is_told_before_what_cannot():
    later = ForgeUnavailable("Away")
    assert heard_with({1: ForgeRejected("Closed"), 3: later}) == ([1, 2, 3, 4], later)


def test_two_failures_in_a_row_are_an_outage():
    first = ForgeUnavailable("Away")
    assert heard_with({1: first, 2: ForgeUnavailable("Away")}) == ([1, 2], first)
