"""Who a comment speaks to: mentions outside of quotes and code, at the beginning of a line or inside it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

LONGEST = 500  # characters of what is heard of a command

# A user name of GitLab: letters, digits, `_`, `-` and `.`, which is no end of it when a sentence ends there.
_MENTION = re.compile(r"(?<![\w@/.+-])@([A-Za-z0-9_][A-Za-z0-9_.-]{0,254})")
_CODE_SPAN = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True)
class Said:
    """`words` follow the mention on its line, one space between. `leading`: it begins the line, so it may command."""

    words: str
    leading: bool


def heard(text: str, names: Collection[str]) -> Said | None:
    """What a comment says to one of `names` (lower case); a mention at the start of a line goes before one inside."""
    inside: Said | None = None
    for line in _plain(text):
        for match in _MENTION.finditer(line):
            if match[1].rstrip(".-").lower() not in names:
                continue
            words = " ".join(line[match.end() :].lstrip(" \t,:.-").split())[:LONGEST]
            if not line[: match.start()].strip():
                return Said(words, leading=True)
            inside = inside or Said(words, leading=False)
    return inside


def speaks_to_somebody(text: str) -> bool:
    """Whether anybody at all is mentioned."""
    return any(_MENTION.search(line) for line in _plain(text))


def _plain(text: str) -> Iterator[str]:
    """The lines that are neither quoted nor in a code block, without their code spans."""
    fenced = False
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and not stripped.startswith(">"):
            yield _CODE_SPAN.sub(" ", line)
