"""A candidate of the judge's as its prompt shows it."""

from reviewbot.core import tags
from reviewbot.core.cleaning import clean, name
from reviewbot.core.shown import shown
from reviewbot.core.verification import Candidate

MAX_CLAIM, MAX_EARLIER = 2_000, 2_000  # characters of a candidate's body, and of the line as it was


def block(number: int, candidate: Candidate) -> dict[str, object]:
    """One candidate as the judge sees it: the claim, never who made it or how often."""
    finding = candidate.finding
    lines = [f"Path: {shown(candidate.path)}", f"Place: {_place(candidate)}", f"Title: {name(finding.title)}"]
    lines += [f"Rule: {name(finding.rule)}"] if finding.rule else []
    return {
        "id": f"F{number}",
        "severity": finding.severity,
        "category": finding.category,
        "earlier": candidate.earlier,
        "claim": "\n".join([*lines, clean(finding.body, MAX_CLAIM)]),
        "was": clean(finding.quote, MAX_EARLIER) if candidate.earlier else "",
    }


def _place(candidate: Candidate) -> str:
    """The tag of the first line, and of the last, as they stand in the diff shown; else the number then."""
    anchor = candidate.finding.anchor
    if not candidate.earlier and candidate.file is not None:
        found = {line.key: line for line in candidate.file.lines() if line.key in {anchor.start, anchor.end}}
        told = [tags.tag(found[key]) for key in dict.fromkeys((anchor.start, anchor.end)) if key in found]
        if told:
            return " to ".join(told)
    first, last = anchor.lines
    now = f", about line {candidate.line} now" if candidate.line is not None else ""
    return f"{anchor.side} lines {first}-{last}{' then' if candidate.earlier else ''}{now}"
