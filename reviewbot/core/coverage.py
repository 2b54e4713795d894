"""What was selected, carried over and left unread -> one line per file on how far the review went."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reviewbot.model.chunk import FileCoverage, Piece, Selection
from reviewbot.model.diff import Diff, FileDiff, Hunk, LineKey

MAX_RANGES = 20  # of a partly read file that are named
UNCHANGED = "unchanged since the last review"


@dataclass(frozen=True, slots=True)
class Unread:
    """A piece that a request should have read and did not; `reason` is a clause for people."""

    piece: Piece
    reason: str


def cover(
    diff: Diff,
    selection: Selection,
    unread: Mapping[str, Sequence[Unread]],
    unchanged: Collection[str] = frozenset(),
    continued: Collection[str] = frozenset(),
) -> tuple[FileCoverage, ...]:
    """Every file of the diff exactly once, in its order.

    `unread` is by path; a piece that several reviewers failed to read counts once. A file is `skipped` when it was not
    selected or none of its lines were read, `partly` when some were not: then the reason names their line numbers.
    `unchanged` files were read in an earlier run and their change is still the same; of `continued` ones, what was read
    then was not read again.
    """
    skipped = {skip.path: skip for skip in selection.skipped}
    selected = {file.path for file in selection.reviewed}
    covered = []
    for file in diff.files:
        skip = skipped.get(file.path)
        if skip is not None:
            covered.append(FileCoverage(file.path, "skipped", skip.reason, complete=skip.expected))
        elif file.path not in selected:
            covered.append(FileCoverage(file.path, "skipped", "neither selected nor left out", complete=False))
        elif unread.get(file.path):
            covered.append(_missing(file, unread[file.path]))
        else:
            reason = UNCHANGED if file.path in unchanged else ""
            reason = "only what is new since the last review" if file.path in continued else reason
            covered.append(FileCoverage(file.path, "reviewed", reason))
    return tuple(covered)


def _missing(file: FileDiff, unread: Sequence[Unread]) -> FileCoverage:
    """The file less its unread pieces."""
    lines: set[LineKey] = {line.key for entry in unread for hunk in entry.piece.hunks for line in hunk.lines}
    reasons = "; ".join(dict.fromkeys(entry.reason for entry in unread))
    if lines >= {line.key for line in file.lines()}:
        return FileCoverage(file.path, "skipped", f"not read: {reasons}", complete=False)
    ranges = list(dict.fromkeys(_range(hunk) for entry in unread for hunk in entry.piece.hunks))
    return FileCoverage(file.path, "partly", f"{_listed(ranges)} not read: {reasons}", complete=False)


def _range(hunk: Hunk) -> str:
    """The numbers of a hunk in the new file, of one that only removes in the old file."""
    if hunk.new_count:
        return _span("", hunk.new_start, hunk.new_count)
    return _span("removed ", hunk.old_start, hunk.old_count)


def _span(kind: str, start: int, count: int) -> str:
    return f"{kind}{start}" if count == 1 else f"{kind}{start}-{start + count - 1}"


def _listed(ranges: Iterable[str]) -> str:
    named = list(ranges)
    more = f" and {len(named) - MAX_RANGES} more" if len(named) > MAX_RANGES else ""
    return f"lines {', '.join(named[:MAX_RANGES])}{more}"
