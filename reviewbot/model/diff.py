"""A parsed diff: files, hunks and lines, with the numbers that git gives them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

Sign = Literal[" ", "+", "-"]


class Line(NamedTuple):
    """One body line of a hunk. Numbers are git's, 1-based; `old` is None for an added line, `new` for a removed one.

    A tuple: large diffs have many, and it is made, compared and sent to another process at a fraction of the cost.
    `text` has neither the sign nor the line feed; it may hold CR, form feed, U+2028 and the like.
    """

    sign: Sign
    old: int | None
    new: int | None
    text: str

    @property
    def key(self) -> "LineKey":
        return (self.old, self.new)


# (old number or None, new number or None): names one line of one file's diff. Unchanged lines have both.
LineKey = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of lines under one `@@` header; `section` is the text after the second `@@`."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    section: str
    lines: tuple[Line, ...]
    old_ends_without_newline: bool = False
    new_ends_without_newline: bool = False


class Change(StrEnum):
    """What happened to the file as a whole. MODE: only its mode changed."""

    ADDED = "added"
    DELETED = "deleted"
    MODIFIED = "modified"
    RENAMED = "renamed"
    COPIED = "copied"
    MODE = "mode"


class Kind(StrEnum):
    """What the file is. Only TEXT (and SYMLINK) has lines worth reading."""

    TEXT = "text"
    BINARY = "binary"
    SUBMODULE = "submodule"
    LFS = "lfs"
    SYMLINK = "symlink"


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file's change. For an added or deleted file both paths are that file's path (GitLab's way).

    `missing` says why the text is not there although the file changed ("collapsed", "too large", …); empty: all here.
    `generated` is GitLab's own `generated_file` flag.
    """

    old_path: str
    new_path: str
    change: Change
    kind: Kind = Kind.TEXT
    old_mode: str | None = None
    new_mode: str | None = None
    hunks: tuple[Hunk, ...] = ()
    missing: str = ""
    generated: bool = False

    @property
    def path(self) -> str:
        """The path people know the file by: the new one."""
        return self.new_path

    def lines(self) -> Iterator[Line]:
        for hunk in self.hunks:
            yield from hunk.lines

    @property
    def added(self) -> int:
        return self._count("+")

    @property
    def removed(self) -> int:
        return self._count("-")

    def _count(self, sign: Sign) -> int:
        return [line.sign for hunk in self.hunks for line in hunk.lines].count(sign)


@dataclass(frozen=True, slots=True)
class Diff:
    """All files of a change, in the order in which they came. Paths (`FileDiff.path`) are unique."""

    files: tuple[FileDiff, ...]

    def file(self, path: str) -> FileDiff | None:
        return next((file for file in self.files if file.path == path), None)
