"""The file names in a patch's headers -> paths: unquoted, and without the prefixes that tell the two sides apart."""

import re

_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# a/ b/ by default; i/ w/ c/ o/ with diff.mnemonicPrefix, 1/ 2/ with some versions of --no-index
_PREFIXES = tuple(f"{letter}/" for letter in "abiwco12")
NOWHERE = "/dev/null"


def unquote(name: str) -> str:
    r"""Undo git's C-style quoting (`"a/\303\244"`); a name without quotes stays as it is."""
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    return _ESCAPED.sub(_character, name[1:-1].encode()).decode(errors="replace")


def cut_quoted(text: str) -> tuple[str, str]:
    """The quoted name that `text` starts with, unquoted, and what follows; `text` itself when it has none."""
    quoted = _QUOTED.match(text)
    return (unquote(quoted[0]), text[quoted.end() :]) if quoted else (text, "")


def _character(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code.isdigit():
        return bytes([int(code, 8) & 0xFF])
    return _LETTERS.get(code, code)


def named(header: str) -> str:
    """The name in what follows `--- ` or `+++ `: up to the tab that a time stamp or a blank in the name brings."""
    name = cut_quoted(header)[0] if header.startswith('"') else header.split("\t", 1)[0]
    return name.removeprefix("./")


def common(header: str) -> str | None:
    """The one path that both halves of `diff --git X Y` name; None when they differ, as in a rename.

    Blanks are not quoted by git, so every cut is tried; prefixes of equal length make the middle the first one.
    """
    if header.startswith('"'):
        old, rest = cut_quoted(header)
        return _same(old, unquote(rest.removeprefix(" ")))
    middle = len(header) // 2
    blanks = [at for at, character in enumerate(header) if character == " "]
    for at in sorted(blanks, key=lambda at: abs(at - middle))[:64]:
        if found := _same(header[:at], header[at + 1 :]):
            return found
    return None


def _same(old: str, new: str) -> str | None:
    """The path shared by `a/path` and `b/path`, by `path` and `path`, or by `x/path` and `y/z/path`."""
    if old == new:
        return old
    stripped = plain(old), plain(new)
    if stripped[0] == stripped[1]:
        return stripped[0]
    return _tail(old, new)


def _tail(old: str, new: str) -> str | None:
    """What two names share after prefixes of somebody's own (`--src-prefix=old/`): the longest common end."""
    rest = old
    while "/" in rest:
        rest = rest.split("/", 1)[1]
        if rest and new.endswith(f"/{rest}"):
            return rest
    return None


def plain(name: str) -> str:
    """`name` without one of the prefixes that git knows."""
    return name[2:] if name.startswith(_PREFIXES) else name


def pair(old: str, new: str) -> tuple[str | None, str | None]:
    """Paths of a `---` and a `+++` header as `named` gives them. None: there is no such file on that side.

    When the two sides differ in more than a known prefix, the new name is the one that the file is known by.
    """
    if NOWHERE in {old, new}:
        return (None if old == NOWHERE else plain(old), None if new == NOWHERE else plain(new))
    if same := _same(old, new):
        return same, same
    if old.startswith(_PREFIXES) and new.startswith(_PREFIXES):
        return plain(old), plain(new)
    if old == f"{new}.orig":
        return new, new
    return old, new
