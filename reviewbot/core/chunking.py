"""Files to chunks: every line in exactly one, related files together, no more chunks than the budget asks for."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from zlib import crc32

from reviewbot.core import grouping, pieces, slicing
from reviewbot.core.slicing import Count, Slice
from reviewbot.model.chunk import Chunk, Piece
from reviewbot.model.diff import FileDiff, Hunk

_BETWEEN_FILES = (16, 6, 3, 2, 1)  # cost of a cut by `grouping.distance`: within a group … between far folders


def no_borders(file: FileDiff) -> Sequence[int]:
    """For when nothing is known about where definitions start."""
    return ()


def pack(
    files: Sequence[FileDiff],
    budget: int,
    count: Count,
    borders: Callable[[FileDiff], Sequence[int]] = no_borders,
) -> tuple[Chunk, ...]:
    """Chunks of at most `budget` tokens of rendered diff, unless a single line has more.

    A file that fits is never cut; a larger one is cut at hunks, at definitions (`borders` gives the new-side line
    numbers at which they start, ascending), or anywhere, in this order of preference. The result does not depend on the
    order of `files`; what changes in one file moves other files only when chunks overflow by it.
    """
    units = _units(files, budget, count, borders)
    runs = _merged(_runs(units, budget), budget)
    write = _Writer(units, count)
    return _labelled([chunk for run in runs for chunk in _within(_pieces(run), budget, count, write)], write)


def render(chunk: Chunk) -> str:
    """The diff as it stands in a prompt, without a line feed at the end."""
    return chunk.text or "\n".join(pieces.text(piece) for piece in chunk.pieces)


def halve(chunk: Chunk, count: Count) -> tuple[Chunk, ...]:
    """Two smaller chunks with the same lines; () for a chunk of one line or none, which cannot be split."""
    return tuple(map(_Writer((), count), _split(chunk.pieces, count)))


class _Writer:
    """Pieces to a chunk with its text. What was written to measure whole files is not written again."""

    def __init__(self, units: Sequence[Slice], count: Count) -> None:
        self._count = count
        self._written = {unit.file.path: unit.text for unit in units if unit.hunk is None}

    def __call__(self, parts: tuple[Piece, ...]) -> Chunk:
        text = "\n".join(map(self._text, parts))
        return Chunk(parts, self._count(text), text)

    def _text(self, piece: Piece) -> str:
        written = self._written.get(piece.path) if piece.parts == 1 else None
        return pieces.text(piece) if written is None else written


def _units(
    files: Sequence[FileDiff], budget: int, count: Count, borders: Callable[[FileDiff], Sequence[int]]
) -> list[Slice]:
    units: list[Slice] = []
    previous = None
    for grouped in grouping.order(files):
        border = 0 if previous is None else _BETWEEN_FILES[grouping.distance(previous, grouped)]
        unit = slicing.whole(grouped.file, count, border)
        if unit.tokens <= budget or not grouped.file.hunks:
            units.append(unit)
        else:
            units += slicing.slices(grouped.file, budget, count, borders(grouped.file), border)
        previous = grouped
    return units


def _runs(units: Sequence[Slice], budget: int) -> list[list[Slice]]:
    """Cut the sequence into as few runs as its order allows, and of those ways take the one with the best cuts.

    Shortest path over all cuts. Between cuts that are equally good the names of the files decide, not the sizes: after
    a small change the same cuts are taken again.
    """
    sums = list(accumulate((unit.tokens for unit in units), initial=0))
    costs = [_cost(unit) for unit in units]
    best: list[tuple[int, int, int]] = [(0, 0, 0)]  # per end: runs, cost, where the last run starts
    for end in range(1, len(units) + 1):
        choices = []
        for start in range(end - 1, -1, -1):
            size = sums[end] - sums[start] + units[start].lead
            if sums[end] - sums[start] > budget and start < end - 1:
                break
            if size <= budget or start == end - 1:
                runs, cost, _ = best[start]
                choices.append((runs + 1, cost + costs[start], start))
        best.append(min(choices))
    ends = [len(units)]
    while ends[-1] > 0:
        ends.append(best[ends[-1]][2])
    ends.reverse()
    return [list(units[start:end]) for start, end in pairwise(ends)]


def _cost(unit: Slice) -> int:
    return unit.border * 16 + crc32(unit.file.path.encode(errors="replace")) % 16


def _size(run: Sequence[Slice]) -> int:
    return run[0].lead + sum(unit.tokens for unit in run)


def _merged(runs: list[list[Slice]], budget: int) -> list[list[Slice]]:
    """Put together what fits together although it is not adjacent: the smallest run into the fullest that takes it."""
    sizes = {index: _size(run) for index, run in enumerate(runs)}
    made = dict(enumerate(runs))
    for index in sorted(made, key=lambda number: (sizes[number], number)):
        fitting = [other for other in made if other != index and sizes[other] + sizes[index] <= budget]
        if fitting:
            other = max(fitting, key=lambda number: (sizes[number], -number))
            made[other] = made[other] + made.pop(index)
            sizes[other] += sizes.pop(index)
    return [made[index] for index in sorted(made)]


def _pieces(run: Sequence[Slice]) -> tuple[Piece, ...]:
    """Slices to pieces: neighbours in one file become one piece, neighbours in one hunk one hunk again."""
    spans: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    files: dict[str, FileDiff] = {}
    for unit in run:
        files[unit.file.path] = unit.file
        if unit.hunk is not None:
            spans[unit.file.path].append((unit.hunk, unit.start, unit.end))
    return tuple(_piece(file, sorted(spans[path])) for path, file in files.items())


def _piece(file: FileDiff, spans: Sequence[tuple[int, int, int]]) -> Piece:
    """Made of (hunk, start, end); without any, of the whole file."""
    if not spans:
        return Piece(file, file.hunks)
    joined = [spans[0]]
    for number, start, end in spans[1:]:
        if joined[-1][0] == number and joined[-1][2] == start:
            joined[-1] = (number, joined[-1][1], end)
        else:
            joined.append((number, start, end))
    hunks = tuple(pieces.cut(file.hunks[number], start, end) for number, start, end in joined)
    return Piece(file, hunks, *slicing.UNKNOWN_PART)


def _within(parts: tuple[Piece, ...], budget: int, count: Count, write: _Writer) -> list[Chunk]:
    """One chunk; more if the sum of its parts turned out less than the whole, as a rough counter may have it."""
    chunk = write(parts)
    halves = _split(parts, count) if chunk.tokens > budget else ()
    return [smaller for half in halves for smaller in _within(half, budget, count, write)] or [chunk]


def _labelled(chunks: list[Chunk], write: _Writer) -> tuple[Chunk, ...]:
    """Say which part of how many each piece of a divided file is, in the order of its lines."""
    totals: dict[str, list[Hunk | None]] = defaultdict(list)
    for chunk in chunks:
        for piece in chunk.pieces:
            totals[piece.path].append(piece.hunks[0] if piece.hunks else None)
    order = {path: sorted(firsts, key=_place) for path, firsts in totals.items()}
    labelled = []
    for chunk in chunks:
        parts = tuple(_part(piece, order[piece.path]) for piece in chunk.pieces)
        labelled.append(chunk if parts == chunk.pieces else write(parts))
    return tuple(labelled)


def _place(hunk: Hunk | None) -> tuple[int, int]:
    return (hunk.old_start + (hunk.old_count == 0), hunk.new_start + (hunk.new_count == 0)) if hunk else (0, 0)


def _part(piece: Piece, firsts: Sequence[Hunk | None]) -> Piece:
    return replace(piece, part=firsts.index(piece.hunks[0] if piece.hunks else None) + 1, parts=len(firsts))


def _split(parts: tuple[Piece, ...], count: Count) -> tuple[tuple[Piece, ...], ...]:
    """Two halves of about equal tokens: between files, else between hunks, else within the hunk."""
    if len(parts) > 1:
        middle = _middle([count(pieces.text(piece)) for piece in parts])
        return parts[:middle], parts[middle:]
    hunks = parts[0].hunks if parts else ()
    if len(hunks) > 1:
        middle = _middle([count(pieces.hunk_text(hunk)) for hunk in hunks])
        return _halves(parts[0], hunks[:middle], hunks[middle:])
    if not hunks or len(hunks[0].lines) < 2:
        return ()
    hunk, size = hunks[0], len(hunks[0].lines)
    middle = _middle([count(line + "\n") for line in pieces.hunk_lines(hunk)])
    middle = slicing.calmest(hunk.lines, max(1, middle - size // 8), min(size - 1, middle + size // 8))
    return _halves(parts[0], (pieces.cut(hunk, 0, middle),), (pieces.cut(hunk, middle, size),))


def _middle(sizes: Sequence[int]) -> int:
    """Index ≥ 1 and < len at which both sides weigh about the same."""
    sums = list(accumulate(sizes))
    return min(range(1, len(sizes)), key=lambda index: abs(2 * sums[index - 1] - sums[-1]))


def _halves(piece: Piece, *both: tuple[Hunk, ...]) -> tuple[tuple[Piece, ...], ...]:
    return tuple(
        (replace(piece, hunks=hunks, part=piece.part + later, parts=piece.parts + 1),)
        for later, hunks in enumerate(both)
    )
