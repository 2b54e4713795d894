"""A file that is too large for one chunk to slices that chunks can be made of, cut where reading suffers least."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reviewbot.core import pieces
from reviewbot.model.chunk import Piece
from reviewbot.model.diff import FileDiff, Hunk, Line

AT_HUNK, AT_DEFINITION, AT_LINE = 20, 40, 80
"""What a cut in front of a slice costs, to be weighed against cuts between files (at most 16)."""

UNKNOWN_PART = (99, 999)
"""Part and number of parts while they are not known: as wide as any label."""

_GRAIN = 8  # slices without definitions are at most this part of a chunk, so that chunks can still be filled well


@dataclass(frozen=True, slots=True)
class Slice:
    """Lines `start`..`end` of hunk number `hunk` of `file`; whole files have `hunk` None.

    `tokens` counts its lines and, at their beginnings, the headers of file and hunk. `lead` counts the headers that
    come on top when a chunk begins with it. `text` is that of a whole file.
    """

    file: FileDiff
    hunk: int | None
    start: int
    end: int
    tokens: int
    lead: int
    border: int
    text: str = ""


Count = Callable[[str], int]


def whole(file: FileDiff, count: Count, border: int) -> Slice:
    """The file in one slice."""
    text = pieces.text(Piece(file, file.hunks))
    return Slice(file, None, 0, 0, count(text + "\n"), 0, border, text)


def slices(file: FileDiff, budget: int, count: Count, borders: Sequence[int], first_border: int) -> list[Slice]:
    """The file's lines in slices of at most `budget` tokens with headers; a single line may have more."""
    head = count(pieces.header(Piece(file, (), *UNKNOWN_PART)) + "\n")
    made: list[Slice] = []
    for number, hunk in enumerate(file.hunks):
        costs = [count(line + "\n") for line in pieces.hunk_lines(hunk)]
        title = count(pieces.hunk_header(hunk) + "\n") + 2  # other numbers may take a token or two more
        room = max(1, budget - head - title)
        for start, end, border in _cuts(hunk, costs, room, borders):
            body = sum(costs[start:end])
            tokens = body + (title if start == 0 else 0) + (0 if made else head)
            lead = (head if made else 0) + (0 if start == 0 else title)
            made.append(Slice(file, number, start, end, tokens, lead, border if made else first_border))
    return made


def _cuts(hunk: Hunk, costs: Sequence[int], room: int, borders: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """(start, end, cost of a cut at start): the hunk whole, else its definitions, else some lines each."""
    if sum(costs) <= room:
        yield 0, len(costs), AT_HUNK
        return
    starts = sorted({0, *_definitions(hunk, borders)})
    for start, end in zip(starts, [*starts[1:], len(costs)], strict=True):
        border = AT_HUNK if start == 0 else AT_DEFINITION
        for first, last in _fine(hunk.lines, costs, start, end, room):
            yield first, last, border if first == start else AT_LINE


def _definitions(hunk: Hunk, borders: Sequence[int]) -> Iterator[int]:
    """Indices of lines at which a definition starts on the new side, its removed predecessor included."""
    first = bisect_left(borders, hunk.new_start)
    wanted = set(borders[first : bisect_left(borders, hunk.new_start + hunk.new_count, first)])
    for index, line in enumerate(hunk.lines):
        if line.new in wanted:
            while index > 0 and line.sign == "+" and hunk.lines[index - 1].sign == "-":
                index -= 1  # noqa: PLW2901 - walks back from the line found
            yield index


def _fine(lines: Sequence[Line], costs: Sequence[int], start: int, end: int, room: int) -> Iterator[tuple[int, int]]:
    """Cut `start`..`end` into runs of at most `room` tokens; all of a small enough block stays together."""
    if sum(costs[start:end]) <= room:
        yield start, end
        return
    grain = max(1, room // _GRAIN)
    while start < end:
        stop, used = start, 0
        while stop < end and (stop == start or used + costs[stop] <= grain):
            used += costs[stop]
            stop += 1
        if stop < end:
            stop = calmest(lines, start + (stop - start + 1) // 2, stop)
        yield start, stop
        start = stop


def calmest(lines: Sequence[Line], low: int, high: int) -> int:
    """The best index in `low`..`high` to cut in front of: after a blank line, at little indentation, not between old
    and new. The latest of equals; `low` ≥ 1 and `high` < the number of lines.
    """
    return min(range(low, high + 1), key=lambda index: (_unrest(lines[index - 1], lines[index]), -index))


def _unrest(before: Line, after: Line) -> tuple[bool, bool, int]:
    blank = not before.text.strip()
    indentation = len(after.text) - len(after.text.lstrip())
    return (before.sign == "-" and after.sign == "+", not blank, indentation if after.text.strip() else 99)
