"""What `explain` and `config` answer."""

from dataclasses import replace

import pytest

from reviewbot.core import commands, configuration, explaining, linter_reports, phrases, rule_listing
from reviewbot.core.explaining import InEffect, Setting
from reviewbot.core.rulebooks import Layer
from reviewbot.core.rules import parse
from reviewbot.model.policy import ReviewPolicy

WORDS = phrases.of("English")
RULES = [
    parse(f"---\nid: {name}\ntitle: About {name}\nenforcement: block\n---\nSay {name} no more.\n", f"{name}.md")
    for name in ("no-print", "no-eval")
]
OPERATOR = ReviewPolicy(max_cost_per_review=2.0, exclude=("dist/**",), may_approve=False, tools=False)


def explained(asked, rules=RULES, disabled=(), problems=()):
    """What is told of a rule of `rules`, each with the layer that it names, in their order from far to near."""
    places = dict.fromkeys((rule.layer, rule.folder) for rule in rules)
    layers = [
        Layer(name, tuple(rule for rule in rules if rule.layer == name), folder=folder) for name, folder in places
    ]
    layers.append(Layer("here", disabled=disabled))
    rows = rule_listing.of_project(layers, len, 16_000).rows
    return explaining.rule(explaining.name_of(asked), rows, WORDS, problems)


def in_effect(text="", **more):
    files = {".reviewbot.yml": text} if text else {}
    policy = configuration.configure(OPERATOR, files)
    told = configuration.unheeded(OPERATOR, files)
    return InEffect(OPERATOR, policy, files, "main", "lite: correctness", (), told=told, **more)


@pytest.mark.parametrize("asked", ["no-eval", "`no-eval`", "NO-EVAL please", ' "no-eval".'])
def test_a_rule_is_found_however_it_is_written(asked):
    told = explained(asked)
    assert "**About no-eval** · rule `no-eval`" in told
    assert "blocks a merge" in told
    assert "Say no-eval no more." in told
    assert "switched off" not in told


def test_a_rule_that_is_switched_off_says_so():
    assert explained("no-eval", disabled=("no-eval",)).endswith("It is switched off here.")


def test_a_rule_that_is_not_known_is_not_made_up():
    told = explained("no-evil")
    assert told == "There is no rule `no-evil`. Nearest: `no-eval`, `no-print`."
    told = explained("no-evil", problems=["no-evil.md:3: a mistake"])
    assert told.endswith("\n\n> no-evil.md:3: a mistake")
    assert "`no-print`, `no-eval`" in explained("")


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("python-sql", "python-sql-injection"),
        ("sql", "python-sql-injection"),
        ("eval-python", "python-eval"),
        ("python-evil", "python-eval"),
        ("pyton-sqli", "python-sql-injection"),
        ("js-evaal", "js-eval"),
    ],
)
def test_the_nearest_names_come_in_the_order_of_their_likeness(asked, first):
    known = ["js-eval", "python-mktemp", "python-eval", "js-debugger-left", "python-sql-injection", "python-swallowed"]
    assert commands.nearest(asked, known)[0] == first
    assert commands.nearest("zzz", known) == []


def test_who_wrote_a_rule_and_whether_it_is_a_draft_is_told():
    own = replace(RULES[1], layer="project", origin=".reviewbot/rules/a.md", status="draft")
    told = explained("no-eval", [RULES[0], own])
    assert "· advises · `project: .reviewbot/rules/a.md`" in told
    assert told.endswith("It is a draft: what it finds is recorded and said to nobody.")
    assert "· blocks a merge · `built-in: no-print.md`" in explained("no-print", [RULES[0], own])
    off = replace(own, status="off")
    assert explained("no-eval", [RULES[0], off]).startswith("There is no rule")


def test_what_a_rule_replaces_and_where_another_one_counts_is_told():
    own = replace(RULES[1], layer="project", origin="a.md")
    inner = replace(RULES[1], layer="folder", folder="legacy", origin="legacy/a.md", title="Inner")
    told = explained("no-eval", [*RULES, own, inner])
    assert "`project: a.md`" in told
    assert "It takes the place of the one of `built-in`." in told
    assert told.endswith("In `legacy` another one counts: `folder: legacy/a.md`.")
    assert "About no-eval" in told


def test_every_value_is_told_with_its_origin():
    text = "pause_after: 0\nmax_inline_comments: 0\nexclude: [docs/**]\nlanguage: English\n"
    told = explaining.configuration(in_effect(text))
    assert "What applies to merge requests into `main`." in told
    assert "| `pause_after` | never | `.reviewbot.yml` |" in told
    assert "| `max_inline_comments` | no cap | `.reviewbot.yml` |" in told
    assert "| `exclude` | `dist/**, docs/**` | `.reviewbot.yml` and the operator |" in told
    assert "| `reviewers` | `lite: correctness` | default |" in told
    assert "| `max_cost_per_review` | `2.0` | the operator |" in told
    assert "| `guidance` | none | default |" in told
    told = explaining.configuration(replace(in_effect(), rules=[RULES[0], replace(RULES[1], layer="project")]))
    assert "| `rules` | `built-in: 1, project: 1` | `.reviewbot/rules` |" in told


def test_a_default_of_the_settings_is_no_word_of_the_operators():
    policy = ReviewPolicy(linter_reports=linter_reports.DEFAULT)
    told = explaining.configuration(replace(in_effect(), operator=policy, policy=policy))
    assert "report.sarif` | default |" in told
    assert "the operator" not in told
    assert "| `disabled` | none | default |" in told
    assert "| `passes_combine` | `union` | default |" in told


def test_whose_guidance_counts_is_told():
    theirs = replace(RULES[0], layer="guidance", origin="web/AGENTS.md")
    found = replace(in_effect("guidance: [agents]\n"), rules=[theirs, replace(theirs, id="b")])
    found = replace(found, files={**found.files, "AGENTS.md": "x", "CLAUDE.md": "y"})
    assert "| `guidance` | `AGENTS.md, web/AGENTS.md` | `.reviewbot.yml` |" in explaining.configuration(found)


def test_settings_and_guidance_are_told_beside_the_policy():
    found = replace(
        in_effect(),
        files={"AGENTS.md": "x"},
        settings=(Setting("max_cost_per_day", None, None), Setting("llm_model", "a|b", "")),
    )
    told = explaining.configuration(found)
    assert "| `guidance` | `AGENTS.md` | default |" in told
    assert "| `max_cost_per_day` | no limit | default |" in told
    assert "| `llm_model` | `a¦b` | the operator |" in told


def test_what_the_repository_asks_for_in_vain_is_told():
    told = explaining.configuration(in_effect("approve: true\ntools: true\njudge: true\n"))
    assert [line for line in told.split("\n") if line.startswith("> ")] == [
        "> tools: true has no effect here: the operator does not allow it",
        "> approve: true has no effect here: the operator does not allow it",
    ]
    assert configuration.unheeded(OPERATOR, {".reviewbot.yml": "approve: [\n"}) == ()
