"""What a tool found -> the text that the model gets: bounded, redacted, hidden characters written out, framed."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from reviewbot.core.framing import frame
from reviewbot.core.lookup import Place
from reviewbot.core.redaction import redact
from reviewbot.core.shown import shown
from reviewbot.core.tools import ReadFile
from reviewbot.model.repository import Found, Listing

MOST_ENTRIES = 200  # of a folder
_FIRST_LINES = 40  # of each definition
_MOST_PLACES = 5  # definitions that are shown
_MOST_CHARACTERS = 12_000  # of a result; its tokens are limited as well
_LARGEST = 2_000_000  # bytes of a file that is read

Count = Callable[[str], int]


def text_of(data: bytes) -> str | None:
    """A file's text without secrets, line for line; None for what is no text or too large to be looked through."""
    if len(data) > _LARGEST or b"\0" in data[:8_000]:
        return None
    return redact(data.decode(errors="replace").replace("\r\n", "\n"))


def bounded(lines: Iterable[str], most_tokens: int, count: Count) -> tuple[list[str], bool]:
    """As many lines as fit, and whether some are missing. The first one always fits: no line is longer than shown."""
    kept: list[str] = []
    characters, tokens = 0, 0
    for line in lines:
        characters += len(line) + 1
        tokens += count(line) + 1
        if kept and (characters > _MOST_CHARACTERS or tokens > most_tokens):
            return kept, True
        kept.append(line)
    return kept, False


def file(wanted: ReadFile, data: bytes, most_tokens: int, count: Count) -> tuple[str, tuple[int, int]]:
    """The lines of a file, and which of them were shown; (0, 0): none."""
    text = text_of(data)
    if text is None:
        return framed(["This file is binary or too large to be shown."]), (0, 0)
    lines = text.removesuffix("\n").split("\n")
    if wanted.start > len(lines):
        return framed([f"The file ends with line {len(lines)}."]), (0, 0)
    chosen = lines[wanted.start - 1 : wanted.end]
    kept, _ = bounded(numbered(chosen, wanted.start), most_tokens, count)
    last = wanted.start + len(kept) - 1
    head = f"{shown(wanted.path)}, lines {wanted.start}-{last} of {len(lines)}"
    return framed([head, *kept]), (wanted.start, last)


def hits(found: Found, most_tokens: int, count: Count) -> str:
    if not found.hits:
        more = " in the part of the repository that could be searched" if found.cut else ""
        return framed([f"Not found{more}."])
    return _listed([_hit(hit.path, hit.line, hit.text) for hit in found.hits], most_tokens, count, cut=found.cut)


def folder(listing: Listing, most_tokens: int, count: Count) -> str:
    marks = {"folder": "/", "link": " (a link)", "submodule": " (a submodule)", "file": ""}
    lines = [f"{shown(entry.name)}{marks[entry.kind]}" for entry in listing.entries]
    return _listed(lines, most_tokens, count, cut=listing.cut)


def definitions(places: Sequence[Place], texts: Mapping[str, str], most_tokens: int, count: Count, *, cut: bool) -> str:
    """The first lines of each definition."""
    lines: list[str] = []
    for place in places[:_MOST_PLACES]:
        body = texts[place.path].split("\n")[place.start - 1 : place.end][:_FIRST_LINES]
        lines.append(f"{shown(place.path)}, lines {place.start}-{place.end}: {shown(place.what)}")
        lines += numbered(body, place.start)
    return _listed(lines, most_tokens, count, cut=cut or len(places) > _MOST_PLACES)


def uses(
    places: Sequence[Place], texts: Mapping[str, str], rest: Found, most_tokens: int, count: Count, *, cut: bool
) -> str:
    """The lines that use a name with what they stand in, then (`rest`) lines with the word in files without a tree."""
    lines = []
    for place in places:
        line = texts[place.path].split("\n")[place.start - 1]
        lines.append(f"{_hit(place.path, place.start, line)}  ({shown(place.what) or 'top level'})")
    lines += [f"{_hit(hit.path, hit.line, hit.text)}  (as a word)" for hit in rest.hits]
    return _listed(lines, most_tokens, count, cut=cut)


def words(found: Found, why: str, most_tokens: int, count: Count) -> str:
    """Lines with the word, where no syntax tree tells more."""
    if not found.hits:
        return framed([f"Nothing of this name was found{' in what could be searched' if found.cut else ''}."])
    lines = [why, *(_hit(hit.path, hit.line, hit.text) for hit in found.hits)]
    return _listed(lines, most_tokens, count, cut=found.cut)


def framed(lines: Sequence[str]) -> str:
    return frame("repository", "\n".join(lines))


def numbered(lines: Iterable[str], first: int) -> Iterable[str]:
    return (f"{number}| {shown(line)}" for number, line in enumerate(lines, first))


def _hit(path: str, line: int, text: str) -> str:
    return f"{shown(path)}:{line}| {shown(redact(text)).strip()}"


def _listed(lines: Sequence[str], most_tokens: int, count: Count, *, cut: bool) -> str:
    kept, shortened = bounded(lines, most_tokens, count)
    return framed([*kept, *(["… there is more: ask for less at once"] if cut or shortened else [])])
