"""What surrounds a change: the function or class that each changed place of a file stands in, within a budget."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from reviewbot.core import languages
from reviewbot.core.patterns import agrees
from reviewbot.core.syntax import Definition, definitions
from reviewbot.core.tokens import counter
from reviewbot.model.chunk import Enclosing
from reviewbot.model.diff import Change, FileDiff, Hunk

_LONGEST_SIGNATURE = 6  # lines
_LONGEST_LINE = 400  # characters; the rest of a line is cut off


@dataclass(frozen=True, slots=True)
class _Place:
    """A definition to show, and the new line numbers of the changes in it."""

    definition: Definition
    changed: tuple[int, ...]


def enclosing(
    file: FileDiff,
    text: str,
    budget: int,
    count: Callable[[str], int],
    wanted: Sequence[tuple[int, int]] | None = None,
) -> tuple[Enclosing, ...]:
    """The smallest function or class around each changed place of `file`, by first line; none lies inside another.

    `wanted`: first and last new line numbers of the places that matter, where it is not all the changes.
    `text` is the file at the head commit, `count` counts tokens, `budget` bounds the sum over all texts returned.
    Each shows its first lines and those nearest to the changes, with a mark where lines were left out. Left out are
    definitions that would show nothing beside what the diff shows already, and everything for a new file, a language
    without a syntax tree, a text that is not the diff's new side, or one too large to parse.
    """
    language = languages.language_of(file.path)
    if language is None or file.change in {Change.ADDED, Change.DELETED} or budget <= 0 or not agrees(file, text):
        return ()
    lines = text.split("\n")
    runs = [run for hunk in file.hunks for run in _runs(hunk)] if wanted is None else wanted
    places = _places(runs, definitions(text, language), lines)
    shown = _shown(file, lines)
    hidden = [one for one in places if not shown.issuperset(range(one.definition.start, one.definition.end + 1))]
    return tuple(_clipped(hidden, lines, shown, file.path, budget, count))


def around(files: Sequence[tuple[FileDiff, str]], budget: int) -> tuple[Enclosing, ...]:
    """`enclosing` for several files (with their texts) that share one budget: what one leaves, the next may take."""
    count = counter().count
    left = budget
    found: list[Enclosing] = []
    for number, (file, text) in enumerate(files):
        definitions_here = enclosing(file, text, max(left // (len(files) - number), 0), count)
        left -= sum(count(one.text) for one in definitions_here)
        found.extend(definitions_here)
    return tuple(found)


def _places(runs: Sequence[tuple[int, int]], found: Sequence[Definition], lines: Sequence[str]) -> list[_Place]:
    """One place for each outermost of the wanted definitions, with all changes in it.

    Each line counts for the smallest definition around it, and a blank one for none: a new method and the empty line
    behind it are no reason to show a whole class.
    """
    left = sorted({at for first, last in runs for at in range(first, last + 1) if _telling(lines, at, first, last)})
    around: dict[Definition, set[int]] = {}
    for definition in sorted(found, key=lambda one: one.end - one.start):
        low, high = bisect_left(left, definition.start), bisect_right(left, definition.end)
        if low < high:
            around[definition] = set(left[low:high])
            del left[low:high]
    places: list[_Place] = []
    for definition in sorted(around, key=lambda one: (one.start, -one.end)):
        if places and definition.end <= places[-1].definition.end:
            merged = {*places[-1].changed, *around[definition]}
            places[-1] = _Place(places[-1].definition, tuple(sorted(merged)))
        else:
            places.append(_Place(definition, tuple(sorted(around[definition]))))
    return places


def _telling(lines: Sequence[str], number: int, first: int, last: int) -> bool:
    """Whether a line of a run says where the run is; one that is a single blank line has nothing else to say it."""
    return first == last or (number <= len(lines) and bool(lines[number - 1].strip()))


def _runs(hunk: Hunk) -> Iterator[tuple[int, int]]:
    """First and last new number of each run of changed lines; a pure removal counts as the line it came before."""
    new = hunk.new_start if hunk.new_count else hunk.new_start + 1
    first: int | None = None
    for line in (*hunk.lines, None):
        if line is None or line.sign == " ":
            if first is not None:
                yield first, max(first, new - 1)
            first = None
        elif first is None:
            first = new
        if line is not None and line.new is not None:
            new = line.new + 1


def _shown(file: FileDiff, lines: Sequence[str]) -> set[int]:
    """Numbers of the new lines that the diff shows, those among them that stand in the headings of hunks."""
    sections = {hunk.section.strip() for hunk in file.hunks} - {""}
    headings = {number for number, line in enumerate(lines, 1) if sections and line.strip() in sections}
    return headings | {line.new for line in file.lines() if line.new is not None}


def _clipped(
    places: Sequence[_Place],
    lines: Sequence[str],
    shown: Collection[int],
    path: str,
    budget: int,
    count: Callable[[str], int],
) -> list[Enclosing]:
    """Share the budget fairly: the small ones first, what they leave over goes to the larger ones."""
    made = []
    order = sorted(places, key=lambda one: (one.definition.end - one.definition.start, one.definition.start))
    for done, place in enumerate(order):
        numbers = _fitting(place, lines, budget // (len(order) - done), count)
        if any(number not in shown for number in numbers):
            text = _rendered(numbers, lines, place.definition.start, place.definition.end)
            budget -= count(text)
            definition = place.definition
            made.append(Enclosing(path, definition.start, definition.end, definition.name, text))
    return sorted(made, key=lambda one: one.start)


def _fitting(place: _Place, lines: Sequence[str], budget: int, count: Callable[[str], int]) -> Sequence[int]:
    """As many lines of the definition as fit: signature, then by distance from the changes; empty if none does."""
    start, end = place.definition.start, place.definition.end
    everything = range(start, end + 1)
    if count(_rendered(everything, lines, start, end)) <= budget:  # as most do
        return everything
    signature = _signature(lines, start, end)
    rest = [number for number in everything if number not in signature]
    ranked = [*signature, *sorted(rest, key=lambda number: (_distance(number, place.changed), number))]
    fits, over = len(signature) - 1, len(ranked)
    while over - fits > 1:
        middle = (fits + over) // 2
        if count(_rendered(ranked[:middle], lines, start, end)) <= budget:
            fits = middle
        else:
            over = middle
    chosen = ranked[:fits] if fits >= len(signature) else []
    return chosen if count(_rendered(chosen, lines, start, end)) <= budget else []


def _signature(lines: Sequence[str], start: int, end: int) -> range:
    """Decorators and the head of the definition: up to the line that opens the body."""
    last = min(end, start + _LONGEST_SIGNATURE - 1)
    for number in range(start, last + 1):
        if lines[number - 1].rstrip().endswith((":", "{", "=>", "=")):
            return range(start, number + 1)
    return range(start, start + 1)


def _distance(number: int, changed: Sequence[int]) -> int:
    after = bisect_right(changed, number)
    near = changed[max(0, after - 1) : after + 1]
    return min(abs(number - one) for one in near)


def _rendered(numbers: Sequence[int], lines: Sequence[str], start: int, end: int) -> str:
    """The chosen lines in order, with a mark for each gap."""
    made: list[str] = []
    expected = start
    for number in (*sorted(numbers), end + 1):
        if number > expected:
            made.append(f"... ({number - expected} lines left out)")
        if number <= end:
            line = lines[number - 1]
            made.append(line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + " ...")
        expected = number + 1
    return "\n".join(made)
