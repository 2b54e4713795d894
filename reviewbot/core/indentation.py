"""Suggested lines to the indentation of the lines they replace: put back where a model dropped it, else refused."""

from collections.abc import Sequence


def fitted(old: Sequence[str], new: Sequence[str], around: Sequence[str]) -> list[str] | None:
    """`new` as it should stand in place of `old`, or None when its indentation does not belong there.

    `around` is the file, or what is known of it: it tells tabs from spaces where the replaced lines do not.
    """
    base = _lead(_first(old))
    lead = _lead(_first(new))
    made = list(new)
    if base and not lead:
        made = _restored(old, new, base, _unit(around))
    elif lead != base and [line.strip() for line in new] != [line.strip() for line in old]:
        return None
    return made if _same_kind(made, around) else None


def _restored(old: Sequence[str], new: Sequence[str], base: str, unit: int) -> list[str]:
    """Either all lines lost `base`, or the first one alone.

    The latter when a step into the block would be deeper than the file's own, or it leaves more lines as they were.
    """
    every = [base + line if line.strip() else line for line in new]
    at = next(index for index, line in enumerate(new) if line.strip())
    alone = [base + line if index == at else line for index, line in enumerate(new)]
    others = [line for line in alone[at + 1 :] if line.strip()]
    if not others or not all(line.startswith(base) for line in others):
        return every
    kept = set(old[1:])
    more = sum(line in kept for line in alone) > sum(line in kept for line in every)
    return alone if more or len(_lead(others[0])) > unit else every


def _unit(around: Sequence[str]) -> int:
    """The smallest indentation there is: one step."""
    return min((len(_lead(line)) for line in around if line.strip() and _lead(line) and not _comment(line)), default=8)


def _same_kind(new: Sequence[str], around: Sequence[str]) -> bool:
    """No tabs where the file indents with spaces alone, and the other way round."""
    used = {line[0] for line in around if line[:1] in {" ", "\t"} and not _comment(line)}
    if len(used) != 1:
        return True
    foreign = {" ": "\t", "\t": " "}[used.pop()]
    return not any(line.startswith(foreign) and line.strip() and not _comment(line) for line in new)


def _comment(line: str) -> bool:
    """The ` * ` lines of a block comment begin with a space in any file."""
    return line.startswith(" *")


def _first(lines: Sequence[str]) -> str:
    return next((line for line in lines if line.strip()), "")


def _lead(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
