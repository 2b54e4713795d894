"""Who is asked about which chunk, in which order, and what the passes change."""

from dataclasses import replace

import pytest
from making_findings import diff_of

from reviewbot import assigning, resources
from reviewbot.bench import Bench, Material
from reviewbot.core import reviewers
from reviewbot.core.packs import Shelf
from reviewbot.core.prompts import About, Templates
from reviewbot.core.tokens import Counter
from reviewbot.errors import ConfigurationError
from reviewbot.isolated import Isolated
from reviewbot.model.chunk import Tier
from reviewbot.model.finding import Category, Severity
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.settings import load
from reviewbot.wiring.bench import bench_of
from reviewbot.wiring.memory import NoAnswers

FOLDER = resources.folder("prompts")
LOADED = reviewers.load(FOLDER)
BENCH = Bench(Templates(FOLDER, LOADED), LOADED, Shelf(), Counter(), None, 8, Isolated())
RULE = Rule("money-is-decimal", "Money is Decimal", Severity.WARNING, Category.CORRECTNESS, "advise", "Never float.")
TEXTS = dict.fromkeys(("one", "two", "three", "four"), "@@ -0,0 +1,2 @@\n+first = 1\n+second = 2\n")


def material(tier=Tier.FULL, rules=(), guidance="", **policy):
    diff = diff_of(**TEXTS)
    return Material(diff.files, {}, rules, About(guidance=guidance), replace(ReviewPolicy(), **policy), tier)


def asked(questions):
    return [question.prompt.label for question in questions]


def test_the_questions_of_a_chunk_differ_in_their_last_message_alone():
    questions = list(assigning.questions(material(rules=(RULE,)), BENCH))
    assert len(questions) == 5
    assert len({question.prompt.messages[:-1] for question in questions}) == 1
    assert len({question.prompt.messages[-1] for question in questions}) == 5
    assert len({question.prompt.prefixes for question in questions}) == 1


def test_chunk_by_chunk_each_with_all_its_reviewers():
    labels = asked(assigning.questions(material(Tier.LITE, chunk_tokens=40), BENCH))
    chunks = len(labels) // 3
    assert chunks > 1
    names = ("correctness", "performance", "security")
    assert labels == [f"{name} {number}/{chunks}" for number in range(1, chunks + 1) for name in names]


@pytest.mark.parametrize("tier", [Tier.TRIVIAL, Tier.LITE])
def test_where_nobody_is_asked_about_the_rules_alone_one_minds_them_too(tier):
    questions = list(assigning.questions(material(tier, rules=(RULE,)), BENCH))
    minding = [question for question in questions if "break one of `rules`" in question.prompt.messages[-1].content]
    assert minding == questions[:1]


def test_guidance_alone_asks_the_compliance_reviewer():
    assert "compliance 1/1" not in asked(assigning.questions(material(), BENCH))
    assert "compliance 1/1" in asked(assigning.questions(material(guidance="Use Decimal."), BENCH))


def test_passes_show_the_same_files_in_orders_of_their_own_and_are_kept_apart():
    questions = list(assigning.questions(material(Tier.TRIVIAL, passes=3), BENCH))
    assert [(question.subject.turn, question.round) for question in questions] == [(1, 1), (2, 2), (3, 3)]
    assert [question.subject.voter for question in questions] == ["general", "general#2", "general#3"]
    orders = [question.subject.chunk.paths for question in questions]
    assert {frozenset(order) for order in orders} == {frozenset(orders[0])}
    assert len(set(orders)) > 1
    again = list(assigning.questions(material(Tier.TRIVIAL, passes=3), BENCH))
    assert [question.prompt for question in again] == [question.prompt for question in questions]


def test_an_operator_chooses_who_is_asked_in_every_tier():
    for tier in Tier:
        assert asked(assigning.questions(material(tier, reviewers=("general",)), BENCH)) == ["general 1/1"]


def test_a_choice_of_nobody_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"generall.*choose of agents_md"):
        bench_of(load(reviewers=("generall",), data_dir=tmp_path), None, NoAnswers(), Counter())
