"""A file's diff and text, and the places that matter in it -> the part of both that a judge has to see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reviewbot.core import context, pieces
from reviewbot.core.tokens import counter
from reviewbot.model.chunk import Enclosing, Piece
from reviewbot.model.diff import Change, FileDiff, Hunk, Line, LineKey
from reviewbot.model.finding import Anchor

WINDOWS = (20, 10, 5, 2)  # lines around a place, the widest that fits
_NOTHING_THERE = "(the file is not in the change any more and its text could not be read)"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: the first and last line of a finding in the diff, or a line of the new side outside of it."""

    anchor: Anchor | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`diff`: tagged lines under a `###` line, as in a prompt to a reviewer; `context`: the definitions around them."""

    diff: str
    context: tuple[Enclosing, ...] = ()


def excerpt(path: str, file: FileDiff | None, text: str | None, spots: Sequence[Spot], budget: int) -> Excerpt:
    """The lines around the `spots` and the definitions that they stand in. `budget` in tokens, for either of both.

    A spot outside of the diff is shown as unchanged lines of `text`, under the same tags as a reviewer would see.
    """
    shown = file or FileDiff(path, path, Change.MODE)
    count = counter().count
    rendered = f"{pieces.header(Piece(shown, ()))}\n{_NOTHING_THERE}"
    hunks: tuple[Hunk, ...] = ()
    for reach in WINDOWS:
        hunks = _around(shown, text, spots, reach)
        if not hunks:
            break
        rendered = pieces.text(Piece(shown, hunks))
        if count(rendered) <= budget:
            break
    if text is None or not hunks:
        return Excerpt(rendered)
    # An added file is treated like a changed one: only a part of it is shown here.
    change = Change.MODIFIED if shown.change is Change.ADDED else shown.change
    part = replace(shown, hunks=hunks, change=change)
    places = [place for spot in spots if (place := _new_lines(file, spot)) is not None]
    return Excerpt(rendered, context.enclosing(part, text, budget, count, places))


def _new_lines(file: FileDiff | None, spot: Spot) -> tuple[int, int] | None:
    """First and last line of the new side of a place; a removed line is where the next one is that is not."""
    if spot.anchor is None:
        return None if spot.line is None else (spot.line, spot.line)
    found = _in_diff(file, spot) if file is not None else None
    if file is None or found is None:
        return None
    number, first, last = found
    behind = [line.new for line in file.hunks[number].lines[first:] if line.new is not None]
    within = [line.new for line in file.hunks[number].lines[first : last + 1] if line.new is not None]
    return (within[0], within[-1]) if within else (behind[0], behind[0]) if behind else None


def together(parts: Sequence[Excerpt]) -> Excerpt:
    """Excerpts of several files as one, in the same order."""
    return Excerpt("\n".join(part.diff for part in parts), tuple(one for part in parts for one in part.context))


def _around(file: FileDiff, text: str | None, spots: Sequence[Spot], reach: int) -> tuple[Hunk, ...]:
    """Parts of hunks around the spots in file order, those that touch in one; and bare text where no hunk is."""
    wanted: dict[int, list[tuple[int, int]]] = {}
    bare: list[int] = []
    for spot in spots:
        found = _in_diff(file, spot)
        if found is not None:
            number, first, last = found
            last = min(last, first + 2 * reach)
            wanted.setdefault(number, []).append((first - reach, last + 1 + reach))
        elif spot.line is not None:
            bare.append(spot.line)
    made = [
        pieces.cut(file.hunks[number], first, last)
        for number, spans in wanted.items()
        for first, last in _joined(spans, len(file.hunks[number].lines))
    ]
    made += _bare(text, bare, reach) if text is not None else []
    return tuple(sorted(made, key=lambda hunk: (hunk.new_start, hunk.old_start)))


def _in_diff(file: FileDiff, spot: Spot) -> tuple[int, int, int] | None:
    """Hunk, and the indices of the spot's first and last line in it."""
    for number, hunk in enumerate(file.hunks):
        if spot.anchor is not None:
            keys: list[LineKey] = [line.key for line in hunk.lines]
            if spot.anchor.start in keys:
                first = keys.index(spot.anchor.start)
                return number, first, max(first, keys.index(spot.anchor.end) if spot.anchor.end in keys else first)
        elif spot.line is not None and hunk.new_start <= spot.line < hunk.new_start + max(1, hunk.new_count):
            at = next((at for at, line in enumerate(hunk.lines) if (line.new or 0) >= spot.line), 0)
            return number, at, at
    return None


def _joined(spans: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Index ranges (half open) within 0..length, ascending, overlapping ones in one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted((max(0, first), min(length, last)) for first, last in spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        elif first < last:
            joined.append((first, last))
    return joined


def _bare(text: str, numbers: Sequence[int], reach: int) -> list[Hunk]:
    lines = text.split("\n")
    starts = []
    for first, last in _joined([(number - 1 - reach, number + reach) for number in numbers], len(lines)):
        body = tuple(Line(" ", at + 1, at + 1, lines[at]) for at in range(first, last))
        starts.append(Hunk(first + 1, len(body), first + 1, len(body), "", body))
    return starts
