"""`serve` starts while GitLab is away: nothing that came meanwhile is lost, nothing is done twice."""

import signal

import httpx
import pytest
from e2e.stage import PLANTED, SHUTDOWN

from reviewbot.model.event import Delivery, Undecided
from reviewbot.model.job import JobState

pytestmark = pytest.mark.integration


@pytest.fixture
def away(stage):
    """GitLab answers nobody until its faults are cleared; it still sends its webhooks."""
    stage.faults.add("*", "", "drop", times=10**9)
    return stage


def answers(stage):
    """What the bot has answered to people."""
    found = [stage.mark(note.body) for note in stage.mr.notes]
    return [mark.extra for mark in found if mark is not None and mark.kind == "reply"]


def statuses(stage):
    """How the webhooks were answered."""
    stage.lab.settle()
    return [(one.status, one.answer) for one in stage.lab.deliveries.all]


def test_events_that_come_before_gitlab_tells_who_the_bot_is_are_decided_when_it_does(away):
    _, url = away.listen("serve", known=False)
    away.open(draft=True)  # not reviewed by itself
    away.lab.edit(away.mr, away.author, reviewers=[away.bot])
    away.lab.write(away.mr, "@reviewbot pause", away.author)
    assert {status for status, _ in statuses(away)} == {202}
    assert [b"undecided" in answer for _, answer in statuses(away)].count(True) == 2
    assert httpx.get(f"{url}/readyz").status_code == 200
    assert "2 stored events wait" in httpx.get(f"{url}/readyz").text
    assert away.store.jobs.undecided() == 2
    away.faults.clear()
    away.until(lambda: away.landed() == PLANTED and answers(away), "the review and the answer are there")
    away.until(lambda: not away.store.jobs.counts()[JobState.RUNNING], "the jobs end")
    assert (len(away.summaries()), answers(away)) == (1, ["pause"])
    assert [job.trigger for job in away.store.jobs.listed() if job.state is JobState.DONE].count("reviewer") == 1
    assert (away.store.jobs.undecided(), httpx.get(f"{url}/readyz").text) == (0, "ready\n")


def test_a_restart_in_between_loses_and_repeats_nothing(away):
    process, _ = away.listen("serve", known=False)
    away.open(draft=True)
    away.lab.edit(away.mr, away.author, reviewers=[away.bot])
    assert {status for status, _ in statuses(away)} == {202}
    process.send_signal(signal.SIGKILL)
    process.wait(SHUTDOWN)
    assert away.store.jobs.undecided() == 1
    away.listen("serve", known=False)
    assert away.store.jobs.undecided() == 1
    away.faults.clear()
    away.until(lambda: away.landed() == PLANTED and away.summaries(), "the review is there")
    away.until(lambda: not away.store.jobs.counts()[JobState.RUNNING], "the job ends")
    assert len(away.summaries()) == 1
    assert len([job for job in away.store.jobs.listed() if job.trigger == "reviewer"]) == 1


def test_an_event_of_a_process_that_ended_before_it_knew_is_decided_by_the_schedule(stage):
    stage.open(draft=True)
    stage.lab.hook("http://127.0.0.1:1/", background=False)
    stage.lab.edit(stage.mr, stage.author, reviewers=[stage.bot])
    body = stage.lab.deliveries.all[-1].body
    stage.listen("serve")
    stage.store.jobs.receive_many([Delivery("k", "merge_request", body, Undecided(stage.ref))], 0.0)
    stage.until(lambda: stage.landed() == PLANTED, "the review is there")
    assert stage.store.jobs.undecided() == 0
