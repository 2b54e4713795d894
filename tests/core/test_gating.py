"""What the bot may do about a merge, and what it must not approve."""

from dataclasses import replace

import pytest
from making_findings import finding

from reviewbot.core.gating import decide, protected, unread
from reviewbot.core.pipelines import Included
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.diff import Change, Diff, FileDiff
from reviewbot.model.finding import Severity
from reviewbot.model.outcome import Became, Examination, Gate, Verdict
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage

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
    assert unread(read) == ""
    assert unread(replace(read, coverage=(*read.coverage, left))) == "b.py was not read: generated (says its header)"


@pytest.mark.parametrize(
    ("severity", "fate", "reason"),
    [
        ("critical", "dismissed", "a critical finding was dismissed, not mended"),
        ("critical", "fixed", ""),
        ("warning", "dismissed", ""),
    ],
)
def test_a_critical_finding_that_was_dismissed_is_a_reason(severity, fate, reason):
    became = Became(finding(severity=Severity(severity)), fate)
    assert unread(replace(examined(Verdict.APPROVED), became=(became,))) == reason
