"""The smaller questions and answers: roles, reactions, replies, open heads."""

import time

import pytest

from reviewbot.control import Control
from reviewbot.errors import ForgeNotFound
from reviewbot.model.merge_request import MergeRequestRef, OpenHead


def test_roles_of_members_and_strangers(world):
    forge = world.forge()
    assert forge.access_level(world.project.id, world.bot.id) == 30
    assert forge.access_level(world.project.id, world.lab.user("stranger").id) == 0


def test_a_machine_is_one_whatever_its_name(world):
    forge = world.forge()
    assert forge.machine(world.lab.user("duo", bot=True).id)
    assert not forge.machine(world.lab.user("ada").id)
    assert not forge.machine(999_999)


@pytest.mark.parametrize(
    ("visibility", "member", "trusted"),
    [("public", False, False), ("internal", False, False), ("private", False, True), ("public", True, True)],
)
def test_whom_a_project_trusts(world, visibility, member, trusted):
    world.project.visibility = visibility
    author = world.lab.user("author")
    if member:
        world.project.member(author, 20)
    world.mr.author = author
    forge = world.forge()
    assert forge.trusted(forge.snapshot(world.ref, Control())) is trusted


def test_an_emoji_twice_is_one_emoji(world):
    note = world.lab.write(world.mr, "@reviewbot review")
    for _ in range(2):
        world.forge().react(world.ref, note.id, "eyes")
    assert [award.name for award in note.awards] == ["eyes"]


@pytest.mark.parametrize("kind", ["lose", "unavailable", "bad_gateway"])
def test_an_answer_in_a_thread_comes_once(world, kind):
    note = world.lab.write(world.mr, "Why?", threaded=True)
    thread = next(one for one in world.mr.discussions if note in one.notes)
    world.faults.add("POST", "/notes$", kind)
    world.forge().reply(world.ref, thread.id, "Because.")
    assert [one.body for one in thread.notes] == ["Why?", "Because."]


@pytest.mark.parametrize("kind", ["lose", "bad_gateway"])
def test_an_answer_to_an_individual_note_is_a_note_of_its_own(world, kind):
    note = world.lab.write(world.mr, "Why?")
    thread = next(one for one in world.mr.discussions if note in one.notes)
    world.faults.add("POST", "/notes$", kind)
    world.forge().reply(world.ref, thread.id, "Because.")
    assert [one.body for one in thread.notes] == ["Why?"]
    assert [one.body for one in world.lab.notes(world.mr)] == ["Why?", "Because."]


def test_open_heads_of_one_project_and_of_all(world):
    world.project.commit("draft", {"d.txt": "d\n"})
    world.project.merge_request("draft", "main", draft=True)
    world.project.commit("closed", {"c.txt": "c\n"})
    world.lab.close_merge_request(world.project.merge_request("closed", "main"))
    hidden = world.lab.project("other/hidden")
    hidden.commit("main", {"a": "a"})
    hidden.commit("b", {"a": "b"})
    hidden.merge_request("b", "main")
    expected = [OpenHead(world.ref, world.mr.sha, "main")]
    assert list(world.forge().open_heads(world.project.id, time.time() - 86_400)) == expected
    assert list(world.forge().open_heads(None, time.time() - 86_400)) == expected
    assert list(world.forge().open_heads(None, time.time() + 10 * 365 * 86_400)) == []


def test_the_id_of_a_project_by_its_path(world):
    assert world.forge().project_id("team/app") == world.project.id
    with pytest.raises(ForgeNotFound):
        world.forge().project_id("team/nowhere")


def test_head_and_state(world):
    assert world.forge().head(world.ref) == (world.mr.sha, "opened")
    with pytest.raises(ForgeNotFound):
        world.forge().head(MergeRequestRef(world.project.id, 99))
