"""The table of verdicts."""

import pytest
from making_findings import finding

from reviewbot.core.verdicts import verdict
from reviewbot.model.finding import Category, Severity
from reviewbot.model.outcome import Verdict

CRITICAL = finding(severity=Severity.CRITICAL)
WARNING = finding()
SLOW = finding(category=Category.PERFORMANCE)
UNTESTED = finding(category=Category.TESTS)
SUGGESTION = finding(severity=Severity.SUGGESTION)
CLAIMED = finding(severity=Severity.CRITICAL, certainty="unproven")
PROVEN = finding(severity=Severity.CRITICAL, certainty="confirmed")


@pytest.mark.parametrize(
    ("findings", "complete", "expected"),
    [
        ([], True, Verdict.APPROVED),
        ([SUGGESTION] * 9, True, Verdict.APPROVED_WITH_COMMENTS),
        ([WARNING], True, Verdict.APPROVED_WITH_COMMENTS),
        ([WARNING, SLOW, SUGGESTION], True, Verdict.APPROVED_WITH_COMMENTS),
        ([WARNING, WARNING], True, Verdict.MINOR_ISSUES),
        ([WARNING, SLOW, UNTESTED], True, Verdict.MINOR_ISSUES),
        ([CRITICAL], True, Verdict.SIGNIFICANT_CONCERNS),
        ([], False, Verdict.INCOMPLETE),
        ([WARNING] * 5, False, Verdict.INCOMPLETE),
        ([WARNING, CRITICAL], False, Verdict.SIGNIFICANT_CONCERNS),
        ([CLAIMED], True, Verdict.MINOR_ISSUES),
        ([CLAIMED] * 4, True, Verdict.MINOR_ISSUES),
        ([CLAIMED], False, Verdict.INCOMPLETE),
        ([CLAIMED, PROVEN], True, Verdict.SIGNIFICANT_CONCERNS),
        ([PROVEN], False, Verdict.SIGNIFICANT_CONCERNS),
    ],
)
def test_verdict(findings, complete, expected):
    assert verdict(findings, complete) is expected


def test_a_criterion_that_looks_unmet_is_a_comment_and_no_obstacle():
    assert verdict((), True, unmet=True) is Verdict.APPROVED_WITH_COMMENTS
    assert verdict((), False, unmet=True) is Verdict.INCOMPLETE


def test_a_finding_of_a_blocking_rule_is_a_significant_concern():
    ruled = finding(severity=Severity.SUGGESTION, rule="must")
    assert verdict([ruled], complete=True, blocks=lambda one: one.rule == "must") is Verdict.SIGNIFICANT_CONCERNS
    assert verdict([ruled], complete=True, blocks=lambda one: one.rule == "other") is Verdict.APPROVED_WITH_COMMENTS


def test_an_unproven_finding_of_a_blocking_rule_stops_no_merge_and_lets_none_pass_as_good():
    claimed = finding(severity=Severity.SUGGESTION, rule="must", certainty="unproven")
    assert verdict([claimed], complete=True, blocks=lambda one: one.rule == "must") is Verdict.MINOR_ISSUES
    assert verdict([claimed], complete=True) is Verdict.APPROVED_WITH_COMMENTS
