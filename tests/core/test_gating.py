"""What the bot may do about a merge, and what it must not approve."""

from dataclasses import replace

import pytest
from making_findings import finding

from reviewbot.core.gating import decide, dismissed, protected, unmet, unread
from reviewbot.core.pipelines import Included
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.diff import Change, Diff, FileDiff, Hunk, Line
from reviewbot.model.finding import Severity
from reviewbot.model.outcome import Became, Examination, Gate, Verdict
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage
from reviewbot.model.ticket import Unmet

ON = ReviewPolicy(approve=True, request_changes=True)


def examined(verdict, state="reviewed"):
    coverage = (FileCoverage("a.py", state, "" if state == "reviewed" else "no time"),)
    return Examination(verdict, Tier.LITE, (), coverage, (), Usage())


@pytest.mark.parametrize(
    ("verdict", "approve", "asks"),
    [
        (Verdict.APPROVED, True, False),
        (Verdict.APPROVED_WITH_COMMENTS, True, False),
        (Verdict.MINOR_ISSUES, False, False),
        (Verdict.SIGNIFICANT_CONCERNS, False, True),
        (Verdict.INCOMPLETE, False, None),
    ],
)
def test_each_verdict_has_its_row(verdict, approve, asks):
    assert decide(examined(verdict), ON, against="", forced=False) == Gate(approve, asks)
    assert decide(examined(verdict), ReviewPolicy(), against="", forced=False).approve is False


def test_a_criterion_that_looks_unmet_speaks_against_an_approval():
    assert unmet(examined(Verdict.APPROVED)) == ""
    assert "criterion" in unmet(replace(examined(Verdict.APPROVED_WITH_COMMENTS), unmet=(Unmet("#1", "No header"),)))


def test_limits_speak_against_an_approval_and_a_forced_gate_against_requests():
    assert decide(examined(Verdict.APPROVED), ON, against="outsider", forced=False).approve is False
    assert decide(examined(Verdict.SIGNIFICANT_CONCERNS), ON, against="", forced=True) == Gate(False, False)


@pytest.mark.parametrize(
    "path",
    [
        ".reviewbot.yml",
        ".reviewbot/rules/a.md",
        ".gitlab/reviewbot.yml",
        ".gitlab-ci.yml",
        "CODEOWNERS",
        "docs/CODEOWNERS",
        "AGENTS.md",
        "lib/claude.md",
        "ci/deep/build.yml",
        "own/pipeline.yml",
    ],
)
def test_what_the_bot_and_the_pipeline_go_by_is_protected_on_either_side(path):
    for old, new in ((path, path), (path, "moved.py"), ("was.py", path)):
        diff = Diff((FileDiff("a.py", "a.py", Change.MODIFIED), FileDiff(old, new, Change.RENAMED)))
        assert protected(diff, Included(("own/pipeline.yml",), ("ci/**/*.yml",))) == path


def test_other_files_are_not():
    diff = Diff((FileDiff("src/gitlab-ci.py", "src/agents.py", Change.RENAMED),))
    assert protected(diff, Included(globs=("ci/*.yml",))) == ""


@pytest.mark.parametrize("state", ["partly", "skipped"])
def test_a_file_that_nobody_read_is_a_reason_although_leaving_it_out_is_policy(state):
    left = FileCoverage("b.py", state, "generated (says its header)", complete=True)
    read = examined(Verdict.APPROVED)
    assert unread(read, Diff(())) == ""
    told = unread(replace(read, coverage=(*read.coverage, left)), Diff(()))
    assert told == "b.py was not read: generated (says its header)"
    assert unread(replace(read, coverage=()), Diff(())) == "nothing was there to read"


@pytest.mark.parametrize(
    ("sign", "text", "told"),
    [
        ("+", "x" * 1_500, False),
        ("+", " " * 1_500 + "x", True),
        ("-", "x" * 1_501, False),
        ("+", "\u202e" * 200, True),  # eight characters each
    ],
)
def test_a_line_of_which_a_model_sees_only_the_ends_is_a_reason(sign, text, told):
    numbers = (None, 1) if sign == "+" else (1, None)
    file = FileDiff("a.py", "a.py", Change.MODIFIED, hunks=(Hunk(0, 0, 1, 1, "", (Line(sign, *numbers, text),)),))
    reason = "a line of a.py is too long to be shown whole" if told else ""
    assert unread(examined(Verdict.APPROVED), Diff((file,))) == reason


HERE = Diff((FileDiff("a.py", "a.py", Change.MODIFIED, hunks=(Hunk(0, 0, 1, 1, "", (Line("+", None, 1, "x"),)),)),))
CRITICAL, WARNING = finding(severity=Severity.CRITICAL), finding()


@pytest.mark.parametrize(
    ("became", "open_ones", "blocking", "only"),
    [
        ([(CRITICAL, "dismissed")], (), (), True),
        ([(CRITICAL, "fixed")], (), (), False),
        ([(finding((None, 9), severity=Severity.CRITICAL), "dismissed")], (), (), False),  # its lines are gone
        ([(WARNING, "dismissed")], (), (), False),  # it would pass if it were open
        ([(WARNING, "dismissed")], (WARNING,), (), True),
        ([(finding(severity=Severity.SUGGESTION, rule="must"), "dismissed")], (), ("must",), True),
    ],
)
def test_a_verdict_that_is_good_only_because_of_what_was_dismissed(became, open_ones, blocking, only):
    told = tuple(Became(one, fate) for one, fate in became)
    examination = replace(examined(Verdict.APPROVED), became=told, findings=open_ones)
    assert dismissed(examination, HERE, lambda one: one.rule in blocking) is only


def test_a_verdict_that_is_good_only_because_of_what_was_left_unsaid():
    gone = finding((None, 9), severity=Severity.CRITICAL)
    for unsaid, only in [((CRITICAL,), True), ((gone,), False), ((WARNING,), False), ((WARNING, WARNING), True)]:
        assert dismissed(replace(examined(Verdict.APPROVED), unsaid=unsaid), HERE, lambda one: False) is only
