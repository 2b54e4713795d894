"""What the bot may do about a merge, beside its comments and status: approve, take that back, request changes.

| verdict | approve (where switched on) | request changes (where switched on) |
|---|---|---|
| approved, approved_with_comments | yes, within the limits below | taken back |
| minor_issues | taken back | taken back |
| significant_concerns | taken back | yes |
| incomplete | taken back | left as it was: nothing is known |

An approval can be talked into, so it is never given to an outsider, for a change that was not read whole, or for one of
what the bot or the pipeline goes by (`limits.py`). While somebody has forced the gate open, no changes are requested.
"""

import posixpath
import re
from collections.abc import Callable, Collection

from reviewbot.core.configuration import GUIDANCE
from reviewbot.core.guidance import places
from reviewbot.core.pipelines import Included
from reviewbot.core.shown import whole
from reviewbot.core.verdicts import verdict
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Finding
from reviewbot.model.outcome import Examination, Gate, Verdict
from reviewbot.model.policy import ReviewPolicy

APPROVED, REQUESTED = "approved", "requested changes"
"""The bot's words that stand on GitLab."""
_GUIDANCE = {name.lower() for name in GUIDANCE}
_GOOD = frozenset({Verdict.APPROVED, Verdict.APPROVED_WITH_COMMENTS})
# What the bot, the pipeline and GitLab's own approvals go by.
_RULES = re.compile(
    r"(?:^|/)(?:\.reviewbot(?:[./].*)?|\.gitlab/.*|CODEOWNERS|\.gitattributes|[^/]*\.gitlab-ci\.ya?ml)$"
)


def good(examination: Examination) -> bool:
    """Whether the verdict alone would let the bot approve."""
    return examination.verdict in _GOOD and all(file.complete for file in examination.coverage)


def decide(examination: Examination, policy: ReviewPolicy, *, against: str, forced: bool) -> Gate:
    """What to do on GitLab. `against`: what speaks against an approval whatever the verdict is."""
    bad = examination.verdict is Verdict.SIGNIFICANT_CONCERNS and not forced
    unknown = examination.verdict is Verdict.INCOMPLETE and not forced
    return Gate(
        approve=policy.approve and good(examination) and not against,
        request_changes=None if unknown else policy.request_changes and bad,
    )


def unread(examination: Examination, diff: Diff) -> str:
    """What nobody has read, in words for people; empty when there is nothing.

    A file that is left out by policy (it says that it is generated, it is binary) keeps no review from being complete,
    but whoever wrote it may say so of anything; and a model sees the ends of a line that is very long.
    """
    if not examination.coverage:
        return "nothing was there to read"
    left = next((file for file in examination.coverage if file.state != "reviewed"), None)
    if left is not None:
        return f"{left.path} was not read: {left.reason}"
    long = (file.path for file in diff.files if any(line.sign == "+" and not whole(line.text) for line in file.lines()))
    path = next(long, "")
    return f"a line of {path} is too long to be shown whole" if path else ""


def unmet(examination: Examination) -> str:
    """The same of a ticket's criteria."""
    return "a criterion of its ticket looks unmet" if examination.unmet else ""


def dismissed(examination: Examination, diff: Diff, blocks: Callable[[Finding], bool]) -> bool:
    """Whether the verdict is good only because people have dismissed findings whose lines are still in the change, here
    or in another merge request, or several of their kind, or because a linter's report tells of them.

    Somebody with the role may dismiss what is said of their own change, and who pushes has a hand in what its pipeline
    reports; who approves it must be somebody else.
    """
    became = [one.finding for one in examination.became if one.fate == "dismissed"]
    there = [one for one in (*became, *examination.unsaid) if _there(one, diff)]
    known = (*examination.findings, *examination.overflow, *there)
    return bool(there) and verdict(known, complete=True, blocks=blocks) not in _GOOD


def _there(finding: Finding, diff: Diff) -> bool:
    file = diff.file(finding.anchor.path)
    return file is not None and any(line.key == finding.anchor.start for line in file.lines())


def protected(diff: Diff, included: Included, led: Collection[str] = ()) -> str:
    """The first changed path that the bot (by files `led` that guidance brings in, too) or the pipeline goes by, on
    either side; empty when there is none.
    """
    for file in diff.files:
        for path in (file.path, file.old_path):
            if _RULES.search(path) or _guides(path) or path in led or included.holds(path):
                return path
    return ""


def _guides(path: str) -> bool:
    """Whether the path is that of guidance, in whatever case: some file systems do not tell them apart."""
    return posixpath.basename(path).lower() in _GUIDANCE or places.tool_of(path) is not None
