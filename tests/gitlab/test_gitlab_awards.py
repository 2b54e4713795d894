"""Emoji on the notes of a merge request: all of them, in a few requests, whatever the version of GitLab."""

import pytest

from reviewbot.control import Control
from reviewbot.model.feedback import Award


@pytest.fixture
def people(world):
    return [world.lab.user(f"person{number}") for number in range(3)]


def looked(world, *notes):
    """The emoji, and how many requests they took."""
    forge = world.forge()
    found = forge.overheard(world.ref, Control())
    before = len(world.lab.requests)
    awards = forge.awards(found, {note.id for note in notes}, Control())
    return sorted(awards, key=lambda one: (one.note_id, one.user_id, one.emoji)), len(world.lab.requests) - before


def wrote(world, number):
    return [world.lab.write(world.mr, f"Note {n}", threaded=True) for n in range(number)]


@pytest.mark.parametrize("graphql", [True, False])
def test_the_emoji_of_people_on_the_notes_that_are_asked_about(world, people, graphql):
    world.lab.world.emoji_by_graphql = graphql
    first, second, other = wrote(world, 3)
    for note, user, name in (
        (first, people[0], "thumbsup"),
        (first, people[1], "thumbsdown"),
        (first, world.bot, "eyes"),
        (second, people[0], "thumbsup"),
        (other, people[2], "tada"),
    ):
        world.lab.react(world.mr, note, user, name)
    found, _ = looked(world, first, second)
    assert found == [
        Award(first.id, people[0].id, "thumbsup"),
        Award(first.id, people[1].id, "thumbsdown"),
        Award(second.id, people[0].id, "thumbsup"),
    ]


def test_a_hundred_notes_are_one_request(world, people):
    notes = wrote(world, 250)
    world.lab.react(world.mr, notes[0], people[0])
    world.lab.react(world.mr, notes[-1], people[1])
    found, requests = looked(world, *notes)
    assert ([one.note_id for one in found], requests) == ([notes[0].id, notes[-1].id], 3)


def test_without_graphql_very_many_notes_are_not_looked_at(world, people):
    world.lab.world.emoji_by_graphql = False
    notes = wrote(world, 101)
    world.lab.react(world.mr, notes[0], people[0])
    forge = world.forge()
    found = forge.overheard(world.ref, Control())
    ids = [note.id for note in notes]
    assert forge.awards(found, ids, Control()) is None
    assert [one.note_id for one in forge.awards(found, ids[:100], Control())] == [notes[0].id]


def test_a_note_with_very_many_emoji_is_asked_about_by_itself(world):
    (note,) = wrote(world, 1)
    for number in range(101):
        world.lab.react(world.mr, note, world.lab.user(f"fan{number}"))
    found, requests = looked(world, note)
    assert (len(found), requests) == (101, 3)


def test_a_refusal_of_graphql_is_no_end(world, people):
    (note,) = wrote(world, 1)
    world.lab.react(world.mr, note, people[0])
    world.deny("POST", r"/api/graphql")
    assert len(looked(world, note)[0]) == 1


@pytest.mark.parametrize("kind", ["unavailable", "bad_gateway", "lose"])
def test_a_fault_is_tried_again(world, people, kind):
    (note,) = wrote(world, 1)
    world.lab.react(world.mr, note, people[0])
    world.faults.add("POST", r"/api/graphql", kind)
    assert len(looked(world, note)[0]) == 1


def test_a_merged_merge_request_is_overheard(world):
    world.lab.write(world.mr, "Late", threaded=True)
    world.lab.close_merge_request(world.mr, None, "merge")
    found = world.forge().overheard(world.ref, Control())
    assert (found.state, found.changes, found.refs.head_sha) == ("merged", (), world.mr.sha)
    assert any(note.body == "Late" for discussion in found.discussions for note in discussion.notes)
