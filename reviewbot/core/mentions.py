"""Who a comment speaks to: mentions outside of quotes and code, at the beginning of a line or inside it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

LONGEST = 500  # characters of what is heard of a command

# A user name of GitLab: letters, digits, `_`, `-` and `.`, which is no end of it when a sentence ends there.
_MENTION = re.compile(r"(?<![\w@/.+-])@([A-Za-z0-9_][A-Za-z0-9_.-]{0,254})")
_TICKS = re.compile(r"(\\+)?(`+)")
_LIST = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+){0,9}")
_FENCE = re.compile(r"(?P<run>`{3,}(?=[^`]*$)|~{3,})")
_RAW = re.compile(r"<(pre|code|script|style|textarea)\b", re.IGNORECASE)
_HIDDEN = "\0"  # in the place of each character that nobody says


@dataclass(frozen=True, slots=True)
class Said:
    """`words` follow the mention on its line, one space between. `leading`: it begins the line, so it may command."""

    words: str
    leading: bool


def heard(text: str, names: Collection[str]) -> tuple[Said, ...]:
    """What a comment says to one of `names` (lower case): all that begins a line, else the first mention inside one."""
    leading: list[Said] = []
    inside: list[Said] = []
    for plain, line in _lines(text):
        for match in _MENTION.finditer(plain):
            if match[1].rstrip(".-").lower() not in names:
                continue
            words = " ".join(line[match.end() :].lstrip(" \t,:.-").split())[:LONGEST]
            if plain[: match.start()].strip():
                inside.append(Said(words, leading=False))
            else:
                leading.append(Said(words, leading=True))
                break
    return tuple(leading or inside[:1])


def speaks_to_somebody(text: str) -> bool:
    """Whether anybody at all is mentioned."""
    return any(_MENTION.search(plain) for plain, _ in _lines(text))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Of each line that is neither quoted nor in a block of code: the line without code spans, and as it is.

    Both are of the same length.
    """
    paragraph: list[str] = []
    for line in (*_spoken(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")), ""):
        if line.strip():
            paragraph.append(line)
            continue
        plain = _without_comments(_without_spans("\n".join(paragraph)))
        yield from zip(plain.split("\n"), paragraph, strict=False)
        paragraph = []


def _spoken(lines: list[str]) -> Iterator[str]:
    """The lines, with an empty one in the place of what is quoted, code, or hidden, as GitLab shows it."""
    closing = ""  # of what is open: a fence, a block of HTML, GitLab's own quote of several lines
    code = blank = True  # whether an indented line would be code: it follows an empty one, or one of code
    for line in lines:
        stripped = line.strip()
        if closing:
            if _closes(stripped, closing):
                closing = ""
            yield ""
            continue
        code = bool(stripped) and (code or blank) and _indent(line) >= 4
        blank = not stripped
        closing = _opened(line)
        yield "" if closing or code or stripped.startswith((">", "<!--")) or _RAW.match(stripped) else line


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _opened(line: str) -> str:
    """What closes the block that this line opens; empty when it opens none, or closes it itself."""
    bare = line[_LIST.match(line).end() :].strip()  # type: ignore[union-attr]  # it matches everything
    if fence := _FENCE.match(bare):
        return fence["run"]
    if bare == ">>>":
        return bare
    if bare.startswith("<!--"):
        return "" if "-->" in bare else "-->"
    raw = _RAW.match(bare)
    closing = f"</{raw[1].lower()}" if raw else ""
    return "" if closing in bare.lower() else closing


def _closes(stripped: str, closing: str) -> bool:
    if closing[0] in "`~":
        return stripped.startswith(closing) and not stripped.strip(closing[0])
    return stripped == closing if closing == ">>>" else closing in stripped.lower()


def _without_spans(text: str) -> str:
    """A paragraph with its code spans hidden: from a run of backticks to the next one that is as long."""
    runs = [match for match in _TICKS.finditer(text) if len(match[1] or "") % 2 == 0]
    later: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        later.setdefault(len(runs[index][2]), []).append(index)
    parts: list[str] = []
    done = number = 0
    while number < len(runs):
        same = later[len(runs[number][2])]
        while same and same[-1] <= number:
            same.pop()
        if not same:
            number += 1
            continue
        start, end = runs[number].start(2), runs[same[-1]].end(2)
        parts += [text[done:start], _hidden(text[start:end])]
        done, number = end, same[-1] + 1
    return "".join((*parts, text[done:]))


def _without_comments(text: str) -> str:
    """A paragraph with its HTML comments hidden."""
    parts: list[str] = []
    done = 0
    while (start := text.find("<!--", done)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts += [text[done:start], _hidden(text[start : end + 3])]
        done = end + 3
    return "".join((*parts, text[done:]))


def _hidden(text: str) -> str:
    return "\n".join(_HIDDEN * len(line) for line in text.split("\n"))
