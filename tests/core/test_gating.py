"""What the bot may do about a merge, and what it must not approve."""

import pytest

from reviewbot.core.gating import decide, includes, protected
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.diff import Change, Diff, FileDiff
from reviewbot.model.outcome import Examination, Gate, Verdict
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
    assert decide(examined(verdict), ON, limits=(), forced=False) == Gate(approve, asks)
    assert decide(examined(verdict), ReviewPolicy(), limits=(), forced=False).approve is False


def test_limits_speak_against_an_approval_and_a_forced_gate_against_requests():
    assert decide(examined(Verdict.APPROVED), ON, limits=("outsider",), forced=False).approve is False
    assert decide(examined(Verdict.SIGNIFICANT_CONCERNS), ON, limits=(), forced=True) == Gate(False, False)


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
        assert protected(diff, ["/ci/**/*.yml"], "own/pipeline.yml") == path


def test_other_files_are_not():
    diff = Diff((FileDiff("src/gitlab-ci.py", "src/agents.py", Change.RENAMED),))
    assert protected(diff, ["ci/*.yml"]) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("include: /ci/a.yml\n", ("/ci/a.yml",)),
        (
            "include: [ci/a.yml, {local: ci/b.yml}, {project: x}, https://x.example/a.yml]\n",
            ("ci/a.yml", "ci/b.yml"),
        ),
        ("include: {local: ci/*.yml}\ntest: {script: !reference [.a, script]}\n", ("ci/*.yml",)),
        ("test: {script: [a]}\n", ()),
        ("include: [", None),
        ("- a\n", ()),
    ],
)
def test_local_includes_are_read_and_what_cannot_be_read_is_unknown(text, found):
    assert includes(text) == found
