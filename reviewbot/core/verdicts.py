"""Findings and completeness -> one verdict on the merge request."""

from collections import Counter
from collections.abc import Callable, Iterable

from reviewbot.model.finding import Finding, Severity
from reviewbot.model.outcome import Verdict

SEVERAL = 3  # warnings of any kind that make a risk
PATTERN = 2  # warnings of one category that make a risk


def _never(finding: Finding) -> bool:
    return False


def verdict(
    findings: Iterable[Finding], complete: bool, blocks: Callable[[Finding], bool] = _never, *, unmet: bool = False
) -> Verdict:
    """The first row that holds:

    | condition | verdict |
    |---|---|
    | critical, or of a rule that blocks (`blocks` tells): not unproven | significant_concerns |
    | something that should have been read was not | incomplete |
    | such a finding, unproven | minor_issues |
    | three or more warnings, or two of one category: together a pattern of risk | minor_issues |
    | any other finding: one warning in an otherwise clean change is no obstacle | approved_with_comments |
    | `unmet`: a criterion of a ticket looks unmet | approved_with_comments |
    | none | approved |

    A finding is unproven when the judge was asked about it and did not confirm it, or gave no answer: a claim alone
    stops no merge, and does not let one pass as good either. Those of patterns are no claims, and where the judge is
    switched off the reviewers' word counts.

    A critical finding stays a significant concern in an incomplete review: reading on could not take it back. Fewer
    than that is not reported as the result of an incomplete review, because the unread part may hold worse.
    """
    known = list(findings)
    grave = [each for each in known if each.severity is Severity.CRITICAL or blocks(each)]
    warnings = Counter(finding.category for finding in known if finding.severity is Severity.WARNING)
    if any(finding.certainty != "unproven" for finding in grave):
        return Verdict.SIGNIFICANT_CONCERNS
    if not complete:
        return Verdict.INCOMPLETE
    if grave or warnings.total() >= SEVERAL or max(warnings.values(), default=0) >= PATTERN:
        return Verdict.MINOR_ISSUES
    return Verdict.APPROVED_WITH_COMMENTS if known or unmet else Verdict.APPROVED
