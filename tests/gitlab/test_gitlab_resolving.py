"""Threads of fixed findings are told and resolved exactly once, whatever happens on the way."""

from contextlib import suppress

import pytest

from reviewbot.core.threads import FIXED
from reviewbot.errors import TransientError
from reviewbot.gitlab.resolving import REFUSED
from reviewbot.model.outcome import Resolution


@pytest.fixture
def posted(world):
    """Three comments that stand there, and nothing else to write from now on."""
    world.publish(world.plan())
    return world


def thread(world, fingerprint):
    note_id = world.note_ids()[fingerprint]
    return next(one for one in world.mr.discussions if one.notes[0].id == note_id)


def resolution(world, fingerprint="f5", *, resolve=True):
    body = world.marked("reply", fingerprint, "Fixed.", extra=FIXED)
    return Resolution(fingerprint, thread(world, fingerprint).id, body, resolve=resolve)


def publish(world, *resolutions):
    return world.publish(world.plan(resolutions=resolutions or (resolution(world),)))


def said(world, fingerprint="f5"):
    return [note.body.split("\n")[0] for note in thread(world, fingerprint).notes[1:] if not note.system]


def test_a_fixed_thread_gets_one_line_and_is_resolved(posted):
    published = publish(posted)
    assert (said(posted), thread(posted, "f5").resolved, published.resolved) == (["Fixed."], True, ("f5",))
    assert [thread(posted, other).resolved for other in ("f20", "f21")] == [False, False]
    since = len(posted.lab.requests)
    publish(posted)
    assert (said(posted), posted.writes(since)) == (["Fixed."], [])


def test_a_thread_that_is_left_to_people_gets_the_line_once(posted):
    for _ in range(2):
        published = publish(posted, resolution(posted, resolve=False))
    assert (said(posted), thread(posted, "f5").resolved, published.resolved) == (["Fixed."], False, ())


def test_an_answer_that_came_meanwhile_keeps_the_thread_open(posted):
    planned = resolution(posted)
    posted.lab.write(posted.mr, "Are you sure?", thread=thread(posted, "f5"))
    publish(posted, planned)
    assert (said(posted), thread(posted, "f5").resolved) == (["Are you sure?", "Fixed."], False)


def test_a_thread_that_somebody_resolved_or_deleted_is_left_alone(posted):
    planned = [resolution(posted, name) for name in ("f5", "f20")]
    posted.lab.resolve(posted.mr, thread(posted, "f5"))
    posted.lab.delete_note(posted.mr, posted.note_ids()["f20"])
    published = posted.publish(posted.plan(posted.three()[0], resolutions=tuple(planned)))
    assert (said(posted), published.resolved, published.warnings) == ([], (), ())


def test_a_line_that_a_crashed_run_said_is_not_said_again(posted):
    planned = resolution(posted)
    posted.lab.write(posted.mr, planned.body, posted.bot, thread(posted, "f5"))
    publish(posted, planned)
    assert (said(posted), thread(posted, "f5").resolved) == (["Fixed."], True)


def test_a_bot_that_may_not_resolve_says_so_once(posted):
    posted.deny("PUT", r"/discussions/\w+$")
    published = publish(posted, resolution(posted, "f5"), resolution(posted, "f20"))
    assert [one for one in published.warnings if one == REFUSED] == [REFUSED]
    assert said(posted) == said(posted, "f20") == ["Fixed."]


CALLS = [("GET", r"/discussions/\w+$"), ("POST", r"/discussions/\w+/notes$"), ("PUT", r"/discussions/\w+$")]


@pytest.mark.parametrize("kind", ["bad_gateway", "drop", "lose", "limit"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_one_fault_at_any_call_changes_nothing(posted, call, kind):
    fault = posted.faults.add(*call, kind)
    publish(posted)
    assert fault.fired
    assert (said(posted), thread(posted, "f5").resolved) == (["Fixed."], True)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_after_an_outage_the_next_run_completes(posted, call):
    posted.faults.add(*call, "lose", times=99)
    with suppress(TransientError):
        publish(posted)
    posted.faults.clear()
    publish(posted)
    assert (said(posted), thread(posted, "f5").resolved) == (["Fixed."], True)


def test_a_line_that_comes_in_late_is_removed_again(posted):
    planned = resolution(posted)
    posted.faults.add("POST", r"/discussions/\w+/notes$", "bad_gateway")
    posted.faults.add(
        "POST",
        r"/discussions/\w+/notes$",
        "call_after",
        nth=2,
        callback=lambda: posted.lab.write(posted.mr, planned.body, posted.bot, thread(posted, "f5")),
    )
    publish(posted, planned)
    assert (said(posted), thread(posted, "f5").resolved) == (["Fixed."], True)
