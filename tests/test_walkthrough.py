"""The walkthrough beside the specialists: when it is asked for, and that its failure costs nothing else."""

import dataclasses

import pytest
from making_findings import diff_of
from standins.model import KeptInMemory
from test_verifying import judged_by

from reviewbot import walkthrough
from reviewbot.asking.budget import Budget
from reviewbot.bench import Material
from reviewbot.control import Control
from reviewbot.core import reviewers
from reviewbot.core.prompts import About
from reviewbot.model.chunk import Tier
from reviewbot.model.merge_request import RawChange
from reviewbot.model.outcome import ReviewedVersion, Walkthrough
from reviewbot.model.policy import ReviewPolicy
from reviewbot.reading import read
from reviewbot.resources import folder
from reviewbot.standin.model_script import Behaviour, always, failing, telling

DIFF = diff_of(*(RawChange(f"{n}.py", f"{n}.py", "@@ -1,0 +1,2 @@\n+one\n+two\n") for n in "ab"))
BEFORE = ReviewedVersion("", walkthrough=Walkthrough("Before.", (("a.py", "Old"), ("gone.py", "Old"))))
REVIEWERS = reviewers.load(folder("prompts"))


def asked(teller=telling, *, answers=None, tier=Tier.LITE, files=DIFF.files, diff=DIFF, **policy):
    """What was told, the schemas of the requests, and the reading."""
    with judged_by(None, answers, teller=teller) as (standin, bare):
        bench = dataclasses.replace(bare, reviewers=REVIEWERS)
        material = Material(files, {}, (), About(), ReviewPolicy(**policy), tier)
        questions = walkthrough.questions(diff.files, material, bench)
        reading = read(material, diff, bench, Control(60), Budget(), lambda *_: None, questions)
        return walkthrough.told(reading.aside, BEFORE, diff), [one.schema for one in standin.requests], reading


def test_one_request_beside_the_specialists_tells_of_every_file():
    told, schemas, reading = asked()
    assert told == Walkthrough("The change was read.", (("a.py", "Lines are changed"), ("b.py", "Lines are changed")))
    assert schemas.count("summary") == 1
    assert reading.usage.requests == len(schemas)


@pytest.mark.parametrize("off", [{"tier": Tier.TRIVIAL}, {"walkthrough": False}, {"files": ()}])
def test_it_is_not_asked_for_a_trivial_change_or_where_nothing_is_new_or_nobody_wants_it(off):
    told, schemas, _ = asked(**off)
    assert "summary" not in schemas
    assert told == Walkthrough("Before.", (("a.py", "Old"),))


@pytest.mark.parametrize("behaviour", [failing(400), Behaviour(text="I will not."), Behaviour(refusal="no")])
def test_a_failure_costs_the_new_words_and_nothing_else(behaviour):
    told, _, reading = asked(always(behaviour))
    assert told == Walkthrough("Before.", (("a.py", "Old"),))
    assert (reading.unread, reading.dropped) == ({}, [])


def test_the_same_change_on_other_lines_is_told_from_the_kept_answer():
    kept = KeptInMemory()
    first, _, _ = asked(answers=kept)
    moved = diff_of(*(RawChange(f"{n}.py", f"{n}.py", "@@ -9,0 +9,2 @@\n+one\n+two\n") for n in "ab"))
    again, schemas, _ = asked(answers=kept, files=moved.files, diff=moved)
    assert again == first
    assert "summary" not in schemas
