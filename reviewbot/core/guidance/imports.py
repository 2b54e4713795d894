"""`@path` in a CLAUDE.md: another file's text in its place (Claude Code's documentation, "How Claude remembers your
project": relative to the file, at most five hops, nothing in code).

Only a line of its own is followed, to a text of the same repository: what a sentence mentions is background, and no
repository may name what lies outside of it.
"""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

MOST_HOPS = 5
MOST = 20  # files that one file brings in
LARGEST = 64 * 1024  # characters of it with all of them
_IMPORT = re.compile(r"[ \t]*(?:[-*][ \t]+)?@(\S+)[ \t]*$")
_KINDS = (".md", ".mdc", ".markdown", ".txt")
Read = Callable[[Sequence[str]], Mapping[str, str]]
"""Texts of files of the repository; those that cannot be read are left out."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the file `source`. `asked`: what it imports, as written; `path`: the file of the repository, if any."""

    source: str
    text: str
    asked: str = ""
    path: str = ""


def resolved(text: str, source: str, read: Read, counted: Callable[[str], bool]) -> tuple[str, tuple[str, ...]]:
    """The text of `source` with its imports in place, and what people must be told of those that are not.

    `counted`: whether a file is guidance by itself, which is not told twice.
    """
    told: list[str] = []
    seen = {source}
    lines = _lines(source, text)
    for _ in range(MOST_HOPS):
        told += [f"{one.source}: @{one.asked[:100]} is no text of this repository" for one in lines if _astray(one)]
        wanted = {one.path for one in lines if one.path and one.path not in seen and not counted(one.path)}
        wanted = set(sorted(wanted)[: MOST + 1 - len(seen)])
        if not wanted:
            break
        found = read(sorted(wanted))
        told += [f"{source}: @{path} is not there or no text" for path in sorted(wanted - found.keys())]
        lines = [each for one in lines for each in _in_place(one, found, seen)]
        seen |= wanted
        if len(seen) > MOST or sum(len(one.text) + 1 for one in lines) > LARGEST:
            told.append(f"{source}: imports end at {MOST} files or {LARGEST // 1024} kB")
            break
    return "\n".join(one.text for one in lines if not one.asked)[:LARGEST], tuple(dict.fromkeys(told))


def _astray(line: _Line) -> bool:
    return bool(line.asked) and not line.path


def _in_place(line: _Line, found: Mapping[str, str], seen: set[str]) -> list[_Line]:
    """The lines of the file that a line imports, the first time; the line itself where it imports none that is here."""
    if line.path not in found:
        return [line]
    if line.path in seen:
        return []
    seen.add(line.path)
    return _lines(line.path, found[line.path])


def _lines(source: str, text: str) -> list[_Line]:
    found = []
    fenced = False
    for line in text.replace("\r\n", "\n").split("\n"):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        match = None if fenced else _IMPORT.match(line)
        found.append(_Line(source, line, match[1], _target(source, match[1])) if match else _Line(source, line))
    return found


def _target(source: str, asked: str) -> str:
    """The text file of the repository that is meant; empty where it is none."""
    if asked.startswith(("/", "~")) or not asked.lower().endswith(_KINDS):
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), asked))
    return "" if path.startswith(("../", "/")) else path
