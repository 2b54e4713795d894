"""Every rule of the built-in packs holds its own examples and says what it means: a rule is added by adding a file."""

import re
from pathlib import Path

import pytest
import yaml

from reviewbot.core import patterns, rfc2119, rules
from reviewbot.core.rule_trials import added
from reviewbot.model.finding import Category
from reviewbot.wiring import packs as shelf

FOLDER = Path(__file__).parents[2] / "rules"
FILES = sorted(FOLDER.rglob("*.md"))
ALL = tuple(rules.parse(path.read_text("utf-8"), path.relative_to(FOLDER).as_posix()) for path in FILES)
PATTERNED = [rule for rule in ALL if rule.pattern]
WORDED = [rule for rule in ALL if not rule.pattern]
PACKS = yaml.safe_load((FOLDER / "packs.yml").read_text("utf-8"))
ON = frozenset(name for pack in PACKS.values() for name in pack["default"])
BAD = [pytest.param(rule, text, id=f"{rule.id}-{index}") for rule in PATTERNED for index, text in enumerate(rule.bad)]
GOOD = [pytest.param(rule, text, id=f"{rule.id}-{index}") for rule in PATTERNED for index, text in enumerate(rule.good)]
RATIONALE, WORDS = 140, 300  # characters


def test_no_two_shipped_rules_have_one_id():
    assert len({rule.id for rule in ALL}) == len(ALL)


def each(some):
    return pytest.mark.parametrize("rule", some, ids=lambda rule: rule.id)


def pack_of(rule):
    return rule.origin.split("/")[0]


def hits(rule, text, among):
    """Ids of the rules that find something in the example, as a whole file and as a mere piece of one."""
    file = added(rules.sample_path(rule), text)
    return [[finding.rule for finding in patterns.scan(file, among, head)] for head in (text, None)]


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_bad_example_is_found_by_its_rule_and_no_other_of_the_pack(rule, text):
    whole, piece = hits(rule, text, [one for one in PATTERNED if pack_of(one) == pack_of(rule)])
    assert set(whole) == {rule.id}
    assert piece == whole


@pytest.mark.parametrize(("rule", "text"), GOOD)
def test_good_example_is_left_alone(rule, text):
    assert hits(rule, text, [rule]) == [[], []]


@each(ALL)
def test_rule_says_why_and_what_it_does_not_mean(rule):
    why, between, spared = rule.body.partition("\n\nNot meant: ")
    assert between
    assert len(spared) > 10
    assert len(why) > RATIONALE
    assert rfc2119.stated(why), "say it with MUST, SHOULD or MAY"


@each(ALL)
def test_rule_shows_both_sides(rule):
    assert rule.bad
    assert rule.good


@each(PATTERNED)
def test_hit_says_what_to_do_about_it(rule):
    assert len(rule.message) > 80
    assert rule.message.endswith((".", ")."))


@each(WORDED)
def test_rule_for_the_model_is_concrete(rule):
    assert len(rule.body) > WORDS


@each([rule for rule in ALL if rule.category is Category.SECURITY])
def test_rule_of_security_names_the_weakness(rule):
    assert re.search(r"\bCWE-\d+\b", rule.message + rule.body)


@each(ALL)
def test_file_is_named_like_its_rule(rule):
    assert Path(rule.origin).stem == rule.id
    assert Path(rule.origin).parent.name == pack_of(rule)


def test_there_are_enough_rules_and_few_that_nobody_asked_for():
    assert len(ALL) >= 40
    assert len(PATTERNED) >= 25
    assert len(ON) < len(ALL) / 3
    assert {rule.id for rule in PATTERNED} >= ON  # a worded one would cost everybody tokens


def test_each_folder_is_a_pack_that_is_told_of():
    assert set(PACKS) == {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert all(set(pack) == {"title", "description", "default"} for pack in PACKS.values())
    assert all(pack["title"] and pack["description"].endswith(".") for pack in PACKS.values())


@pytest.mark.parametrize("name", PACKS)
def test_what_a_pack_has_on_by_default_are_its_own_rules(name):
    assert set(PACKS[name]["default"]) <= {rule.id for rule in ALL if pack_of(rule) == name}
    assert len(set(PACKS[name]["default"])) == len(PACKS[name]["default"])


def test_where_nobody_says_anything_those_that_are_on_count_and_no_others():
    assert {name for pack in shelf.shipped() for name in pack.on} == ON


def test_no_rule_that_is_on_finds_anything_in_this_package():
    on = [rule for rule in PATTERNED if rule.id in ON]
    for path in sorted((FOLDER.parent / "reviewbot").rglob("*.py")):
        text = path.read_text("utf-8")
        assert patterns.scan(added(str(path.relative_to(FOLDER.parent)), text), on, text) == ()


def test_documentation_lists_each_rule_in_its_pack_and_how_it_works():
    text = (FOLDER.parent / "docs" / "rules.md").read_text("utf-8")
    told = {row[1]: row[2] for row in re.finditer(r"^\| `([a-z]+)` \| .* \| (.*) \|$", text, re.MULTILINE)}
    for name in PACKS:
        listed = [_listed(rule) for rule in ALL if pack_of(rule) == name]
        assert told.get(name) == ", ".join(listed)


def _listed(rule):
    return f"**`{rule.id}`**" if rule.id in ON else f"`{rule.id}`" if rule.pattern else f"*`{rule.id}`*"
