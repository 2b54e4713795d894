"""Which labels a review adds and takes away."""

import pytest
from making_findings import diff_of, finding

from reviewbot.core import labelling
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.finding import Category, Severity
from reviewbot.model.outcome import Examination, LabelChange, Verdict
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage

SMALL = diff_of(a="@@ -1,1 +1,1 @@\n-one\n+two\n")
LARGE = diff_of(a="@@ -0,0 +1,900 @@\n" + "".join(f"+line {n}\n" for n in range(900)))
MAPPING = {
    "verdict.significant_concerns": "needs-work",
    "risk.full": "review::deep",
    "risk.trivial": "review::quick",
    "category.security": "security",
    "severity.critical": "hot",
}


def policy(**mapping):
    return ReviewPolicy(labels=tuple((mapping or MAPPING).items()))


def examined(verdict=Verdict.APPROVED, *findings, overflow=(), state="reviewed"):
    files = (FileCoverage("a.py", state),)
    return Examination(verdict, Tier.LITE, findings, files, (), Usage(), overflow=overflow)


BAD = finding(severity=Severity.CRITICAL, category=Category.SECURITY)


def test_what_was_found_names_the_labels_in_the_mappings_order():
    exam = examined(Verdict.SIGNIFICANT_CONCERNS, overflow=(BAD,))
    assert labelling.wanted(exam, LARGE, policy()) == ("needs-work", "review::deep", "security", "hot")
    assert labelling.wanted(examined(), SMALL, policy()) == ("review::quick",)


def test_the_risk_is_that_of_the_whole_change_that_is_reviewed():
    assert labelling.wanted(examined(), LARGE, policy()) == ("review::deep",)
    assert labelling.wanted(examined(state="skipped"), LARGE, policy()) == ("review::quick",)


def test_only_labels_that_the_mapping_names_are_taken_away():
    there = ("bug", "needs-work", "review::deep", "review::mine")
    assert labelling.change(there, examined(), SMALL, policy()) == LabelChange(
        ("review::quick",), ("needs-work", "review::deep")
    )


def test_nothing_to_change_is_nothing_to_do():
    assert labelling.change(("bug", "review::quick"), examined(), SMALL, policy()) is None
    assert labelling.change(("bug",), examined(), SMALL, ReviewPolicy()) is None


def test_after_an_incomplete_review_the_labels_of_findings_stay():
    found = labelling.change(("security", "needs-work"), examined(Verdict.INCOMPLETE), SMALL, policy())
    assert found == LabelChange(("review::quick",), ("needs-work",))


def test_of_labels_with_one_scope_the_first_of_the_mapping_counts():
    mapping = {"category.security": "area::a::x", "severity.critical": "area::a::y", "verdict.approved": "area::b"}
    assert labelling.wanted(examined(Verdict.APPROVED, BAD), SMALL, policy(**mapping)) == ("area::a::x", "area::b")


def test_one_label_for_two_keys_is_set_once_and_stays_while_one_of_them_holds():
    mapping = {"category.security": "look", "severity.critical": "look"}
    assert labelling.wanted(examined(Verdict.APPROVED, BAD), SMALL, policy(**mapping)) == ("look",)
    critical = examined(Verdict.APPROVED, finding(severity=Severity.CRITICAL))
    assert labelling.change(("look",), critical, SMALL, policy(**mapping)) is None


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"size.large": "big"}, "size.large"),
        ({"verdict.approved": "a, b"}, "no comma"),
        ({"verdict.approved": " "}, "verdict.approved"),
        ({"verdict.approved": "x" * 256}, "255"),
        ({"verdict.approved": "a\nb"}, "visible"),
        ({"verdict.approved": "a\u202eb"}, "visible"),
    ],
)
def test_a_mapping_that_gitlab_would_not_take_is_refused(mapping, words):
    with pytest.raises(ValueError, match=words):
        labelling.checked(mapping)


def test_titles_are_kept_as_gitlab_keeps_them():
    assert labelling.checked({"verdict.approved": " review::ok "}) == {"verdict.approved": "review::ok"}
