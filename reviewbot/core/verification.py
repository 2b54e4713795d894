"""Candidates for the judge -> what it is shown of each; its answer -> verdicts; verdicts -> findings that are said.

A finding is a claim until somebody has held it against the code. The judge sees a few candidates at a time and only the
code that matters to them, says of each whether it holds, and never sees who said it or how often: that would be judged
instead of the code.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reviewbot.core.entries import MAX_WORD, Bad, entries, fields, needed, severity_of, text_of
from reviewbot.errors import AnswerUnusable
from reviewbot.model.diff import FileDiff
from reviewbot.model.finding import Dropped, Finding, Severity
from reviewbot.model.rule import Rule

KEY = "verdicts"
TOGETHER = 6  # candidates of one request, each judged on its own: more of them are read less well
MOST = 100  # candidates of one review: what comes after them stays unproven
MAX_ENTRIES = 4 * TOGETHER
MAX_REASON = 600

Ruling = Literal["confirmed", "unproven", "refuted"]
_RULINGS: Mapping[str, Ruling] = {"confirmed": "confirmed", "unproven": "unproven", "refuted": "refuted"}
_ID = re.compile(r"F[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finding to check. `file` is its file's diff now (None: not in the diff any more), `text` the whole file now.

    `rule` is the rule that the finding names. For a finding of an earlier version, `earlier` is true: the question is
    then whether the defect is still in the code, and `line` is the line of the new side where its place is now (None:
    unknown, or as anchored).
    """

    finding: Finding
    file: FileDiff | None = None
    text: str | None = None
    rule: Rule | None = None
    earlier: bool = False
    line: int | None = None

    @property
    def path(self) -> str:
        """The file's path now, as far as it is known."""
        return self.file.path if self.file else self.finding.anchor.path


@dataclass(frozen=True, slots=True)
class Checked:
    """What the judge says. `severity` None: as it was. `reason` is a model's text and never empty when refuted."""

    verdict: Ruling
    severity: Severity | None = None
    reason: str = ""


def batches(candidates: Iterable[Candidate]) -> list[tuple[Candidate, ...]]:
    """Candidates by file and line, at most `TOGETHER` in one; at most `MOST` in all, the first ones given.

    Those of one file stay together as far as they fit. What is made does not depend on the order of the candidates.
    """
    by_file: dict[str, list[Candidate]] = {}
    for candidate in list(candidates)[:MOST]:
        by_file.setdefault(candidate.path, []).append(candidate)
    made: list[tuple[Candidate, ...]] = []
    for path in sorted(by_file):
        members = sorted(by_file[path], key=_place)
        for at in range(0, len(members), TOGETHER):
            group = tuple(members[at : at + TOGETHER])
            if made and len(made[-1]) + len(group) <= TOGETHER:
                made[-1] += group
            else:
                made.append(group)
    return made


def _place(candidate: Candidate) -> tuple[int, str, str]:
    finding = candidate.finding
    return (candidate.line or finding.anchor.lines[0], finding.anchor.side, finding.fingerprint)


def reader(count: int) -> Callable[[str], Mapping[str, Checked]]:
    """Reads an answer about the candidates F1 … F`count`: the verdicts by id, those that can be read."""
    return lambda text: verdicts(text, frozenset(f"F{number}" for number in range(1, count + 1)))


def verdicts(text: str, wanted: frozenset[str]) -> Mapping[str, Checked]:
    """The verdicts on the `wanted` ids: one JSON object {"verdicts": [...]}, bare or with prose around it.

    An entry that is off costs that entry, its candidate is then unproven: an unknown verdict or severity, a refutation
    without a reason, two different verdicts on one id. Ids that were not asked about are passed over.

    Raises `AnswerUnusable`, worded for the repair turn, when no verdict on any of them can be read.
    """
    read: dict[str, Checked] = {}
    spoilt: set[str] = set()
    problem = "there is none"
    for entry in entries(text, KEY)[:MAX_ENTRIES]:
        try:
            name, checked = _entry(entry)
        except Bad as bad:
            problem = str(bad)
            continue
        if name in wanted and read.setdefault(name, checked) != checked:
            spoilt.add(name)
            problem = f"{name} has two different ones"
    good = {name: checked for name, checked in read.items() if name not in spoilt}
    if wanted and not good:
        ids = ", ".join(sorted(wanted, key=lambda name: int(name[1:])))
        raise AnswerUnusable(f"The answer has no readable verdict on {ids}: {problem}")
    return good


def _entry(entry: object) -> tuple[str, Checked]:
    known = fields(entry)
    name = needed(known, "id", MAX_WORD).upper()
    if not _ID.fullmatch(name):
        raise Bad(f'"id" is "{name}", not F and a number')
    word = needed(known, "verdict", MAX_WORD).lower()
    ruling = _RULINGS.get(word)
    if ruling is None:
        raise Bad(f'"verdict" is "{word}", not one of {", ".join(_RULINGS)}')
    severity = severity_of(known) if known.get("severity") is not None else None
    reason = " ".join(text_of(known, "reason", MAX_REASON).split())
    if ruling == "refuted" and not reason:
        raise Bad('"reason" is empty: a refutation needs one')
    return name, Checked(ruling, severity, reason)


def settle(
    findings: Sequence[Finding],
    asked: frozenset[str],
    checked: Mapping[str, Checked],
    unasked: str = "nobody judged it",
) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Hold findings against their verdicts, by fingerprint; those that were not `asked` about stay as they are.

    refuted: dropped, with the judge's reason. confirmed: said, its severity moved as `moved` allows. unproven, or asked
    about without an answer: said all the same, but ranked lower: dropping the unproven loses half of what is right.
    A candidate of a pattern is said only when it is confirmed, as gravely as its rule says; `unasked`: why nobody was
    asked about one.
    """
    kept: list[Finding] = []
    dropped: list[Dropped] = []
    for finding in findings:
        verdict = checked.get(finding.fingerprint)
        if finding.candidate:
            why = _unconfirmed(verdict) if finding.fingerprint in asked else unasked
            if why:
                dropped.append(_hit(finding, why))
            else:
                reason = verdict.reason if verdict else ""
                kept.append(replace(finding, candidate=False, certainty="confirmed", reason=reason))
        elif finding.fingerprint not in asked:
            kept.append(finding)
        elif verdict is None:
            kept.append(replace(finding, certainty="unproven"))
        elif verdict.verdict == "refuted":
            dropped.append(Dropped("judge", f"refuted: {verdict.reason}", finding.anchor.path, finding.title))
        else:
            severity = moved(finding.severity, verdict)
            kept.append(replace(finding, severity=severity, certainty=verdict.verdict, reason=verdict.reason))
    return tuple(kept), tuple(dropped)


def _unconfirmed(verdict: Checked | None) -> str:
    """Why a hit is none; empty where it was confirmed."""
    if verdict is None:
        return "the judge gave no verdict on it"
    return "" if verdict.verdict == "confirmed" else f"{verdict.verdict}: {verdict.reason}"


def _hit(finding: Finding, why: str) -> Dropped:
    told = f"a hit of the rule {finding.rule} that the judge did not confirm: {why}"
    return Dropped("judge", told, finding.anchor.path, finding.title)


def moved(severity: Severity, verdict: Checked) -> Severity:
    """The severity after the judge: one step towards what it says at most, since it saw less than the reviewer.

    Raised only when confirmed and never to critical: that stops a merge, and no reviewer has called it so. Lowered
    whenever it says so.
    """
    said = verdict.severity or severity
    scale = list(Severity)
    if said.rank > severity.rank:
        return scale[severity.rank + 1]
    raisable = verdict.verdict == "confirmed" and severity is Severity.SUGGESTION
    return Severity.WARNING if said.rank < severity.rank and raisable else severity
