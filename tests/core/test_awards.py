"""Emoji events that come late, twice or in another order, and looks at GitLab: one word of each person is left."""

from itertools import permutations

import pytest

from reviewbot.core import awards
from reviewbot.core.awards import Standing
from reviewbot.model.event import Reaction
from reviewbot.model.merge_request import MergeRequestRef

REF = MergeRequestRef(7, 3)


def event(awarded, award_id=None, awarded_at=None):
    return Reaction(REF, 5, 2, "thumbsup", awarded, award_id, awarded_at)


def after(steps, standing=None):
    """`steps`: events, or looks as (began, present); events come at 10, 20, …"""
    for number, step in enumerate(steps, 1):
        if isinstance(step, Reaction):
            found = awards.told(standing, step, 10.0 * number)
        else:
            began, present = step
            found = awards.seen(standing, began, present=present)
        standing = found or standing
    return standing


@pytest.mark.parametrize(
    ("emoji", "told"),
    [
        ("thumbsup", 1),
        ("+1", 1),
        ("thumbsup_tone3", 1),
        (":thumbsdown:", -1),
        ("-1", -1),
        ("thumbsdown_tone1", -1),
        ("thumbsup_all", 0),
        ("eyes", 0),
    ],
)
def test_thumbs_of_all_colours_are_thumbs(emoji, told):
    assert awards.thumb(emoji) == told


HISTORY = [event(True, 1), event(False, 1), event(True, 2), event(False, 2), event(True, 3)]


@pytest.mark.parametrize("length", range(1, len(HISTORY) + 1))
def test_numbered_events_in_any_order_and_twice_come_to_the_same_end(length):
    events = HISTORY[:length]
    for order in permutations(events):
        assert after([*order, *order]).awarded == events[-1].awarded, order


def test_a_repeated_award_changes_nothing():
    first = after([event(True, 1)])
    assert awards.told(first, event(True, 1), 99.0) is None
    assert awards.told(first, event(True), 99.0) is None


def test_without_numbers_the_latest_event_counts():
    assert not after([event(True), event(False)]).awarded
    assert after([event(True), event(False), event(True)]).awarded


def test_a_look_finds_what_no_event_told():
    found = after([(5.0, True)])
    assert (found.awarded, found.awarded_at) == (True, 5.0)
    gone = after([(5.0, True), (8.0, False)])
    assert (gone.awarded, gone.withdrawn_at) == (False, 8.0)
    assert after([(5.0, True), (8.0, False), (9.0, True)]).awarded
    assert after([(5.0, False)]) is None


def test_what_an_event_told_after_a_look_began_is_newer_than_the_look():
    awarded = after([event(True, 1)])  # at 10
    assert awards.seen(awarded, 10.0, present=False) is None
    assert awards.seen(awarded, 9.0, present=False) is None
    assert not awards.seen(awarded, 11.0, present=False).awarded
    withdrawn = after([event(True, 1), event(False, 1)])  # at 20
    assert awards.seen(withdrawn, 15.0, present=True) is None


def test_the_late_event_of_an_award_that_a_look_found_is_the_same_award():
    found = after([(5.0, True), event(True, 4, awarded_at=3.0)])
    assert (found.awarded, found.award_id, found.awarded_at) == (True, 4, 3.0)


def test_the_late_event_of_an_award_that_a_look_saw_taken_back_does_not_bring_it_back():
    steps = [(5.0, True), (8.0, False), event(True, 4, awarded_at=3.0)]
    assert not after(steps).awarded
    assert not after([*steps, event(False, 4), event(True, 4)]).awarded
    again = event(True, 6, awarded_at=9.0)
    assert after([*steps, again]).awarded


def test_a_revoke_without_its_award_is_kept_so_that_the_award_comes_too_late():
    assert after([event(False, 4), event(True, 4)]) == Standing(
        awarded=False, at=10.0, award_id=4, awarded_at=None, withdrawn_at=10.0
    )
