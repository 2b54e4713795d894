"""Files to an order in which related ones are neighbours: a module and its test, a header and its source, a folder."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from reviewbot.model.diff import FileDiff

_TEST_NAME = re.compile(
    r"^(?:test_|tests_)(?P<after>.+)$"
    r"|^(?P<before>.+?)(?:[_.\-](?:tests?|specs?|unittest)|Tests?|Specs?|IT|TestCase)$"
)
_TEST_FOLDERS = {"test", "tests", "spec", "specs", "__tests__", "testing", "it", "e2e"}
# Folder names that tell the layout of a project, not what its files are about.
_LAYOUT = _TEST_FOLDERS | {
    "src",
    "main",
    "lib",
    "include",
    "inc",
    "source",
    "sources",
    "unit",
    "java",
    "kotlin",
    "python",
}
_HEADERS = {".h", ".hh", ".hpp", ".hxx", ".h++", ".cuh"}
_SOURCES = {".c", ".cc", ".cpp", ".cxx", ".c++", ".cu", ".m", ".mm"}


@dataclass(frozen=True, slots=True)
class Grouped:
    """A file and the key of its group: equal for files that belong together, sorted like folders in a tree."""

    file: FileDiff
    group: tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class _Named:
    file: FileDiff
    folder: tuple[str, ...]
    name: str
    subject: str  # the name without its extension and without what makes it a test's, in lower case
    test: bool
    header: bool

    @property
    def leads(self) -> bool:
        return not self.test and not self.header


def order(files: Iterable[FileDiff]) -> tuple[Grouped, ...]:
    """All files, related ones next to each other; the same for every order of the input."""
    named = sorted((_named(file) for file in files), key=lambda one: (one.folder, one.name))
    leaders = defaultdict(list)
    for one in named:
        if one.leads:
            leaders[one.subject].append(one)
    placed = []
    for one in named:
        leader = one if one.leads else _leader(one, leaders[one.subject]) or one
        # Within a group: the header, what it leads, its tests.
        rank = 2 if one.test else 0 if one.header else 1
        placed.append(((leader.folder, leader.name), rank, one))
    placed.sort(key=lambda entry: (entry[0], entry[1], entry[2].folder, entry[2].name))
    return tuple(Grouped(one.file, key) for key, _, one in placed)


def is_test(path: str) -> bool:
    """Whether a file is a test's, by its name or its folders."""
    parts = PurePosixPath(path)
    named = _TEST_NAME.match(parts.name.removesuffix(parts.suffix)) is not None
    return named or any(part.lower() in _TEST_FOLDERS for part in parts.parts[:-1])


def distance(first: Grouped, second: Grouped) -> int:
    """How far apart two neighbours are: 0 same group, 1 same folder, 2 … 4 further away in the tree."""
    if first.group == second.group:
        return 0
    mine, other = first.group[0], second.group[0]
    shared = _shared(mine, other)
    return min(4, 1 + max(len(mine), len(other)) - shared)


def _named(file: FileDiff) -> _Named:
    path = PurePosixPath(file.path)
    stem = path.name.partition(".")[0] if not path.name.startswith(".") else path.name
    middle = path.name.removesuffix(path.suffix)
    match = _TEST_NAME.match(middle)
    folder = path.parts[:-1]
    test = is_test(file.path)
    subject = (match["after"] or match["before"]) if match else stem
    header = path.suffix.lower() in _HEADERS
    return _Named(file, folder, path.name, subject.partition(".")[0].lower(), test, header and not test)


def _leader(one: _Named, candidates: Sequence[_Named]) -> _Named | None:
    """The file that a test or a header belongs to: the one whose folders are most alike, if that is clear."""
    if one.header:
        candidates = [other for other in candidates if PurePosixPath(other.name).suffix.lower() in _SOURCES]
    if not candidates:
        return None
    scored = sorted(candidates, key=lambda other: (-_alike(one, other), other.folder, other.name))
    best = _alike(one, scored[0])
    clear = len(scored) == 1 or best > _alike(one, scored[1])
    return scored[0] if clear or best > 0 else None


def _alike(one: _Named, other: _Named) -> int:
    mine = {part.lower() for part in one.folder} - _LAYOUT
    return len(mine & {part.lower() for part in other.folder}) * 2 + (one.folder == other.folder)


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    shared = 0
    for mine, other in zip(first, second, strict=False):
        if mine != other:
            break
        shared += 1
    return shared
