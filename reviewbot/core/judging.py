"""All findings of a run -> the ones worth a comment, the ones for the summary only, and the rest with its reason."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from reviewbot.core.claims import different, same_claim, same_title
from reviewbot.model.finding import Dropped, Finding, Severity
from reviewbot.model.policy import ReviewPolicy

NEARBY = 3  # lines between two findings that may still be one defect


@dataclass(frozen=True, slots=True)
class Judged:
    """`inline` and `overflow` are disjoint and each in rank order; `overflow` is for the summary, in full.

    `dropped` tells of duplicates (dedupe), of what is below the floor (floor) and, once more, of `overflow` (cap).
    """

    inline: tuple[Finding, ...]
    overflow: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]


def gather(findings: Iterable[Finding], policy: ReviewPolicy) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """One of each kind at each place, in rank order, without what is below the severity floor; and what was left out.

    Each carries its votes: how many reviewers, passes and patterns said it, none of them counted twice.
    """
    kept, doubles = list(findings), list[Dropped]()
    while (one_less := _deduped(kept))[1]:  # words taken over can make two more findings say the same
        kept, doubles = one_less[0], doubles + one_less[1]
    kept.sort(key=rank)
    floor = _floor(policy)
    grave = tuple(finding for finding in kept if finding.severity.rank <= floor.rank)
    low = [_dropped("floor", f"below the severity floor {floor}", f) for f in kept if f.severity.rank > floor.rank]
    return grave, (*low, *doubles)


def shadow(
    findings: Sequence[Finding], draft: Callable[[Finding], bool]
) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """The findings that are said, and those of rules which are a `draft` still: recorded, so that their owner can
    judge them, and said to nobody. Parted before doubles are sought: a draft must not take others' findings with it.
    """
    said = tuple(finding for finding in findings if not draft(finding))
    unsaid, doubles = _deduped([finding for finding in findings if draft(finding)])
    return said, (*(_dropped("shadow", _why_unsaid(one), one) for one in unsaid), *doubles)


def _why_unsaid(finding: Finding) -> str:
    return f"the rule {finding.rule} is a draft" + (", and nobody confirmed this hit" if finding.candidate else "")


def judge(findings: Iterable[Finding], policy: ReviewPolicy) -> Judged:
    """Keep one of each kind at each place, drop what is below the severity floor, rank, cap.

    Rank: severity, then what is not unproven, then findings with a rule and from patterns, then those with more votes,
    then path and line; stable against the order given.
    """
    kept, left_out = gather(findings, policy)
    inline, overflow = cap(kept, policy)
    reason = f"more than {policy.max_inline_comments} inline comments: it is in the summary"
    capped = [_dropped("cap", reason, finding) for finding in overflow]
    return Judged(inline, overflow, (*left_out, *capped))


def cap(ranked: Sequence[Finding], policy: ReviewPolicy) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Split into inline findings and overflow. Critical ones are always inline and count; a limit of 0 is none."""
    limit = policy.max_inline_comments or len(ranked)
    inline: list[Finding] = []
    overflow: list[Finding] = []
    for finding in ranked:
        room = len(inline) < limit or finding.severity is Severity.CRITICAL
        (inline if room else overflow).append(finding)
    return tuple(inline), tuple(overflow)


def rank(finding: Finding) -> tuple[int, bool, bool, bool, int, str, int, int, str]:
    """The sort key of the most worthwhile finding first."""
    first, last = finding.anchor.lines
    return (
        finding.severity.rank,
        finding.certainty == "unproven",
        finding.rule is None,
        finding.source != "pattern",
        -finding.votes,
        finding.anchor.path,
        first,
        last,
        finding.title,
    )


def _floor(policy: ReviewPolicy) -> Severity:
    named = [severity for severity in Severity if severity == policy.severity_floor]
    return named[0] if named else Severity.SUGGESTION


def _deduped(findings: Sequence[Finding]) -> tuple[list[Finding], list[Dropped]]:
    """One finding per place and cause; the others' votes, words and suggestion go to it as `_merged` says."""
    groups: list[list[Finding]] = []
    dropped: list[Dropped] = []
    at: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    by_fingerprint: dict[str, int] = {}
    by_text: dict[tuple[str, str], dict[int, None]] = defaultdict(dict)  # of the line, in its file
    for finding in sorted(findings, key=_first):
        double = by_fingerprint.get(finding.fingerprint) if finding.fingerprint else None
        if double is None:
            near = dict.fromkeys(index for line in _lines(finding, NEARBY) for index in at[line])
            double = next((index for index in near if _same(groups[index], finding)), None)
        alike = by_text[finding.anchor.path, text] if (text := finding.quote.strip()) else {}
        if double is None:
            double = next((index for index in alike if _said_of_both_sides(groups[index], finding)), None)
        if double is None:
            double = len(groups)
            groups.append([])
        else:
            dropped.append(_dropped("dedupe", f"the same as “{groups[double][0].title}”", finding))
        by_fingerprint.setdefault(finding.fingerprint, double)
        for line in _lines(finding):
            if double not in at[line]:
                at[line].append(double)
        alike[double] = None
        groups[double].append(finding)
    return [_merged(group) for group in groups], dropped


def _first(finding: Finding) -> tuple[object, ...]:
    """What a group is sorted by: a pattern's hit leads it, then what stands in the new text."""
    return finding.source != "pattern" or finding.candidate, finding.anchor.side == "old", rank(finding)


def _said_of_both_sides(group: Sequence[Finding], finding: Finding) -> bool:
    """Whether a group says it of the same line on the other side: a line that was moved is shown as removed and as
    added, and whoever reads the diff finds the mistake twice.
    """
    return any(
        member.anchor.side != finding.anchor.side
        and member.quote.strip() == finding.quote.strip()
        and same_title(member, finding)
        and not different(member, finding)
        for member in group
    )


def _same(group: Sequence[Finding], finding: Finding) -> bool:
    """Whether a group says it already. On overlapping lines any member may; nearby only in nearly the same words of
    another reviewer: one who says the same of two lines means both.
    """
    lines = frozenset(_lines(finding))
    for member in group:
        if lines.isdisjoint(_lines(member)):
            if _voice(member) != _voice(finding) and same_title(member, finding) and not different(member, finding):
                return True
        elif same_claim(member, finding):
            return True
    return False


def _lines(finding: Finding, margin: int = 0) -> list[tuple[str, str, int]]:
    first, last = finding.anchor.lines
    return [(finding.anchor.path, finding.anchor.side, number) for number in range(first - margin, last + margin + 1)]


def _voice(finding: Finding) -> tuple[str, str]:
    return finding.source, finding.reviewer


def _merged(group: Sequence[Finding]) -> Finding:
    """The first of a group, which is the pattern's if there is one (it will be found again in every run), else the
    highest in rank; with a model's words about this very code before a pattern's, and a suggestion if it has none.

    Severity: the gravest that at least half of the voices give or exceed. Of two who differ that is the graver one,
    which the judge may still lower; of three or more a single one does not decide. A pattern's own is never lowered.
    A hit that waits for the judge is no more than one voice: what a reviewer says too does not fall with it.
    """
    first, *others = sorted(group, key=lambda finding: finding.candidate)
    if not others:
        return first
    by_voice: dict[tuple[str, str], Finding] = {}
    for finding in group:
        by_voice.setdefault(_voice(finding), finding)
    ranks = sorted(finding.severity.rank for finding in by_voice.values())
    severity = list(Severity)[ranks[(len(ranks) - 1) // 2]]
    if first.source == "pattern":
        severity = min(severity, first.severity, key=lambda each: each.rank)
    # A suggestion replaces exactly the anchored lines, so it can move to the same lines only.
    fitting = [one.suggestion for one in group if one.suggestion is not None and one.anchor == first.anchor]
    teller = next((one for one in group if one.source == "model"), first) if first.source == "pattern" else first
    return replace(
        first,
        rule=first.rule or next((one.rule for one in group if one.rule), None),
        severity=severity,
        suggestion=fitting[0] if fitting else None,
        title=teller.title,
        body=teller.body,
        votes=max(len(by_voice), *(finding.votes for finding in group)),
    )


def _dropped(stage: str, reason: str, finding: Finding) -> Dropped:
    return Dropped(stage, reason, finding.anchor.path, finding.title, finding.rule, finding.fingerprint)
