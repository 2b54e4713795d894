"""Passes vote: what more than half of them said is kept, by whichever reviewer and in whatever words."""

from dataclasses import replace

from making_findings import finding

from reviewbot.core.passes import vote

ONE = finding(title="An empty list raises IndexError", line=(None, 10))


def said(reviewer, **changes):
    return replace(ONE, reviewer=reviewer, **changes)


def test_the_majority_of_passes_counts_not_the_number_of_reviewers():
    kept, dropped = vote([said("correctness"), said("security"), said("performance")], 3)
    assert kept == []
    assert {(drop.stage, drop.reason) for drop in dropped} == {("vote", "only 1 of 3 passes said it")}


def test_two_of_three_passes_are_enough_in_other_words_and_lines_nearby():
    other = replace(finding(title="IndexError raised for an empty list", line=(None, 12)), reviewer="security#3")
    kept, dropped = vote([said("correctness"), other], 3)
    assert kept == [said("correctness"), other]
    assert dropped == []


def test_half_is_not_more_than_half():
    assert vote([said("correctness"), said("correctness#2")], 4)[0] == []


def test_another_claim_and_a_far_line_are_no_votes():
    far = replace(finding(title=ONE.title, line=(None, 40)), reviewer="correctness#2")
    other = replace(finding(title="The file is never closed", line=(None, 10)), reviewer="correctness#2")
    assert vote([said("correctness"), far, other], 3)[0] == []
