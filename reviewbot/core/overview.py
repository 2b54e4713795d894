"""Many changed files -> a few lines that tell where they are: folders with their numbers, the largest ones."""

from collections import defaultdict
from collections.abc import Sequence

from reviewbot.core.shown import shown

MOST_FOLDERS = 12
_LONGEST = 300  # characters of a folder's name


def folders(files: Sequence[tuple[str, int, int]]) -> tuple[str, ...]:
    """A line for each of the folders in which most lines changed, in the order of their names, and one for the rest.

    `files` are (path, added, removed).
    """
    inside: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for path, added, removed in files:
        totals = inside[path.rpartition("/")[0]]
        for index, number in enumerate((1, added, removed)):
            totals[index] += number
    ranked = sorted(inside, key=lambda name: (-inside[name][1] - inside[name][2], name))
    kept = sorted(ranked[:MOST_FOLDERS])
    lines = [f"{_named(name)} ({_files(inside[name][0])}, +{inside[name][1]} -{inside[name][2]})" for name in kept]
    others = ranked[MOST_FOLDERS:]
    more = sum(inside[name][0] for name in others)
    return (*lines, *([f"… and {_files(more)} in other folders"] if others else []))


def _named(name: str) -> str:
    return shown(f"{name}/" if name else "(top)")[:_LONGEST]


def _files(number: int) -> str:
    return f"{number} file{'s' if number > 1 else ''}"
