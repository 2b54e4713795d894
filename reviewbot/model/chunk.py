"""What is read, in which portions, and what is not read."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from reviewbot.model.diff import FileDiff, Hunk


class Tier(StrEnum):
    """How deeply a change is reviewed."""

    TRIVIAL = "trivial"
    LITE = "lite"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Skip:
    """A file that is not reviewed. `expected`: leaving it out is policy (a lock file), so the review stays complete."""

    path: str
    reason: str
    expected: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """Files to read, in diff order, and files left out. Each file of the diff is in exactly one of both."""

    reviewed: tuple[FileDiff, ...]
    skipped: tuple[Skip, ...]


@dataclass(frozen=True, slots=True)
class Enclosing:
    """The function or class around a hunk: lines `start`..`end` of the new file, `text` whole or clipped."""

    path: str
    start: int
    end: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of one file's diff: some of its hunks, whole or cut at definition borders. `part` of `parts`, 1-based.

    A cut hunk is a `Hunk` with the right numbers for its own lines.
    """

    file: FileDiff
    hunks: tuple[Hunk, ...]
    part: int = 1
    parts: int = 1

    @property
    def path(self) -> str:
        return self.file.path


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one request reads. `tokens` is the count of its rendered diff, `text` that itself where it was kept."""

    pieces: tuple[Piece, ...]
    tokens: int
    text: str = field(default="", compare=False, repr=False)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(piece.path for piece in self.pieces))


CoverageState = Literal["reviewed", "partly", "skipped"]


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """`complete`: nothing that should have been read is missing. `partly` names the unread hunks in `reason`."""

    path: str
    state: CoverageState
    reason: str = ""
    complete: bool = True
