"""Every rule of the built-in pack holds its own examples: a rule is added by adding a file."""

from pathlib import Path

import pytest
import yaml

from reviewbot.core import patterns, rules
from reviewbot.core.rule_trials import added

FOLDER = Path(__file__).parents[2] / "rules"
PACK = rules.parse_pack(
    (path.relative_to(FOLDER).as_posix(), path.read_text("utf-8")) for path in sorted(FOLDER.rglob("*.md"))
)
PACKS = yaml.safe_load((FOLDER / "packs.yml").read_text("utf-8"))
BAD = [pytest.param(rule, text, id=f"{rule.id}-{index}") for rule in PACK for index, text in enumerate(rule.bad)]
GOOD = [pytest.param(rule, text, id=f"{rule.id}-{index}") for rule in PACK for index, text in enumerate(rule.good)]


def hits(rule, text):
    file = added(rules.sample_path(rule), text)
    return {
        mode: [finding.quote for finding in patterns.scan(file, PACK, head) if finding.rule == rule.id]
        for mode, head in (("file", text), ("fragment", None))
    }


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_bad_example_is_found(rule, text):
    found = hits(rule, text)
    assert found["file"]
    assert found["fragment"] == found["file"]


@pytest.mark.parametrize(("rule", "text"), GOOD)
def test_good_example_is_left_alone(rule, text):
    assert hits(rule, text) == {"file": [], "fragment": []}


@pytest.mark.parametrize("rule", PACK, ids=lambda rule: rule.id)
def test_rule_says_what_it_means(rule):
    assert rule.bad
    assert rule.good
    assert rule.pattern
    assert rule.message
    assert "Not meant:" in rule.body
    assert Path(rule.origin).stem == rule.id


def test_each_folder_is_a_pack_that_is_told_of():
    assert set(PACKS) == {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert all(set(pack) == {"title", "description", "default"} for pack in PACKS.values())


@pytest.mark.parametrize("name", PACKS)
def test_what_a_pack_has_on_by_default_are_its_own_rules(name):
    assert set(PACKS[name]["default"]) <= {rule.id for rule in PACK if rule.origin.startswith(f"{name}/")}
    assert len(set(PACKS[name]["default"])) == len(PACKS[name]["default"])


def test_no_rule_of_the_pack_finds_anything_in_this_package():
    for path in sorted((FOLDER.parent / "reviewbot").rglob("*.py")):
        text = path.read_text("utf-8")
        assert patterns.scan(added(str(path.relative_to(FOLDER.parent)), text), PACK, text) == ()
