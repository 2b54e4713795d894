"""What of a change is new since the last reviewed version: by content, line by line, wherever it stands now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from reviewbot.core import digests, pieces, tracing
from reviewbot.core.tracing import Trace, TracedFile
from reviewbot.model.diff import Change, FileDiff, Hunk
from reviewbot.model.outcome import ReviewedVersion

MARGIN = 10  # lines around a new one that are read with it


@dataclass(frozen=True, slots=True)
class News:
    """`files` is what is to be read: of a file that was read before, only its new portions, as hunks of their own.

    `whole` are the same files with all their hunks. `unchanged` are paths of which nothing is new, `partly` those of
    which some is. No line is lost: each is in `files`, or was read in an earlier run.
    """

    files: tuple[FileDiff, ...]
    whole: tuple[FileDiff, ...]
    unchanged: frozenset[str] = frozenset()
    partly: frozenset[str] = frozenset()


def news(files: Sequence[FileDiff], earlier: ReviewedVersion | None, trace: Trace) -> News:
    """Compare the files to review with the earlier version; None: all of it is new."""
    if earlier is None:
        return News(tuple(files), tuple(files))
    read: list[FileDiff] = []
    whole: list[FileDiff] = []
    unchanged: set[str] = set()
    partly: set[str] = set()
    for file in files:
        portion = _portion(file, earlier, trace)
        if portion is None:
            unchanged.add(file.path)
            continue
        read.append(portion)
        whole.append(file)
        if portion is not file:
            partly.add(file.path)
    return News(tuple(read), tuple(whole), frozenset(unchanged), frozenset(partly))


def _portion(file: FileDiff, earlier: ReviewedVersion, trace: Trace) -> FileDiff | None:
    """The file itself when all of it is new, its new portions, or None."""
    if earlier.digests.get(file.path) == digests.digest(file):
        return None
    traced = trace.origin(file.path)
    if traced is None or file.missing or not file.hunks or tracing.shape(file) != traced.seen.shape:
        return file
    spots = _spots(traced)
    if not spots:
        return None
    hunks = tuple(part for hunk, wanted in _by_hunk(file, spots) for part in _cut(hunk, wanted))
    if sum(len(hunk.lines) for hunk in hunks) == len(traced.after):
        return file
    # What is shown of a new file is a change to it: the rest of it is not there to be seen.
    return replace(file, hunks=hunks, change=Change.MODIFIED if file.change is Change.ADDED else file.change)


def _spots(traced: TracedFile) -> set[int]:
    """Indices of lines that are new, were not read, or stand where changed lines are gone."""
    backward = traced.backward
    spots = {at for at in range(len(traced.after)) if at not in backward or not traced.before[backward[at]].read}
    for at, line in enumerate(traced.before):
        if at in traced.forward or line.sign == " ":
            continue
        if (beside := traced.nearest(line.key)) is not None:
            spots.add(traced.position[beside.key])
    return spots


def _by_hunk(file: FileDiff, spots: Collection[int]) -> list[tuple[Hunk, list[int]]]:
    """Hunks with the indices of their own lines that are wanted; those without any are left out."""
    found, first = [], 0
    for hunk in file.hunks:
        wanted = [at for at in range(len(hunk.lines)) if first + at in spots]
        first += len(hunk.lines)
        if wanted:
            found.append((hunk, wanted))
    return found


def _cut(hunk: Hunk, wanted: Sequence[int]) -> list[Hunk]:
    """The wanted lines with their surroundings."""
    near = sorted(
        {at for spot in wanted for at in range(max(0, spot - MARGIN), min(len(hunk.lines), spot + MARGIN + 1))}
    )
    runs = [[at for _, at in run] for _, run in groupby(enumerate(near), key=lambda pair: pair[1] - pair[0])]
    return [pieces.cut(hunk, run[0], run[-1] + 1) for run in runs]
