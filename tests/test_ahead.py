"""Findings go to the judge while the model still reads: the same outcome in whatever order answers come."""

import contextlib
import random
import threading
from dataclasses import replace

import pytest
from making_findings import diff_of
from standins.model import KeptInMemory, Words

from reviewbot import resources
from reviewbot.asking.ask import Asker
from reviewbot.asking.budget import Budget
from reviewbot.asking.conversation import Patience
from reviewbot.asking.turns import FairExecutor
from reviewbot.bench import Bench
from reviewbot.control import Control
from reviewbot.core import reviewers, rules
from reviewbot.core.packs import Shelf
from reviewbot.core.prompts import About, Templates
from reviewbot.core.rulebooks import Layer
from reviewbot.core.schemas import SCHEMAS
from reviewbot.examine import Subject, examine
from reviewbot.following import Memory
from reviewbot.isolated import Isolated
from reviewbot.llm.client import OpenAIModels
from reviewbot.model.merge_request import RawChange
from reviewbot.model.policy import ReviewPolicy
from reviewbot.standin.model import ModelStandIn
from reviewbot.standin.model_script import Behaviour, confirming, reviewer
from reviewbot.standin.serving import serving

pytestmark = pytest.mark.timeout(60)

NAMES = ("alpha", "beta", "gamma", "delta")
POLICY = ReviewPolicy(
    chunk_tokens=75, reviewers=("correctness", "performance", "security"), walkthrough=False, context=False, tools=False
)
FOLDER = resources.folder("prompts")
FIND = reviewer()


def change(name, lines=12):
    text = "".join(f"+    total += {name}_{number}\n" for number in range(lines))
    planted = f"+    {name} = open(order)  # PLANT(warning): {name} is never closed\n"
    return RawChange(
        f"{name}/{name}.py", f"{name}/{name}.py", f"@@ -0,0 +1,{lines + 1} @@\n{text}{planted}", new_file=True
    )


DIFF = diff_of(*(change(name) for name in NAMES))


@contextlib.contextmanager
def asked_of(script, judge, answers=None, at_once=8):
    standin = ModelStandIn(script, judge=judge)
    with serving(standin.app) as url, contextlib.ExitStack() as stack:
        models = OpenAIModels(
            base_url=f"{url}/v1",
            api_key="",
            model="gpt-4o",
            schemas={str(name): schema for name, schema in SCHEMAS.items()},
            counter=Words(),
            idle_seconds=20,
            request_seconds=60,
        )
        stack.callback(models.close)
        executor = FairExecutor(at_once)
        stack.callback(executor.close)
        asker = Asker(models, answers or KeptInMemory(), executor, Words(), Patience(attempts=1))
        loaded = reviewers.load(FOLDER)
        yield standin, Bench(Templates(FOLDER, loaded), loaded, Shelf(), Words(), asker, at_once, Isolated())


def examined(bench, budget=None, control=None, memory=None, **policy):
    subject = Subject(DIFF, About(title="Open"), replace(POLICY, **policy), lambda paths: {}, memory=memory or Memory())
    return examine(subject, bench, control or Control(60), budget or Budget())


def prompts_to_the_judge(standin):
    return sorted(received.text for received in standin.requests if received.schema == "verdicts")


def test_the_judge_is_asked_while_other_files_are_being_read():
    judged = threading.Event()

    def read(received):
        last = "gamma/gamma.py" in received.text.rpartition("The part of the change")[2]
        return replace(FIND(received), gate=judged if last else None)

    def judge(received):
        judged.set()
        return confirming(received)

    with asked_of(read, judge) as (standin, bench):
        done = examined(bench).examination
    assert judged.is_set()
    assert sorted(one.title for one in done.findings) == sorted(f"{name} is never closed" for name in NAMES)
    assert {one.certainty for one in done.findings} == {"confirmed"}
    assert {one.votes for one in done.findings} == {3}
    assert len(prompts_to_the_judge(standin)) == len(NAMES)


@pytest.mark.parametrize("passes", [1, 2])
def test_the_order_of_answers_changes_nothing(passes):
    outcomes, asked = [], []
    for seed in range(4):
        chance = random.Random(seed)

        def read(received, chance=chance):
            return replace(FIND(received), latency=chance.random() / 30)

        def judge(received, chance=chance):
            return replace(confirming(received), latency=chance.random() / 30)

        with asked_of(read, judge) as (standin, bench):
            done = examined(bench, passes=passes)
        outcomes.append((done.examination.findings, done.examination.dropped, done.version.findings))
        asked.append(prompts_to_the_judge(standin))
    assert outcomes == outcomes[:1] * 4
    assert asked == asked[:1] * 4


def test_a_restart_pays_for_nothing_that_was_judged():
    kept = KeptInMemory()
    with asked_of(FIND, confirming, kept) as (standin, bench):
        first = examined(bench).examination
        asked = len(standin.requests)
        again = examined(bench).examination
    assert asked == 4 * 3 + 4
    assert len(standin.requests) == asked
    assert again.findings == first.findings
    assert again.usage.requests == 0


def test_what_is_known_or_dismissed_needs_no_judge():
    with asked_of(FIND, confirming) as (standin, bench):
        version = examined(bench).version
        standin.requests.clear()
        again = examined(bench, memory=Memory(earlier=version, whole=True)).examination
    assert {one.certainty for one in again.findings} == {"confirmed"}
    assert len(again.findings) == len(NAMES)
    assert prompts_to_the_judge(standin) == []


def test_a_draft_rule_takes_no_reviewers_finding_with_it():
    front = "id: closed\ntitle: Never closed\nstatus: draft\npattern: {regex: 'open\\('}"
    draft = rules.parse(f"---\n{front}\n---\nClose files.\n", "closed.md")
    with asked_of(FIND, confirming) as (standin, bench):
        done = examined(replace(bench, shelf=Shelf(instance=Layer("instance", (draft,))))).examination
    assert {(one.title, one.certainty) for one in done.findings} == {
        (f"{name} is never closed", "confirmed") for name in NAMES
    }
    assert [(one.stage, one.title) for one in done.dropped if one.stage == "shadow"] == [("shadow", draft.title)] * 4
    assert len(prompts_to_the_judge(standin)) == len(NAMES)


def test_without_a_judge_nothing_is_held_back():
    with asked_of(FIND, confirming) as (standin, bench):
        done = examined(bench, judge=False).examination
    assert [one.certainty for one in done.findings] == [""] * 4
    assert prompts_to_the_judge(standin) == []


def test_what_was_found_before_the_money_ended_is_verified_with_what_is_kept_for_it():
    with asked_of(FIND, confirming, at_once=1) as (_, bench):
        whole = examined(bench).examination.usage.cost_usd
    with asked_of(FIND, confirming, at_once=1) as (_, bench):
        done = examined(bench, Budget(0.7 * whole, price=lambda usage: whole / 100)).examination
    assert "confirmed" in {one.certainty for one in done.findings}
    assert not all(file.complete for file in done.coverage)
    assert done.usage.cost_usd <= 0.75 * whole


def test_what_was_found_before_the_time_ended_is_verified_in_what_is_kept_for_it():
    def read(received):
        last = "gamma/gamma.py" in received.text.rpartition("The part of the change")[2]
        return Behaviour(silent_after=0) if last else FIND(received)

    with asked_of(read, confirming) as (_, bench):
        done = examined(bench, control=Control(6)).examination
    assert "confirmed" in {one.certainty for one in done.findings}
    assert "gamma/gamma.py" in [file.path for file in done.coverage if not file.complete]
