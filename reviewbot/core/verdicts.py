"""Findings and completeness -> one verdict on the merge request."""

from collections import Counter
from collections.abc import Collection, Iterable

from reviewbot.model.finding import Finding, Severity
from reviewbot.model.outcome import Verdict

SEVERAL = 3  # warnings of any kind that make a risk
PATTERN = 2  # warnings of one category that make a risk


def verdict(findings: Iterable[Finding], complete: bool, rules_blocking: Collection[str] = ()) -> Verdict:
    """The first row that holds:

    | condition | verdict |
    |---|---|
    | any critical finding, or one of a rule in `rules_blocking` (enforcement: block) | significant_concerns |
    | something that should have been read was not | incomplete |
    | three or more warnings, or two of one category: together a pattern of risk | minor_issues |
    | any other finding: one warning in an otherwise clean change is no obstacle | approved_with_comments |
    | none | approved |

    A critical finding stays a significant concern in an incomplete review: reading on could not take it back. Fewer
    than that is not reported as the result of an incomplete review, because the unread part may hold worse.
    """
    known = list(findings)
    warnings = Counter(finding.category for finding in known if finding.severity is Severity.WARNING)
    if any(finding.severity is Severity.CRITICAL or finding.rule in rules_blocking for finding in known):
        return Verdict.SIGNIFICANT_CONCERNS
    if not complete:
        return Verdict.INCOMPLETE
    if warnings.total() >= SEVERAL or max(warnings.values(), default=0) >= PATTERN:
        return Verdict.MINOR_ISSUES
    return Verdict.APPROVED_WITH_COMMENTS if known else Verdict.APPROVED
