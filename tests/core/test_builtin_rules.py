"""Every rule of the built-in pack holds its own examples: a rule is added by adding a file."""

from pathlib import Path

import pytest

from reviewbot.core import patterns, rules
from reviewbot.core.rule_trials import added

FOLDER = Path(__file__).parents[2] / "rules"
PACK = rules.parse_pack(
    (path.relative_to(FOLDER).as_posix(), path.read_text("utf-8")) for path in sorted(FOLDER.rglob("*.md"))
)
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
    assert Path(rule.origin).stem in {rule.id, rule.id.removeprefix("delivery-")}


def test_no_rule_of_the_pack_finds_anything_in_this_package():
    for path in sorted((FOLDER.parent / "reviewbot").rglob("*.py")):
        text = path.read_text("utf-8")
        assert patterns.scan(added(str(path.relative_to(FOLDER.parent)), text), PACK, text) == ()
