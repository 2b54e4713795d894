"""What the bot says about a merge, while GitLab, the run or the database is interrupted: said in the end, or known."""

from dataclasses import replace

import pytest

from reviewbot.control import Control
from reviewbot.core.gating import APPROVED, REQUESTED
from reviewbot.db.engine import open_database
from reviewbot.db.states import MergeRequestStates
from reviewbot.errors import Cancelled, ForgeUnavailable, LeaseLost, Superseded
from reviewbot.gate import Doorkeeper
from reviewbot.model.memory import Word
from reviewbot.model.outcome import Gate

OUTAGE = 100  # failing requests in a row: more than anybody repeats
GOOD, BAD, NEITHER = Gate(approve=True), Gate(request_changes=True), Gate()


class Gatehouse:
    """One merge request with a real database; `door()` is the door of one run."""

    def __init__(self, world, database):
        self.world = world
        self.states = MergeRequestStates(database)

    def door(self, control=None):
        forge = self.world.forge()
        mr = forge.snapshot(self.world.ref, Control())
        return Doorkeeper(forge, self.states, mr, control or Control(), may_approve=True)

    def act(self, gate, control=None):
        return self.door(control).act(self.world.plan(gate=gate))

    def word(self, which=APPROVED):
        return self.states.standing_word(self.world.ref, which)

    def approved(self):
        return self.world.bot in self.world.mr.approvals

    def requested(self):
        return any(one.state == "requested_changes" for one in self.world.mr.reviewers)


@pytest.fixture
def house(world, sqlite_url):
    world.lab.edit(world.mr, reviewers=[world.bot])
    database = open_database(sqlite_url)
    yield Gatehouse(world, database)
    database.close()


def lost():
    raise LeaseLost("another worker has it")


@pytest.mark.parametrize("kind", ["bad_gateway", "unavailable", "drop", "lose", "limit"])
def test_a_fault_costs_no_approval(house, kind):
    house.world.faults.add("POST", "/approve$", kind)
    assert house.act(GOOD) == ()
    assert (house.world.mr.approvals, house.word().state) == ([house.world.bot], "said")


@pytest.mark.parametrize("kind", ["bad_gateway", "unavailable", "lose"])
def test_an_outage_leaves_behind_that_nobody_knows_and_the_next_run_says_it_again(house, kind):
    house.world.faults.add("POST", "/approve$", kind, times=OUTAGE)
    with pytest.raises(ForgeUnavailable):
        house.act(GOOD)
    assert house.word().state == "coming"
    house.world.faults.clear()
    assert house.door().withdraw() == ()
    assert house.act(GOOD) == ()
    assert (house.world.mr.approvals, house.word().state) == ([house.world.bot], "said")


@pytest.mark.parametrize("reason", [Cancelled("shutdown"), LeaseLost("another worker has it")])
def test_a_run_that_ends_between_its_note_and_its_word_leaves_the_word_to_the_next_one(house, reason):
    asked = []

    def guard():
        asked.append(1)
        if len(asked) > 1:
            raise reason

    with pytest.raises(type(reason)):
        house.act(GOOD, Control(guard=guard))
    assert (house.approved(), house.word().state) == (False, "coming")
    house.act(GOOD)
    assert (house.approved(), house.word().state) == (True, "said")


def test_what_an_outage_left_open_is_taken_back_when_the_next_verdict_is_another_one(house):
    house.world.faults.add("POST", "/approve$", "unavailable", times=OUTAGE)
    with pytest.raises(ForgeUnavailable):
        house.act(GOOD)
    house.world.faults.clear()
    assert house.approved()
    assert house.act(NEITHER) == ()
    assert (house.approved(), house.word()) == (False, None)


def test_a_run_that_lost_its_lease_says_and_notes_nothing(house):
    before = len(house.world.lab.requests)
    for gate in (GOOD, BAD):
        with pytest.raises(LeaseLost):
            house.act(gate, Control(guard=lost))
    assert (house.word(), house.word(REQUESTED), house.world.writes(before)) == (None, None, [])


def test_a_lease_that_is_lost_amid_an_outage_ends_the_attempts(house):
    asked = []

    def guard():
        asked.append(1)
        if len(asked) > 2:
            lost()

    house.world.faults.add("POST", "/approve$", "bad_gateway")
    with pytest.raises(LeaseLost):
        house.act(GOOD, Control(guard=guard))
    assert not house.approved()


def test_an_approval_that_cannot_be_taken_back_now_is_taken_back_by_the_next_run(house):
    house.act(GOOD)
    house.world.lab.push(house.world.mr, {"b.py": "b\n"})
    house.world.faults.add("POST", "/unapprove$", "bad_gateway", times=OUTAGE)
    with pytest.raises(ForgeUnavailable):
        house.door().withdraw()
    assert (house.approved(), house.word().state) == (True, "going")
    house.world.faults.clear()
    assert house.door().withdraw() == ()
    assert (house.approved(), house.word()) == (False, None)


def test_a_withdrawal_that_was_cut_off_on_the_same_head_is_not_forgotten(house):
    house.act(GOOD)
    house.world.faults.add("POST", "/unapprove$", "bad_gateway", times=OUTAGE)
    with pytest.raises(ForgeUnavailable):
        house.act(NEITHER)
    house.world.faults.clear()
    house.door().withdraw()
    assert (house.approved(), house.word()) == (False, None)


def test_an_approval_that_the_bot_may_not_take_back_is_told_and_tried_again(house):
    house.act(GOOD)
    house.world.lab.push(house.world.mr, {"b.py": "b\n"})
    house.world.deny("POST", "/unapprove$", 403)
    (warning,) = house.door().withdraw()
    assert "could not be taken back" in warning
    assert house.word().state == "going"
    house.world.faults.clear()
    assert house.door().withdraw() == ()
    assert not house.approved()


def test_another_target_branch_is_another_version_of_the_same_head(house):
    house.world.project.commit("next", {"c.py": "c\n"})
    house.act(GOOD)
    house.world.lab.edit(house.world.mr, target_branch="next")
    house.door().withdraw()
    assert (house.approved(), house.word()) == (False, None)


def test_an_approval_that_nobody_noted_is_found(house):
    house.act(GOOD)
    house.states.put_word(house.world.ref, APPROVED, None)
    house.door().withdraw()
    assert not house.approved()


def test_a_note_of_an_older_program_counts_for_its_head(house):
    house.act(GOOD)
    house.states.put_word(house.world.ref, APPROVED, Word(house.world.mr.sha))
    house.door().withdraw()
    assert house.approved()


def test_a_head_that_moved_is_not_approved(house):
    door, plan = house.door(), house.world.plan(gate=GOOD)
    house.world.lab.push(house.world.mr, {"b.py": "b\n"})
    with pytest.raises(Superseded):
        door.act(plan)
    house.door().withdraw()
    assert (house.approved(), house.word()) == (False, None)


@pytest.mark.parametrize("move", ["push", "target"])
def test_what_changes_amid_the_approval_takes_it_back_though_its_event_was_dropped(house, move):
    world = house.world
    world.project.commit("next", {"c.py": "c\n"})

    def moved():
        if move == "push":
            world.lab.push(world.mr, {"b.py": "b\n"})
        else:
            world.lab.edit(world.mr, target_branch="next")

    world.faults.add("POST", "/approve$", "call_after", callback=moved)
    (warning,) = house.act(GOOD)
    assert "changed while it was approved" in warning
    assert (house.approved(), house.word()) == (False, None)


def test_a_bot_that_may_not_approve_says_so(house):
    house.world.deny("POST", "/approve$", 401)
    (warning,) = house.act(GOOD)
    assert ("could not be approved" in warning, house.word()) == (True, None)


def test_requested_changes_survive_an_outage_in_both_directions(house):
    graphql = house.world.faults.add("POST", "/graphql$", "unavailable", times=OUTAGE)
    with pytest.raises(ForgeUnavailable):
        house.act(BAD)
    assert house.word(REQUESTED).state == "coming"
    graphql.times = 0
    assert house.act(BAD) == ()
    assert (house.requested(), house.word(REQUESTED).state) == (True, "said")
    house.world.faults.add("POST", "/graphql$", "bad_gateway", times=OUTAGE)
    with pytest.raises(ForgeUnavailable):
        house.act(NEITHER)
    assert (house.requested(), house.word(REQUESTED).state) == (True, "going")
    house.world.faults.clear()
    assert house.act(NEITHER) == ()
    assert (house.requested(), house.word(REQUESTED)) == (False, None)


def test_a_request_that_cannot_be_taken_back_is_told_until_it_can(house):
    house.act(BAD)
    house.world.lab.world.premium = False
    for _ in range(2):
        (warning,) = house.act(NEITHER)
        assert "could not be taken back" in warning
    house.world.lab.world.premium = True
    assert house.act(NEITHER) == ()
    assert not house.requested()


def test_a_request_that_people_ended_by_asking_once_more_is_made_again(house):
    house.act(BAD)
    house.world.lab.ask_again(house.world.mr, house.world.bot)
    assert not house.requested()
    house.act(BAD)
    assert house.requested()


def test_a_bot_that_becomes_reviewer_later_requests_changes_then(house):
    house.world.lab.edit(house.world.mr, reviewers=[])
    assert len(house.act(BAD)) == 1
    assert house.act(BAD) == ()  # told once
    house.world.lab.edit(house.world.mr, reviewers=[house.world.bot])
    house.act(BAD)
    assert house.requested()


def test_nothing_is_said_without_a_plan_for_it(house):
    before = len(house.world.lab.requests)
    assert house.door().act(replace(house.world.plan(), gate=None)) == ()
    assert house.world.writes(before) == []
