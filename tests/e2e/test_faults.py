"""GitLab fails in every way it can, at every call of a review: all comments once, or an end that says why."""

import re
import time
from dataclasses import replace

import pytest
from e2e.stage import ENDS, PLANTED

from reviewbot.broker import make_app
from reviewbot.gitlab.retrying import Backoff
from reviewbot.model.job import JobState
from reviewbot.processes import worker_context
from reviewbot.wiring.reviews import reviewer_of
from reviewbot.worker.running import Running
from reviewbot.worker.tasks import Tasks

pytestmark = pytest.mark.integration

MR = r"/merge_requests/\d+"
# Every call of a review to GitLab's API: method, path, and which of them in turn.
CALLS = {
    "merge request": ("GET", rf"{MR}$", 1),
    "head": ("GET", rf"{MR}$", 2),
    "diffs": ("GET", rf"{MR}/diffs$", 1),
    "versions": ("GET", rf"{MR}/versions$", 1),
    "tickets": ("GET", rf"{MR}/closes_issues$", 1),
    "threads": ("GET", rf"{MR}/discussions$", 1),
    "threads again": ("GET", rf"{MR}/discussions$", 2),
    "own user": ("GET", r"/user$", 1),
    "drafts": ("GET", rf"{MR}/draft_notes$", 1),
    "first draft": ("POST", rf"{MR}/draft_notes$", 1),
    "third draft": ("POST", rf"{MR}/draft_notes$", 3),
    "last draft": ("POST", rf"{MR}/draft_notes$", len(PLANTED)),
    "batch": ("POST", rf"{MR}/draft_notes/bulk_publish$", 1),
    "summary": ("POST", rf"{MR}/notes$", 1),
    "status": ("POST", r"/statuses/[0-9a-f]+$", 1),
}
KINDS = {method_path[:2]: name for name, method_path in reversed(CALLS.items())}
GIT = {"refs": ("GET", r"\.git/info/refs$"), "pack": ("POST", r"\.git/git-upload-pack$")}
FAULTS = {
    "502, not carried out": ("bad_gateway", None),
    "502, carried out": ("unavailable", None),
    "dropped before": ("drop", None),
    "answer lost": ("lose", None),
    "429": ("limit", "0"),
    "429, come back much later": ("limit", "120"),
    "429, without a time": ("limit", None),
}
QUICK = Backoff(attempts=4, first=0.001, longest=0.005, limited=0.001, patience=2)


class Desk:
    """The inside of a worker in this process, on a clock that jumps to the next try."""

    def __init__(self, stage):
        self.stage = stage
        self.now = time.time()
        self.reviewer = replace(reviewer_of(stage.settings(), stage.store), backoff=QUICK, ready_within=0.2)
        context = worker_context(stage.settings(), stage.store, self.reviewer, lambda job_id: None)
        context = replace(context, clock=lambda: self.now)
        self.tasks = Tasks(make_app(), context, Running(context), "the worker of this test")

    def review(self):
        """Review the merge request to whatever end. -> the job."""
        job_id = self.stage.want()
        while (job := self.stage.job(job_id)).state not in ENDS:
            assert job.state is JobState.WAITING, self.stage.told()
            self.now = max(self.now, job.due_at)
            self.tasks.review(job_id)
        return job


@pytest.fixture
def desk(stage):
    stage.open()
    return Desk(stage)


def assert_all_there_once(stage, job):
    assert (job.state, job.reason) == (JobState.DONE, ""), stage.told()
    assert stage.landed() == PLANTED, stage.told()
    assert len(set(stage.fingerprints())) == len(PLANTED), stage.told()
    assert len(stage.summaries()) == 1, stage.told()
    assert stage.mr.drafts == []
    assert_asked_once(stage)


def assert_asked_once(stage):
    asked = [request.text for request in stage.model.requests]
    assert len(set(asked)) == len(asked) > 1


def called(stage):
    """The calls of GitLab's API so far, as (method, path) of `CALLS`; one that is not among them as it is."""
    found = set()
    for seen in stage.lab.requests:
        known = [kind for kind in KINDS if kind[0] == seen.method and re.search(kind[1], seen.path)]
        found |= set(known) or {(seen.method, seen.path)} if "/api/v4/" in seen.path else set()
    return found


def test_a_review_without_trouble_makes_the_calls_that_are_tested_here(stage, desk):
    assert_all_there_once(stage, desk.review())
    assert called(stage) == set(KINDS)
    assert stage.statuses() == [("failed", "Significant concerns. 2 critical findings and 3 warnings in 4 files.")]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_one_call_fails_once(stage, desk, call, fault):
    method, path, nth = CALLS[call]
    kind, retry_after = FAULTS[fault]
    hit = stage.faults.add(method, path, kind, nth=nth, retry_after=retry_after)
    assert_all_there_once(stage, desk.review())
    assert hit.fired
    assert [state for state, _ in stage.statuses()[-1:]] == ["failed"]
