"""Every place for reviews is taken by a model that does not answer: what people say is heard all the same."""

import threading

import pytest
from e2e.stage import AFTER, PLANTED, finding
from e2e.test_crashes_talking import answers

from reviewbot.model.job import JobState

pytestmark = pytest.mark.integration

PLACES = 2


@pytest.fixture(params=["serve", "web"])
def busy(request, stage):
    """As many reviews as there are places, waiting for the model, and one more that waits for a place.

    -> (the stage, what lets the model answer); the stage's own merge request is among those that are reviewed.
    """
    go = threading.Event()
    stage.model.script = finding(gate=go)
    stage.environment["worker_concurrency"] = PLACES
    if request.param == "web":
        stage.broker(request.getfixturevalue("redis_url"))
        for part in ("worker", "schedule"):
            stage.start(part)
    stage.listen(request.param)
    stage.open()
    for number in range(PLACES):
        stage.project.commit(f"other{number}", AFTER, "The same again", author=stage.author)
        stage.project.merge_request(f"other{number}", "main", f"Another {number}", "", author=stage.author)
    stage.until(lambda: counts(stage) == (PLACES, 1), "all places are taken")
    yield stage, go
    go.set()


def counts(stage):
    found = stage.store.jobs.counts()
    return found[JobState.RUNNING], found[JobState.WAITING]


def test_break_glass_is_answered_while_all_places_are_taken_by_reviews(busy):
    stage, go = busy
    stage.lab.write(stage.mr, "@reviewbot break glass the shop is down", stage.author)
    stage.until(lambda: answers(stage) == ["break-glass"], "break glass is answered")
    assert stage.store.states.get(stage.ref).overridden
    stage.until(lambda: counts(stage) == (PLACES, 1), "its job ends, and the reviews go on")
    assert stage.landed() == []
    go.set()
    stage.until(lambda: counts(stage) == (0, 0), "all reviews end")
    assert stage.landed() == PLANTED
