"""What became of a rule's comments through the whole path, and what the bot proposes because of it."""

import time

import pytest
from e2e.house import code
from e2e.test_rules import AFTER, BEFORE, rule

from reviewbot.control import Control
from reviewbot.core import rule_health
from reviewbot.model.event import ReviewWanted
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.single.rule_changes import Wish, carry_out
from reviewbot.wiring import hearing

OWN = "The merge request is a proposal of the bot's own"
TWICE = AFTER.replace("value_20 = 20\n", "value_20 = forbidden(20)\n")


def row(case, name="no-forbidden"):
    """The rule's row in the project of the case."""
    facts = case.house.store.health.facts(time.time() - 3600, time.time() + 60, case.project.id)
    return next((one for one in rule_health.health(facts) if one.rule == name), None)


def test_what_was_fixed_by_a_push_is_addressed_and_what_came_last_had_no_chance(house):
    case = house.open({"app.py": BEFORE, **rule("no-forbidden")}, {"app.py": AFTER})
    case.reviewed()
    assert (row(case).now.posted, row(case).now.no_chance) == (1, 1)  # it is open
    case.push({"app.py": TWICE.replace("forbidden(7)", "allowed(7)")})
    case.reviewed()
    case.lab.close_merge_request(case.mr, event="merge")
    case.settled()
    house.until(lambda: hearing.sweep(house.settings, house.store, house.reviewer, Control()) >= 1, "it is looked at")
    found = row(case).now
    assert (found.posted, found.addressed, found.no_chance, found.unclear) == (2, 1, 1, 0)


def test_a_draft_says_what_it_would_have_said_however_often_it_is_pushed(house):
    case = house.open({"app.py": BEFORE, **rule("no-forbidden", status="draft")}, {"app.py": TWICE})
    case.reviewed()
    case.push({"more.py": code(30)})
    case.reviewed()
    found = row(case)
    assert (found.now.posted, found.shadowed, found.shadowed_in) == (0, 2, 1)


@pytest.mark.parametrize("name", ["reviewbot-bot", "reviewbot"])
def test_the_bot_reviews_no_proposal_of_its_own(own_house, name):
    house = own_house()
    house.bot.username = name
    case = house.open({"app.py": BEFORE, **rule("no-forbidden", status="draft")}, {"app.py": AFTER})
    case.reviewed()
    wish = Wish("promote", "no-forbidden", case.project.path, "90d")
    proposed = carry_out(house.settings, wish, dry_run=False).proposed
    house.lab.settle()
    mine = MergeRequestRef(case.project.id, proposed.iid)
    jobs = [job for job in house.store.jobs.listed(limit=50) if job.ref == mine]
    assert jobs == []
    head = case.project.merge_requests[proposed.iid].sha
    house.tell(house.store.jobs.want(ReviewWanted(mine, head, "poll"), time.time()))
    run = house.until(lambda: next(iter(house.store.runs.recent(1, mine)), None), "the polled head has a run")
    assert (run.state, run.reason) == ("ignored", OWN)
    assert OWN in {one.result for one in house.inbox()}
    assert case.on() == []
    theirs = case.project.merge_requests[proposed.iid]
    house.lab.push(theirs, {"app.py": AFTER + "more = forbidden(9)\n"}, user=case.developer)
    run = house.until(lambda: newer(house, mine, run), "what somebody else pushed there is reviewed")
    assert run.state == "done"


def newer(house, ref, than):
    return next((one for one in house.store.runs.recent(1, ref) if one.id != than.id), None)
