"""What a reviewer says about a line, where it stands, and why something was left unsaid."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from reviewbot.model.diff import LineKey


class Severity(StrEnum):
    """critical: will break or is exploitable; warning: concrete risk; suggestion: worth considering."""

    CRITICAL = "critical"
    WARNING = "warning"
    SUGGESTION = "suggestion"

    @property
    def rank(self) -> int:
        """0 is the gravest."""
        return list(Severity).index(self)


class Category(StrEnum):
    CORRECTNESS = "correctness"
    SECURITY = "security"
    PERFORMANCE = "performance"
    RELIABILITY = "reliability"
    TESTS = "tests"
    DOCUMENTATION = "documentation"
    MAINTAINABILITY = "maintainability"
    RELEASE = "release"
    COMPLIANCE = "compliance"
    AGENTS_MD = "agents_md"


Side = Literal["new", "old"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a finding stands in the diff: `path` (new path) and the keys of its first and last line.

    Both keys name lines that are in the file's diff, in diff order; equal for a single line. Numbers are git's.
    """

    path: str
    start: LineKey
    end: LineKey

    @property
    def side(self) -> Side:
        """The side that the last line is on; unchanged lines count as new."""
        return "old" if self.end[1] is None else "new"

    @property
    def lines(self) -> tuple[int, int]:
        """First and last number on `side`; a first line from the other side is clamped to the last."""
        index = 0 if self.side == "old" else 1
        last = self.end[index] or 0
        first = self.start[index]
        return (last if first is None else min(first, last), last)


Source = Literal["model", "pattern"]
Certainty = Literal["", "confirmed", "unproven"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`quote` is the raw text of the first anchored line. `fingerprint` is filled by `core.fingerprints`.

    `reviewer` is the id of the specialist that said it first, "" for a pattern; `votes` counts the specialists and
    passes that said the same. `certainty` is what checking it against the code came to ("": not checked), `reason` why.
    `candidate`: a pattern's hit that only the judge can make a finding.
    """

    anchor: Anchor
    severity: Severity
    category: Category
    title: str
    body: str
    rule: str | None = None
    suggestion: str | None = None
    source: Source = "model"
    quote: str = ""
    fingerprint: str = ""
    reviewer: str = ""
    votes: int = 1
    certainty: Certainty = ""
    reason: str = ""
    candidate: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that a run decided not to say, or could not place. Nothing disappears without one.

    `stage`: parse, anchor, dedupe, judge, linter, shadow, held_back, cap, place, publish, ask, … `rule` and
    `fingerprint` are the finding's, where there was one.
    """

    stage: str
    reason: str
    path: str = ""
    title: str = ""
    rule: str | None = None
    fingerprint: str = ""
