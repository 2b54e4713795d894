"""Another status in a rule file, and nothing else."""

import pytest

from reviewbot.core import rules
from reviewbot.core.promoting import file_name, following, promote
from reviewbot.errors import ConfigurationError, UsageError

RULE = """---
id: orders/no-float        # ours
title: Money is no float
{fields}pattern:
  regex: 'float\\(.*price'
---

Amounts MUST be Decimal.
"""


def rule(fields="", text=RULE):
    return text.replace("{fields}", fields)


@pytest.mark.parametrize(
    ("fields", "to", "after"),
    [
        ("status: draft  # not yet\n", "approved", "status: approved  # not yet\n"),
        ("status: draft\n", "enforced", "status: enforced\n"),
        ("status: approved\nenforcement: advise\n", "enforced", "status: enforced\n"),
        ("status: draft\nenforcement: block\n", "approved", "status: approved\n"),
        ("status   :   draft\n", "approved", "status   :   approved\n"),
    ],
)
def test_the_status_changes_in_its_place(fields, to, after):
    assert promote(rule(fields), "a.md", to) == rule(after)


def test_a_rule_without_a_status_gets_one_at_the_end():
    after = promote(rule(), "a.md", "enforced")
    assert after == rule().replace("---\n\n", "status: enforced\n---\n\n")
    assert rules.parse(after, "a.md").blocks


def test_a_status_is_put_behind_a_text_that_ends_the_front_matter():
    after = promote(
        rule(
            "message: |\n  Take Decimal.\npattern:\n  regex: |\n    float\n",
            RULE.replace("pattern:\n  regex: 'float\\(.*price'\n", ""),
        ),
        "a.md",
        "enforced",
    )
    assert rules.parse(after, "a.md").blocks


def test_a_copy_says_where_it_comes_from():
    after = promote(rule("status: draft\n"), "a.md", "approved", "the built-in rules, general/a.md")
    assert after.splitlines()[1] == "# Copied from the built-in rules, general/a.md: its own rule goes before that one."
    assert rules.parse(after, "a.md").status == "approved"


def test_windows_line_ends_stay():
    text = rule("status: draft\n").replace("\n", "\r\n")
    assert promote(text, "a.md", "approved") == text.replace("draft", "approved")


@pytest.mark.parametrize(
    ("fields", "to"), [("", "approved"), ("status: enforced\n", "approved"), ("enforcement: block\n", "enforced")]
)
def test_what_it_is_already_is_told(fields, to):
    with pytest.raises(UsageError, match="already"):
        promote(rule(fields), "a.md", to)


def test_a_rule_without_must_is_not_enforced():
    with pytest.raises(UsageError) as refused:
        promote(rule().replace("MUST", "should"), "a.md", "enforced")
    assert "MUST" in refused.value.mend
    assert promote(rule("status: draft\n").replace("MUST", "should"), "a.md", "approved")


@pytest.mark.parametrize("fields", ['"status": draft\n', "status:\n  draft\n"])
def test_what_cannot_be_changed_safely_is_left_to_people(fields):
    with pytest.raises(ConfigurationError) as refused:
        promote(rule(fields), "a.md", "approved")
    assert "by hand" in refused.value.mend


def test_a_file_with_mistakes_is_not_changed():
    with pytest.raises(ConfigurationError):
        promote(rule("statas: draft\n"), "a.md", "approved")


def test_steps_and_names():
    assert [following(one) for one in ("draft", "approved", "enforced")] == ["approved", "enforced", "enforced"]
    assert file_name("a/b", []) == "a-b.md"
    assert file_name("a/b", ["a-b.md", "a-b-2.md"]) == "a-b-3.md"


def test_a_fence_ends_with_whatever_space_the_reader_takes():
    text = rule("status: draft\n").replace("---\n\n", "---\u00a0\n\n")
    assert promote(text, "a.md", "approved") == text.replace("draft", "approved")
