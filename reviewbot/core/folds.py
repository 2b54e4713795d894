"""Parts of a note that are bounded and out of the way: lists within a number of bytes, and blocks that fold away."""

from collections.abc import Iterable, Sequence

from reviewbot.core.inlines import code
from reviewbot.core.phrases import Phrases

_NAMED = 5  # paths that are named of a group of files
_MISSES = 20


def fold(summary: str, *parts: str, opened: bool = False) -> str:
    """A `<details>` block, or nothing when it is empty. GitLab needs the empty lines for the Markdown inside."""
    body = "\n\n".join(part for part in parts if part)
    return f"<details{' open' * opened}><summary>{summary}</summary>\n\n{body}\n\n</details>" if body else ""


def listed(blocks: Iterable[str], number: int, limit: int, kind: str, words: Phrases, between: str = "\n") -> str:
    """As many of `number` blocks as fit into `limit` bytes, and how many do not; `kind` is a key under "more". A few
    that are too large are passed over; after `_MISSES` of them the rest is not even made.
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
        more = words(f"more.{kind}", n=words.number(left))
        kept.append(f"- {more}" if between == "\n" else words("join.sentence", text=more[:1].upper() + more[1:]))
    return between.join(kept)


def group(paths: Sequence[str], words: Phrases) -> str:
    """How many files, and the first of their names."""
    named = [code(path) for path in paths[:_NAMED]]
    more = len(paths) - _NAMED
    rest = f" {words('join.more', n=words.number(more))}" if more > 0 else ""
    return f"{words.many('file', len(paths))} ({', '.join(named)}{rest})"
