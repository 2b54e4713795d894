"""All findings of a run -> the ones worth a comment, the ones for the summary only, and the rest with its reason."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reviewbot.core.claims import same_claim
from reviewbot.model.finding import Dropped, Finding, Severity
from reviewbot.model.policy import ReviewPolicy


@dataclass(frozen=True, slots=True)
class Judged:
    """`inline` and `overflow` are disjoint and each in rank order; `overflow` is for the summary, in full.

    `dropped` tells of duplicates (dedupe), of what is below the floor (floor) and, once more, of `overflow` (cap).
    """

    inline: tuple[Finding, ...]
    overflow: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]


def judge(findings: Iterable[Finding], policy: ReviewPolicy) -> Judged:
    """Keep one of each kind at each place, drop what is below the severity floor, rank, cap.

    Rank: severity, then findings with a rule and from patterns, then path and line; stable against the order given.
    """
    ranked = sorted(findings, key=rank)
    floor = _floor(policy)
    grave = [finding for finding in ranked if finding.severity.rank <= floor.rank]
    low = [_dropped("floor", f"below the severity floor {floor}", f) for f in ranked if f.severity.rank > floor.rank]
    kept, doubles = grave, list[Dropped]()
    while (one_less := _deduped(kept))[1]:  # words taken over can make two more findings say the same
        kept, doubles = one_less[0], doubles + one_less[1]
    inline, overflow = cap(sorted(kept, key=rank), policy)
    reason = f"more than {policy.max_inline_comments} inline comments: it is in the summary"
    capped = [_dropped("cap", reason, finding) for finding in overflow]
    return Judged(inline, overflow, (*low, *doubles, *capped))


def cap(ranked: Sequence[Finding], policy: ReviewPolicy) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Split into inline findings and overflow. Critical ones are always inline and count; a limit of 0 is none."""
    limit = policy.max_inline_comments or len(ranked)
    inline: list[Finding] = []
    overflow: list[Finding] = []
    for finding in ranked:
        room = len(inline) < limit or finding.severity is Severity.CRITICAL
        (inline if room else overflow).append(finding)
    return tuple(inline), tuple(overflow)


def rank(finding: Finding) -> tuple[int, bool, bool, str, int, int, str]:
    """The sort key of the most worthwhile finding first."""
    first, last = finding.anchor.lines
    return (
        finding.severity.rank,
        finding.rule is None,
        finding.source != "pattern",
        finding.anchor.path,
        first,
        last,
        finding.title,
    )


def _floor(policy: ReviewPolicy) -> Severity:
    named = [severity for severity in Severity if severity == policy.severity_floor]
    return named[0] if named else Severity.SUGGESTION


def _deduped(findings: Sequence[Finding]) -> tuple[list[Finding], list[Dropped]]:
    """One finding per place and cause. A pattern's stays before a model's (it will be found again in every run), with
    the model's words about this very code, the graver severity and a suggestion it does not have; else the higher rank
    stays.
    """
    kept: list[Finding] = []
    dropped: list[Dropped] = []
    at: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    by_fingerprint: dict[str, int] = {}
    for finding in sorted(findings, key=lambda each: (each.source != "pattern", rank(each))):
        lines = _lines(finding)
        near = dict.fromkeys(index for line in lines for index in at[line])
        double = by_fingerprint.get(finding.fingerprint) if finding.fingerprint else None
        if double is None:
            double = next((index for index in near if same_claim(kept[index], finding)), None)
        if double is None:
            for line in lines:
                at[line].append(len(kept))
            by_fingerprint.setdefault(finding.fingerprint, len(kept))
            kept.append(finding)
        else:
            dropped.append(_dropped("dedupe", f"the same as “{kept[double].title}”", finding))
            kept[double] = _merged(kept[double], finding)
    return kept, dropped


def _lines(finding: Finding) -> list[tuple[str, str, int]]:
    first, last = finding.anchor.lines
    return [(finding.anchor.path, finding.anchor.side, number) for number in range(first, last + 1)]


def _merged(kept: Finding, other: Finding) -> Finding:
    graver = min(kept.severity, other.severity, key=lambda severity: severity.rank)
    # A suggestion replaces exactly the anchored lines, so it can move to the same lines only.
    suggestion = other.suggestion if kept.suggestion is None and other.anchor == kept.anchor else kept.suggestion
    teller = other if kept.source == "pattern" and other.source == "model" else kept
    return replace(kept, severity=graver, suggestion=suggestion, title=teller.title, body=teller.body)


def _dropped(stage: str, reason: str, finding: Finding) -> Dropped:
    return Dropped(stage, reason, finding.anchor.path, finding.title)
