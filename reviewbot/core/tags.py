"""Line tags: the number of a diff line and a check of its text, in front of each line of a prompt."""

import re
from zlib import crc32

from reviewbot.core.shown import shown
from reviewbot.model.diff import Line
from reviewbot.model.finding import Side

# Of the contract's base32 characters only the letters are used: a digit in the check would run into the number,
# for a reader and for a tokenizer (measured: 2 % of the diff's tokens).
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TAG = re.compile(r"(o?)([0-9]{1,9})([a-z2-7]{2})")


def check(seen: str) -> str:
    """The two letters that belong to a text as shown."""
    first, second = divmod(crc32(seen.encode()) % 676, 26)
    return _LETTERS[first] + _LETTERS[second]


def tag(line: Line) -> str:
    """`o?[0-9]+[a-z]{2}`: the old number with an `o` for a removed line, else the new number; then the check."""
    return _number(line) + check(shown(line.text))


def rendered(line: Line) -> str:
    """`TAG|`, the sign and the text as shown."""
    seen = shown(line.text)
    return f"{_number(line)}{check(seen)}|{line.sign}{seen}"


def parse(tag: str) -> tuple[Side, int, str] | None:
    """(side, number, check) of a tag as a model wrote it, or None.

    Spaces, quotes, brackets and a sign around it are ignored, as is everything from a `|` on.
    """
    bare = tag.partition("|")[0].strip(" \t\r\n`'\"[]()<>+-").lower()
    match = _TAG.fullmatch(bare)
    if match is None:
        return None
    return ("old" if match[1] else "new", int(match[2]), match[3])


def _number(line: Line) -> str:
    return f"o{line.old}" if line.sign == "-" else str(line.new)
