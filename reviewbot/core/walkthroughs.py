"""A diff -> the short view of it from which a model tells what it does; its answer -> that telling, file by file.

The view holds neither line numbers nor the author's words: the same change after a rebase is the same view, so its kept
answer serves again, and what is told comes from the code.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reviewbot.core import languages, overview
from reviewbot.core.entries import Bad, entries, fields, needed, single, text_of
from reviewbot.core.risk import words
from reviewbot.core.shown import shown
from reviewbot.errors import AnswerUnusable
from reviewbot.model.diff import FileDiff
from reviewbot.model.outcome import Walkthrough

TOKENS = 6_000  # of the whole view
LEAST_TOKENS, TOKENS_OF_FILE = 1_500, 130  # of a view that is smaller, by its files: a clause on each comes of it
TOKENS_OF_MANY = 3_000  # of the view of more than `MOST` files: no more of them can be told of
MOST = 40  # files that are told of
MAX_SUMMARY, MAX_CHANGE, MAX_PATH = 1_200, 240, 4_096  # characters
_NAMES = 1_200  # tokens for the files' names at most
_LONGEST_LINE = 160  # characters
_TESTS = frozenset(("test", "tests", "spec", "specs", "testdata", "fixtures", "docs"))


def shown_of(files: Sequence[FileDiff], count: Callable[[str], int]) -> str:
    """Each file's name and as many of its first changed lines as its share of the view allows, important files first.

    What a file does not need goes to those after it. Of the files beyond `MOST`, and of those whose names have no room,
    only the folders are told.
    """
    ranked = sorted(files, key=_importance)
    named: list[tuple[FileDiff, str]] = []
    spent = 0
    for file in ranked[:MOST]:
        heading = f"### {shown(file.path)} ({file.change}, +{file.added} -{file.removed})"
        spent += count(heading) + 1
        if spent > _NAMES:
            break
        named.append((file, heading))
    others = overview.folders([(file.path, file.added, file.removed) for file in ranked[len(named) :]])
    left = (TOKENS_OF_MANY if others else min(TOKENS, max(LEAST_TOKENS, TOKENS_OF_FILE * len(ranked)))) - spent
    blocks = []
    for number, (file, heading) in enumerate(named):
        lines, used = _first(file, left // (len(named) - number), count)
        left -= used
        blocks += [heading, *lines]
    if others:
        blocks += ["", f"… and {len(ranked) - len(named)} more files:", *others]
    return "\n".join(blocks)


def _importance(file: FileDiff) -> tuple[bool, bool, int, str]:
    """Code before other texts, what ships before tests and documents, much before little."""
    code = languages.language_of(file.path) is not None
    return not code, not _TESTS.isdisjoint(words(file.path)), -(file.added + file.removed), file.path


def _first(file: FileDiff, room: int, count: Callable[[str], int]) -> tuple[list[str], int]:
    """Changed lines from the top while there is room, and the tokens that they take."""
    kept: list[str] = []
    used = 0
    for text in _changed(file):
        size = count(text) + 1
        if used + size > room:
            return [*kept, "…"], used + 1
        kept.append(text)
        used += size
    return kept, used


def _changed(file: FileDiff) -> Iterator[str]:
    for hunk in file.hunks:
        if hunk.section:
            yield f"@@ {shown(hunk.section)[:_LONGEST_LINE]}"
        for line in hunk.lines:
            if line.sign != " " and line.text.strip():
                text = shown(line.text)
                yield line.sign + (text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…")


def reader(files: Sequence[FileDiff]) -> Callable[[str], Walkthrough]:
    """Reads an answer about these files."""
    paths = {shown(file.path): file.path for file in files}
    return lambda text: walkthrough(text, paths)


def walkthrough(text: str, paths: Mapping[str, str]) -> Walkthrough:
    """One JSON object {"summary": "…", "walkthrough": [{"path", "change"}]}; `paths` maps shown paths to the real ones.

    An entry that is off, of another path, or a second one of the same file costs that entry. Raises `AnswerUnusable`
    when neither a summary nor an entry can be read.
    """
    told: dict[str, str] = {}
    for entry in entries(text, "walkthrough")[: 4 * MOST]:
        try:
            path = paths.get(needed(fields(entry), "path", MAX_PATH))
            change = " ".join(needed(fields(entry), "change", MAX_CHANGE).split())
        except Bad:
            continue
        if path is not None:
            told.setdefault(path, change)
    try:
        summary = text_of(single(text, "walkthrough"), "summary", MAX_SUMMARY).strip()
    except Bad:
        summary = ""
    if not summary and not told:
        raise AnswerUnusable('The answer has no "summary" that is a text, and no entry about a file of the diff')
    return Walkthrough(summary, tuple(told.items())[:MOST])
