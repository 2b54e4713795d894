"""Findings of an earlier version -> where they are now; findings of this run -> which of them they are.

| tier | the same finding, when |
|---|---|
| 1 | its fingerprint is the same, or it begins on the same line, and it says the same |
| 2 | the same, with any wording, category and rule: models name one defect differently each time |
| 3 | it begins within `NEAR` lines of where the earlier one is now, and says something similar |
| 4 | it begins on what replaced the earlier one's first line, which is alike, and is of the same category |
| 5 | the same telling text begins it elsewhere, the earlier place has changed, and it says something similar |

Of tier 3 the judge has the last word where the earlier lines were changed: a similar one beside them may be another.
A line number alone never decides: "the same line" is the one whose text was followed through the two versions' diffs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reviewbot.core.claims import different, same_claim, words
from reviewbot.core.fingerprints import even
from reviewbot.core.tracing import Trace, TracedFile
from reviewbot.model.diff import Change, FileDiff, Line, LineKey
from reviewbot.model.finding import Anchor, Finding

NEAR = 3  # lines
SIMILAR = 0.5  # share of the shorter title's telling words that the other title has, at least two of them
TELLING = 12  # characters of a text that can stand for itself

Place = Literal["there", "changed", "reverted", "gone"]


@dataclass(frozen=True, slots=True)
class Located:
    """An earlier finding. `now` is anchored in this version's diff as near as can be told, None: it is not in there.

    there: each of its lines is there with the same text; changed: some are not; reverted: where they were, the diff
    shows nothing but unchanged lines; gone: the diff has nothing of their surroundings either.
    """

    earlier: Finding
    place: Place
    now: Finding | None = None

    @property
    def fingerprint(self) -> str:
        return self.earlier.fingerprint

    @property
    def moved(self) -> bool:
        return self.now is not None and self.now.anchor != self.earlier.anchor


def locate(finding: Finding, trace: Trace) -> Located:
    """Follow an earlier finding's lines through the difference of the two versions."""
    path = finding.anchor.path
    file = trace.successor(path)
    if file is None or (file.change is Change.DELETED and finding.anchor.side == "new"):
        return Located(finding, "gone")
    traced = trace.traced(path)
    if traced is None or finding.anchor.start not in traced.index or finding.anchor.end not in traced.index:
        return _by_text(finding, file)
    first, last = sorted((traced.index[finding.anchor.start], traced.index[finding.anchor.end]))
    after = [traced.forward.get(at) for at in range(first, last + 1)]
    if None not in after:
        keys = [traced.after[at].key for at in after if at is not None]
        return Located(finding, "there", _moved(finding, file, keys[0], keys[-1]))
    beside = _beside(finding, traced, first, last)
    if beside is None:
        return Located(finding, "gone")
    if _reverted(traced, first, last):
        return Located(finding, "reverted")
    changed = _moved(finding, file, beside.key, beside.key)
    return Located(finding, "changed", replace(changed, quote=beside.text, suggestion=None))


def _reverted(traced: TracedFile, first: int, last: int) -> bool:
    """Whether the diff shows unchanged lines alone, from the next line before that is there to the next one behind."""
    hunk = traced.before[first].hunk
    before = next((at for at in range(first - 1, -1, -1) if at in traced.forward), -1)
    behind = next((at for at in range(last + 1, len(traced.before)) if at in traced.forward), -1)
    if min(before, behind) < 0 or {traced.before[before].hunk, traced.before[behind].hunk} != {hunk}:
        return False
    between = traced.after[traced.forward[before] : traced.forward[behind] + 1]
    return all(line.sign == " " for line in between)


def _beside(finding: Finding, traced: TracedFile, first: int, last: int) -> Line | None:
    """The best line for a finding of which some lines were changed: its first one, or what is in its place."""
    still = [at for at in range(first, last + 1) if at in traced.forward]
    if first in still:
        return traced.after[traced.forward[first]]
    return traced.nearest(finding.anchor.start) or (traced.after[traced.forward[still[0]]] if still else None)


def _moved(finding: Finding, file: FileDiff, start: LineKey, end: LineKey) -> Finding:
    return replace(finding, anchor=Anchor(file.path, start, end))


def _by_text(finding: Finding, file: FileDiff) -> Located:
    """For a version of which no lines were kept: the line with the same text that is nearest to the old number."""
    old = finding.anchor.start[1] is None
    wanted = finding.anchor.start[0 if old else 1] or 0
    same = [line for line in file.lines() if line.text == finding.quote and (line.new is None) == old]
    if not same:
        return Located(finding, "gone")
    lines = list(file.lines())
    start = min(same, key=lambda line: abs(((line.old if old else line.new) or 0) - wanted))
    length = max(0, finding.anchor.lines[1] - finding.anchor.lines[0])
    end = lines[min(lines.index(start) + length, len(lines) - 1)]
    return Located(finding, "there", _moved(finding, file, start.key, end.key))


def matches(found: Sequence[Finding], located: Sequence[Located]) -> dict[int, int]:
    """Which found findings (indices) are which earlier ones, the surest pairs first: each earlier one is one found one
    as far as they go round. What is left over at the place of an earlier one is that one in yet other words.
    """
    pairs = sorted(
        (*rank, mine, other)
        for mine, finding in enumerate(found)
        for other, known in enumerate(located)
        if (rank := _rank(finding, known)) is not None
    )
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, mine, other in pairs:
        if mine not in matched and other not in taken:
            matched[mine] = other
            taken.add(other)
    for tier, _, mine, other in pairs:
        if tier < 4:
            matched.setdefault(mine, other)
    return matched


def rematched(
    found: Sequence[Finding],
    located: Sequence[Located],
    matched: Mapping[int, int],
    mended: Collection[int],
    gone: Collection[int],
) -> dict[int, int]:
    """The matches without those with `mended` earlier ones: what was only near to these is another one's that is not
    `gone` too, or is new.
    """
    freed = [mine for mine, other in matched.items() if other in mended]
    others = [number for number in range(len(located)) if number not in gone]
    anew = matches([found[mine] for mine in freed], [located[number] for number in others])
    kept = {mine: other for mine, other in matched.items() if other not in mended}
    return {**kept, **{freed[mine]: others[other] for mine, other in anew.items()}}


def near_alone(found: Sequence[Finding], located: Sequence[Located], matched: Mapping[int, int]) -> frozenset[int]:
    """Those earlier ones of which some line was changed, and which were `matched` with what is only near to them: that
    may as well be a similar finding beside the mended one. What patterns found is not among them, unless it is a hit
    that proves nothing by itself.
    """
    by_other: dict[int, list[int]] = {}
    for mine, other in matched.items():
        by_other.setdefault(other, []).append(mine)
    return frozenset(
        other
        for other, all_mine in by_other.items()
        if located[other].place == "changed" and all(_only_near(found[mine], located[other]) for mine in all_mine)
    )


def _only_near(finding: Finding, known: Located) -> bool:
    if finding.candidate:
        return True  # the pattern says that there may be something, not that there still is
    rank = _rank(finding, known)
    models = "pattern" not in {finding.source, known.earlier.source}
    return models and rank is not None and rank[0] == 3 and rank[1] > 0


def may_be_known(finding: Finding, located: Sequence[Located]) -> bool:
    """Whether `matches` could take it for an earlier one, beside whatever other findings."""
    return any(_rank(finding, known) is not None for known in located)


def _rank(finding: Finding, known: Located) -> tuple[int, int] | None:
    """Tier and distance; None: another finding. The fingerprint of a second remark on a line depends on the first."""
    earlier = known.now or known.earlier
    if different(finding, earlier):
        return None
    near = _distance(finding, known)
    same_text = known.place == "there" or even(finding.quote) == even(known.earlier.quote)
    same_place = finding.fingerprint == known.fingerprint or (near == 0 and same_text)
    if same_place:
        if same_claim(finding, earlier):
            return 1, 0
        patterns = "pattern" in {finding.source, earlier.source}
        return None if patterns else (2, int(finding.fingerprint != known.fingerprint))
    close = near is not None and near <= NEAR
    if not close and (known.place == "there" or not _telling_same(finding, known.earlier)):
        return None  # before titles are compared: most pairs end here
    if not _similar(finding, earlier):
        alike = _alike(finding.quote, known.earlier.quote)
        return (4, 0) if near == 0 and alike and finding.category == earlier.category else None
    return (3, near or 0) if close else (5, near or 0)


def _telling_same(first: Finding, second: Finding) -> bool:
    text = even(first.quote)
    return len(text) >= TELLING and text == even(second.quote)


def _alike(first: str, second: str) -> bool:
    """Whether a line may be another one that was edited: they have half of their words in common."""
    mine, other = words(first), words(second)
    return len(mine & other) >= SIMILAR * max(1, len(mine), len(other))


def _distance(finding: Finding, known: Located) -> int | None:
    """0: they begin on one line; else at least 1, lines between them, in one file and on one side; None otherwise."""
    now = known.now
    if now is None or now.anchor.path != finding.anchor.path:
        return None
    if now.anchor.start == finding.anchor.start:
        return 0
    if now.anchor.side != finding.anchor.side:
        return None
    (first, last), (other_first, other_last) = finding.anchor.lines, now.anchor.lines
    return max(1, first - other_last, other_first - last)


def _similar(first: Finding, second: Finding) -> bool:
    if same_claim(first, second):
        return True
    mine, other = words(first.title), words(second.title)
    common = len(mine & other)
    return common >= 2 and common >= SIMILAR * min(len(mine), len(other))


def taken_over(finding: Finding, known: Located) -> Finding:
    """The earlier finding at its new place: its thread shows its words, so they stay; what a pattern finds is a
    pattern's from now on, proven and at least as grave as the pattern says. A hit that waits for the judge proves
    nothing: what was said of the earlier one stays.
    """
    same_lines = known.place == "there"
    taken = replace(
        known.earlier,
        anchor=finding.anchor,
        quote=finding.quote,
        suggestion=known.earlier.suggestion if same_lines else finding.suggestion,
    )
    if finding.source != "pattern" or finding.candidate:
        return taken
    severity = min(finding.severity, taken.severity, key=lambda each: each.rank)
    return replace(taken, source="pattern", rule=finding.rule, severity=severity, certainty="")
