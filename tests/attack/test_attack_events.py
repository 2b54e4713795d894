"""Webhooks and comments of strangers: what they may not reach, and what they may not keep from happening."""

import pytest

from reviewbot.core import events, signatures
from reviewbot.core.events import Me
from reviewbot.errors import UsageError
from reviewbot.model.event import CommandGiven, ReviewWanted
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome
from reviewbot.model.policy import ReviewPolicy

REF = MergeRequestRef(7, 3)
STRANGER = CommandGiven(REF, "review", "", 66, "stranger", 9, "d1", "a")


def event(changes=None, **attributes):
    return {
        "object_kind": "merge_request",
        "project": {"id": 7},
        "object_attributes": {"iid": 3, "action": "update" if changes else "open"} | attributes,
        "changes": changes or {},
    }


@pytest.mark.parametrize("iid", [-5, 2**63, "9" * 30, 1e30])
def test_a_number_that_no_column_takes_is_a_malformed_event(iid):
    with pytest.raises(UsageError, match="iid"):
        events.classify(event(iid=iid), Me(), ReviewPolicy())


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": {"previous": [], "current": [{"title": []}]}},
        {"reviewer_ids": {"previous": 1, "current": "12"}},
        {"reviewer_ids": {"previous": None, "current": {"1": 1}}},
    ],
)
def test_changes_of_another_shape_start_nothing(changes):
    assert not isinstance(events.classify(event(changes), Me(1, "bot"), ReviewPolicy()), ReviewWanted)


def test_a_timestamp_of_thousands_of_digits_is_refused_like_any_other():
    headers = {"webhook-signature": "v1,x", "webhook-id": "x", "webhook-timestamp": "9" * 5_000}
    assert "timestamp" in signatures.problem(headers, b"{}", ["whsec_a2V5"], 0.0)


def _taken(jobs, job_id):
    return jobs.take(job_id, "me", 100.0)[1]


def test_a_push_after_a_strangers_command_is_not_a_persons_wish(jobs):
    job_id = jobs.want(STRANGER, 100.0)
    jobs.want(ReviewWanted(REF, "b", "pushed"), 100.0)
    assert (jobs.get(job_id).trigger, jobs.get(job_id).explicit) == ("pushed", False)


def test_a_push_during_a_run_of_a_strangers_command_is_not_a_persons_wish(jobs):
    _taken(jobs, jobs.want(STRANGER, 100.0))
    job_id = jobs.want(ReviewWanted(REF, "b", "pushed"), 101.0)
    assert not jobs.get(job_id).explicit


def test_a_strangers_command_does_not_swallow_the_event_of_the_same_head(jobs):
    job_id = jobs.want(STRANGER, 100.0)
    lease = _taken(jobs, job_id)
    assert jobs.want(ReviewWanted(REF, "a", "pushed"), 101.0) not in {None, job_id}
    jobs.finish(lease, Outcome("ignored", "The command needs at least the Developer role", "a"), 102.0)


def test_a_head_that_a_stranger_asked_for_in_vain_is_reviewed_when_its_event_comes(jobs):
    lease = _taken(jobs, jobs.want(STRANGER, 100.0))
    jobs.finish(lease, Outcome("ignored", "The command needs at least the Developer role", "a"), 101.0)
    assert jobs.want(ReviewWanted(REF, "a", "opened"), 102.0) is not None
