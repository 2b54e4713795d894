"""A dismissed finding -> what is remembered of it; later findings -> those that are not told because of it.

A suppression covers a finding that makes a similar claim about the same file, on the same text or at the same place: at
least two telling lines around it are those that were around the dismissed one. A telling text counts in any file of the
same name too, as files are moved. A critical finding of security is never suppressed in another merge request than the
one in which it was dismissed.
"""

import hashlib
from collections.abc import Iterable

from reviewbot.core.claims import words
from reviewbot.core.fingerprints import even
from reviewbot.core.identity import SIMILAR, TELLING
from reviewbot.core.threads import Opinion
from reviewbot.model.diff import FileDiff, Line
from reviewbot.model.finding import Category, Finding, Severity
from reviewbot.model.memory import Suppression
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.rule import RULE_FILE

_AROUND, _REACH = 4, 8  # telling lines on each side, among so many
_LONGEST_REASON = 500


def remember(
    finding: Finding,
    file: FileDiff | None,
    ref: MergeRequestRef,
    opinion: Opinion,
    at: float,
    *,
    project_wide: bool,
) -> Suppression:
    """What is kept of a dismissal. `file`: the finding's file in the diff in which it is anchored, if it is known."""
    return Suppression(
        project_id=ref.project_id,
        iid=ref.iid,
        fingerprint=finding.fingerprint,
        paths=_paths(finding, file),
        anchored=_hash(finding.quote),
        around=_around(finding, file),
        claim=tuple(sorted(words(finding.title))),
        title=finding.title,
        rule=finding.rule,
        category=finding.category,
        severity=finding.severity,
        how=opinion.how,
        by=opinion.person.username if opinion.person else "",
        by_id=opinion.person.id if opinion.person else 0,
        reason=opinion.reason[:_LONGEST_REASON],
        project_wide=project_wide and not grave(finding),
        at=at,
    )


def grave(finding: Finding) -> bool:
    """Whether a dismissal of it counts for its merge request alone, whoever says it: a critical one of security."""
    return finding.severity is Severity.CRITICAL and finding.category is Category.SECURITY


def suppressed(
    finding: Finding, file: FileDiff | None, suppressions: Iterable[Suppression], ref: MergeRequestRef
) -> Suppression | None:
    """The suppression that covers a finding, if one does."""
    return next((one for one in suppressions if _covers(one, finding, file, ref)), None)


def _covers(one: Suppression, finding: Finding, file: FileDiff | None, ref: MergeRequestRef) -> bool:
    elsewhere = one.iid != ref.iid
    if elsewhere and grave(finding):
        return False
    if not _similar(one, finding):
        return False
    same_text = one.anchored == _hash(finding.quote) and bool(even(finding.quote))
    paths = _paths(finding, file)
    if set(paths) & set(one.paths):
        return same_text or len(set(_around(finding, file)) & set(one.around)) >= 2
    names = {path.rpartition("/")[2] for path in paths} & {path.rpartition("/")[2] for path in one.paths}
    return same_text and len(even(finding.quote)) >= TELLING and bool(names)


def _similar(one: Suppression, finding: Finding) -> bool:
    if RULE_FILE in {one.rule, finding.rule}:  # each mistake is one of its own
        return (one.rule, one.title) == (finding.rule, finding.title)
    if one.rule and one.rule == finding.rule:
        return True
    mine, other = set(one.claim), words(finding.title)
    common = len(mine & other)
    return mine == other or (common >= 2 and common >= SIMILAR * min(len(mine), len(other)))


def _paths(finding: Finding, file: FileDiff | None) -> tuple[str, ...]:
    old = (file.old_path,) if file is not None else ()
    return tuple(dict.fromkeys((finding.anchor.path, *old)))


def _around(finding: Finding, file: FileDiff | None) -> tuple[str, ...]:
    """Hashes of the nearest telling lines of the new side before and behind the first anchored one, in its hunk."""
    for hunk in file.hunks if file is not None else ():
        at = next((at for at, line in enumerate(hunk.lines) if line.key == finding.anchor.start), None)
        if at is not None:
            before, behind = hunk.lines[max(0, at - _REACH) : at], hunk.lines[at + 1 : at + 1 + _REACH]
            return (*_telling(reversed(before)), *_telling(behind))
    return ()


def _telling(lines: Iterable[Line]) -> list[str]:
    return [_hash(line.text) for line in lines if line.sign != "-" and len(even(line.text)) >= TELLING][:_AROUND]


def _hash(text: str) -> str:
    return hashlib.sha256(even(text).encode(errors="surrogatepass")).hexdigest()[:32]
