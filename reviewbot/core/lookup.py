"""Where a name is defined and used in a few files, by their syntax trees. Runs where it can be ended."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import re2

from reviewbot.core import languages, syntax
from reviewbot.model.repository import Found

Files = Sequence[tuple[str, str]]
"""(path, text) of each file."""
_DEFINES = (
    r"\b(?:def|class|func|fn|fun|function|interface|struct|type|enum|trait|module|object|record|impl|sub|proc|macro|"
    r"const|let|var|val)\b[^=;{]*"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Lines `start`..`end` of a file, 1-based, both included, and what it is: "function total", or empty."""

    path: str
    start: int
    end: int
    what: str


Work = Callable[[str, Files], tuple[Place, ...]]


def likely(name: str, found: Found) -> tuple[str, ...]:
    """The files in which something was found, those first that seem to define it: only some of them are parsed."""
    defining = re2.compile(_DEFINES + re.escape(name) + r"\b")
    sure = [hit.path for hit in found.hits if defining.search(hit.text)]
    return tuple(dict.fromkeys([*sure, *(hit.path for hit in found.hits)]))


def parsed(path: str, text: str) -> bool:
    """Whether the file has a syntax tree; of others only words can be found."""
    return syntax.parseable(text, languages.language_of(path))


def definitions(name: str, files: Files) -> tuple[Place, ...]:
    """The functions and classes of this name, in the order of the files."""
    return tuple(
        Place(path, one.start, one.end, f"{one.kind} {syntax.last_name(one.name)}")
        for path, text in files
        for one in syntax.definitions(text, languages.language_of(path) or "")
        if syntax.last_name(one.name) == name
    )


def uses(name: str, files: Files) -> tuple[Place, ...]:
    """Each line that uses the name, with the smallest definition around it."""
    found: list[Place] = []
    for path, text in files:
        language = languages.language_of(path) or ""
        around = syntax.definitions(text, language)
        for line in syntax.uses(text, language, name):
            holders = [one for one in around if one.start <= line <= one.end]
            holder = min(holders, key=lambda one: one.end - one.start, default=None)
            what = f"{holder.kind} {syntax.last_name(holder.name)}".strip() if holder else ""
            found.append(Place(path, line, line, what))
    return tuple(found)
