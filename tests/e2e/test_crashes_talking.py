"""A worker is killed between its answer and the end of the job: whoever goes on says nothing twice."""

import re
import time

import pytest
from e2e.stage import finding
from e2e.test_crashes import kill_after

from reviewbot.broker import enqueue
from reviewbot.model.event import CommandGiven
from reviewbot.model.job import JobState
from reviewbot.standin.gitlab.state import MAINTAINER
from reviewbot.standin.model_script import Behaviour

pytestmark = pytest.mark.integration

ANSWER = '{"reply": "The loop overwrites it.", "concede": false, "suggestion": null}'
CONCESSION = '{"reply": "You are right.", "concede": true, "suggestion": null}'


def talking(received, answer=ANSWER):
    return Behaviour(text=answer) if received.schema == "reply" else finding()(received)


def conceding(received):
    return talking(received, CONCESSION)


def say(stage, body, command, thread=None, arguments=""):
    """A person's comment, and its job as the webhook makes it. -> the job's id."""
    note = stage.lab.write(stage.mr, body, stage.author, thread=thread)
    discussion = next(one for one in stage.mr.discussions if note in one.notes)
    given = CommandGiven(
        stage.ref, command, arguments, stage.author.id, stage.author.username, note.id, discussion.id, stage.mr.sha
    )
    job_id = stage.store.jobs.want(given, time.time())
    enqueue(stage._app, job_id, stage.job(job_id).kind)
    return job_id


def answers(stage):
    marks = [stage.mark(note.body) for note in stage.mr.notes]
    return [mark.extra for mark in marks if mark is not None and mark.kind == "reply"]


@pytest.fixture
def reviewed(farm):
    """Reviewed, and no worker is running."""
    farm.model.script = talking
    farm.open()
    worker = farm.start("worker")
    farm.ended(farm.want(), worker)
    worker.kill()
    worker.wait()
    return farm


def thread_on_a_line(stage):
    return next(one for one in stage.mr.discussions if one.notes[0].position is not None)


def killed_and_run_again(stage, job_id, method, path, nth=1):
    killed = kill_after(stage, stage.start("worker"), method, path, nth)
    stage.until(killed, f"it is killed after {path}")
    assert stage.state(job_id) is JobState.RUNNING
    stage.faults.clear()
    stage.ended(job_id, stage.start("worker"))


def test_an_answer_is_given_once_and_paid_for_once(reviewed):
    job_id = say(reviewed, "Why?", "reply", thread_on_a_line(reviewed))
    killed_and_run_again(reviewed, job_id, "POST", r"/discussions/\w+/notes$")
    assert reviewed.state(job_id) is JobState.DONE
    assert answers(reviewed) == ["answer"]
    assert len([one for one in reviewed.model.requests if one.schema == "reply"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "nth"),
    [
        ("GET", r"/discussions/\w+$", 2),  # what precedes the answer; the first look tells whose thread it is
        ("POST", r"/discussions/\w+/notes$", 1),
        ("PUT", r"/discussions/\w+$", 1),
    ],
)
def test_a_concession_is_said_once_and_the_finding_is_dismissed(reviewed, method, path, nth):
    reviewed.model.script = conceding
    thread = thread_on_a_line(reviewed)
    job_id = say(reviewed, "It is written so on purpose", "reply", thread)
    killed_and_run_again(reviewed, job_id, method, path, nth)
    assert answers(reviewed) == ["conceded"]
    dismissed = [one.fingerprint for one in reviewed.store.suppressions.active(reviewed.ref)]
    assert dismissed == [reviewed.mark(thread.notes[0].body).fingerprint]
    assert thread.resolved


def test_of_two_commands_each_is_carried_out_and_answered_once(reviewed):
    job_id = say(reviewed, "@reviewbot pause", "pause")
    assert say(reviewed, "@reviewbot help", "help") == job_id
    killed_and_run_again(reviewed, job_id, "POST", r"/merge_requests/\d+/notes$")
    assert answers(reviewed) == ["pause", "help"]
    assert reviewed.store.states.get(reviewed.ref).paused


@pytest.mark.parametrize("path", [r"/merge_requests/\d+/notes$", r"/statuses/"])
def test_glass_is_broken_once(reviewed, path):
    assert reviewed.project.level(reviewed.author) == MAINTAINER
    job_id = say(reviewed, "@reviewbot break glass now", "break glass", arguments="now")
    killed_and_run_again(reviewed, job_id, "POST", path)
    assert answers(reviewed) == ["break-glass"]
    assert reviewed.store.states.overrides() == 1
    assert re.match("Forced open by ada: now", reviewed.statuses()[-1][1])
