"""Parts of a note that are bounded and out of the way: lists within a number of bytes, and blocks that fold away."""

from collections.abc import Iterable, Sequence

from reviewbot.core.inlines import code

_NAMED = 5  # paths that are named of a group of files
_MISSES = 20


def fold(summary: str, *parts: str, opened: bool = False) -> str:
    """A `<details>` block, or nothing when it is empty. GitLab needs the empty lines for the Markdown inside."""
    body = "\n\n".join(part for part in parts if part)
    return f"<details{' open' * opened}><summary>{summary}</summary>\n\n{body}\n\n</details>" if body else ""


def listed(blocks: Iterable[str], number: int, limit: int, noun: str, between: str = "\n") -> str:
    """As many of `number` blocks as fit into `limit` bytes, and how many do not. A few that are too large are passed
    over; after `_MISSES` of them the rest is not even made.
    """
    kept: list[str] = []
    misses = 0
    for block in blocks:
        size = len(block.encode(errors="replace")) + len(between)
        if size <= limit:
            limit -= size
            kept.append(block)
        elif (misses := misses + 1) == _MISSES:
            break
    if left := number - len(kept):
        kept.append(f"- and {left:,} more {noun}" if between == "\n" else f"And {left:,} more {noun}.")
    return between.join(kept)


def many(number: int, noun: str) -> str:
    """As in: 1 file, 1,200 files."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def group(paths: Sequence[str]) -> str:
    """How many files, and the first of their names."""
    named = ", ".join(code(path) for path in paths[:_NAMED])
    more = len(paths) - _NAMED
    return f"{many(len(paths), 'file')} ({named}{f' and {more:,} more' if more > 0 else ''})"
