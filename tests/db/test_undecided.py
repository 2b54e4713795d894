"""Events that are stored before it is known who the bot is."""

import json
import threading

from sqlalchemy import select

from reviewbot.db import inbox as receiving
from reviewbot.db.tables import inbox
from reviewbot.model.event import CommandGiven, Delivery, Ignored, ReviewWanted, Undecided
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef

REF = MergeRequestRef(7, 3)


def read(body):
    """What a stored body means, once the bot is known."""
    said = json.loads(body)
    ref = MergeRequestRef(7, said.get("iid", 3))
    if "ignored" in said:
        return Ignored(said["ignored"])
    if "command" in said:
        return CommandGiven(ref, said["command"], "", 5, "ada", said["note"], "d", "old")
    return ReviewWanted(ref, said["head"], said["trigger"], explicit=True)


def store(jobs, **said):
    body = json.dumps(said).encode()
    ref = MergeRequestRef(7, said.get("iid", 3))
    return jobs.receive_many([Delivery(body.hex(), "note", body, Undecided(ref))], 100.0)


def rows(database):
    query = select(inbox.c.undecided, inbox.c.note, inbox.c.job_id, inbox.c.project_id).order_by(inbox.c.id)
    return database.read(lambda c: [tuple(row) for row in c.execute(query)])


def test_an_undecided_event_is_kept_with_its_reason_and_starts_nothing(jobs, database):
    assert store(jobs, head="a", trigger="reviewer") == [None]
    assert store(jobs, head="a", trigger="reviewer") == [None]  # a repeated delivery
    assert jobs.undecided() == 1
    assert rows(database) == [(True, "Waits until GitLab has told who the bot is", None, 7)]
    assert jobs.counts()[JobState.WAITING] == 0


def test_undecided_events_are_decided_in_their_order_and_once(jobs, database):
    store(jobs, head="a", trigger="reviewer")
    store(jobs, command="pause", note=1)
    store(jobs, command="resume", note=2)
    store(jobs, ignored="The note is the bot's own")
    due = jobs.decide(read, 200.0)
    assert [jobs.get(each.job_id).kind for each in due] == ["review", "command"]
    assert [given.command for given in jobs.get(due[1].job_id).commands] == ["pause", "resume"]
    assert jobs.decide(read, 201.0) == []
    assert jobs.undecided() == 0
    review, command = (each.job_id for each in due)
    told = [(False, "", review, 7), (False, "", command, 7), (False, "", command, 7)]
    assert rows(database) == [*told, (False, "The note is the bot's own", None, None)]


def test_a_late_decision_does_not_bring_an_old_head_back(jobs):
    store(jobs, head="a", trigger="reviewer")
    job_id = jobs.want(ReviewWanted(REF, "b", "pushed"), 101.0)
    _, lease = jobs.take(job_id, "one", 110.0)
    (due,) = jobs.decide(read, 111.0)
    jobs.guard(lease)
    assert (jobs.get(due.job_id).head_sha, jobs.get(due.job_id).explicit) == ("", True)


def test_many_undecided_events_are_decided_by_two_at_once_each_once(jobs):
    many = 2 * receiving.DECIDED_AT_ONCE + 3
    for iid in range(1, many + 1):
        store(jobs, head="a", trigger="reviewer", iid=iid)
    seen, lock, ready = [], threading.Lock(), threading.Barrier(2)

    def decide():
        def reading(body):
            with lock:
                seen.append(body)
            return read(body)

        ready.wait()
        jobs.decide(reading, 200.0)

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == many
    assert (jobs.undecided(), jobs.counts()[JobState.WAITING]) == (0, many)
