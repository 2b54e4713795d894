"""Texts without which a regular expression cannot match: a cheap test before anything is parsed."""

from collections.abc import Iterator

_LEAST = 2  # characters: a single one is nearly everywhere
_DEEPEST = 20
_OPTIONAL = frozenset("?*{")


def needed(regex: str, depth: int = 0) -> frozenset[str] | None:
    """Texts of which at least one is in whatever the expression matches; None when nothing can be said.

    Never wrong, seldom sharp: classes, escapes and repetitions are passed over, flags give None.
    """
    if depth > _DEEPEST:
        return None
    found: frozenset[str] = frozenset()
    for branch in _branches(regex):
        best = _best(branch, depth)
        if best is None:
            return None
        found |= best
    return found or None


def _best(branch: str, depth: int) -> frozenset[str] | None:
    """Of all that a branch cannot match without: the fewest texts, then the longest."""
    known = []
    for kind, part in _parts(branch):
        if kind == "flags":
            return None
        one = needed(part, depth + 1) if kind == "group" else frozenset({part}) if len(part) >= _LEAST else None
        if one:
            known.append(one)
    return min(known, key=lambda one: (len(one), -min(map(len, one)))) if known else None


def _parts(branch: str) -> Iterator[tuple[str, str]]:
    """The runs of plain characters ("text") and the groups ("group") that must be there; "flags" where some are set."""
    run, at = "", 0
    while at < len(branch):
        end = _end(branch, at)
        atom, optional = branch[at:end], end < len(branch) and branch[end] in _OPTIONAL
        plain = _plain(atom)
        if plain and not optional:
            run += plain
        else:
            yield "text", run
            run = ""
        if atom.startswith("(") and not optional:
            inner = atom[1:-1]
            if inner.startswith("?") and not inner.startswith("?:"):
                yield "flags", ""
            yield "group", inner.removeprefix("?:")
        at = end
        if at < len(branch) and branch[at] in "?*+{":
            yield "text", run
            run, at = "", branch.find("}", at) + 1 or len(branch) if branch[at] == "{" else at + 1
    yield "text", run


def _plain(atom: str) -> str:
    """The character that an atom stands for; empty where it may stand for several or none."""
    if len(atom) == 1:
        return "" if atom in ".^$?*+{" else atom
    return atom[1] if len(atom) == 2 and atom[0] == "\\" and not atom[1].isalnum() else ""


def _end(text: str, at: int) -> int:
    """Where the atom that begins at `at` ends: an escape, a class, a group, or one character."""
    level = 0
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 2
        elif character == "[":
            at = _class_end(text, at)
        else:
            level += (character == "(") - (character == ")" and level > 0)
            at += 1
        if level == 0:
            break
    return min(at, len(text))


def _class_end(text: str, at: int) -> int:
    start = at = at + 1 + text.startswith("^", at + 1)
    while at < len(text) and (text[at] != "]" or at == start):
        at += 2 if text[at] == "\\" else 1
    return min(at + 1, len(text))


def _branches(regex: str) -> Iterator[str]:
    start = at = 0
    while at < len(regex):
        if regex[at] == "|":
            yield regex[start:at]
            start = at = at + 1
        else:
            at = _end(regex, at)
    yield regex[start:]
