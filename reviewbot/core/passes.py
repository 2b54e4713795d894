"""Independent passes over the same change -> the findings that enough of them agree on."""

from collections import defaultdict
from collections.abc import Sequence

from reviewbot.core.claims import same_claim
from reviewbot.model.finding import Dropped, Finding

NEAR = 3  # lines between two places that can mean the same


def vote(findings: Sequence[Finding], passes: int) -> tuple[list[Finding], list[Dropped]]:
    """Keep what more than half of `passes` passes said, by any reviewer; the rest is dropped as `vote`.

    A pass is told by the number behind `#` in `Finding.reviewer`; the first has none.
    """
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_path[finding.anchor.path].append(finding)
    kept, dropped = [], []
    for finding in findings:
        said = {_turn(other) for other in by_path[finding.anchor.path] if _agrees(finding, other)}
        if 2 * len(said) > passes:
            kept.append(finding)
        else:
            reason = f"only {len(said)} of {passes} passes said it"
            dropped.append(Dropped("vote", reason, finding.anchor.path, finding.title))
    return kept, dropped


def _turn(finding: Finding) -> str:
    return finding.reviewer.partition("#")[2]


def _agrees(finding: Finding, other: Finding) -> bool:
    if finding is other:
        return True
    (first, last), (low, high) = finding.anchor.lines, other.anchor.lines
    near = finding.anchor.side == other.anchor.side and first <= high + NEAR and low <= last + NEAR
    return near and same_claim(finding, other)
