"""Branches, diffs and descriptions of what the bot proposes."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core.proposals import Proposal, branch, description
from reviewbot.core.rule_fields import ID
from reviewbot.core.rule_health import health
from reviewbot.model.rule_health import HealthFacts, Tally

ids = st.from_regex(ID, fullmatch=True)


@given(ids, ids)
def test_two_rules_never_share_a_branch(one, other):
    assert (branch("mute", one) == branch("mute", other)) == (one == other)
    assert branch("mute", one) != branch("promote", one)


@pytest.mark.parametrize(
    "rule_id", ["no-eval", "orders/no-float", "a..b", "a.lock", "a/.b", "a" * 100, "a/" * 50 + "b", "0"]
)
def test_git_takes_the_branch(rule_id):
    name = branch("mute", rule_id)
    assert name.startswith("reviewbot/rules-mute-")
    subprocess.run(["git", "check-ref-format", "--branch", name], check=True, capture_output=True)


def test_a_plain_id_stands_in_the_branch_as_it_is():
    assert branch("mute", "no-eval") == "reviewbot/rules-mute-no-eval"
    assert branch("promote", "orders/no-float").startswith("reviewbot/rules-promote-orders-no-float-")


def test_the_diff_of_a_new_and_of_a_changed_file():
    made = Proposal("b", "c.yml", None, "disabled:\n  - a\n", "T", "D")
    assert made.diff.splitlines()[:3] == ["--- /dev/null", "+++ b/c.yml", "@@ -0,0 +1,2 @@"]
    assert "-x: 1" in Proposal("b", "c.yml", "x: 1\n", "", "T", "D").diff


def test_the_description_has_the_row_or_says_that_there_is_none():
    tally = Tally("no-eval", "", False, "", None, None, "merged", True, False, False, False, False, 30)
    told = description(["Mutes `no-eval`."], health(HealthFacts((tally,))), "90d", "team/app")
    assert "| `no-eval` | 30 |" in told
    assert "**mute**: at most 11 % of its comments are addressed" in told
    assert "--project team/app --since 90d" in told
    assert "no comment of this rule is known" in description(["Mutes `no-eval`."], (), "90d", "team/app")
