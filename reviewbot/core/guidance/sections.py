"""A Markdown file by its headings, and which of its sections say how code has to be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import re2

_DEEPEST = 3  # headings below stay in their section
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SETUP = re2.compile(
    r"(?i)\b(set-?up|install\w*|getting started|quick ?start|prerequisites|requirements to run|commands?|"
    r"(?:build|run)(?:ning)?|deploy\w*|environment|usage|overview|about|introduction|purpose|abstract|layout|"
    r"(?:project|repo\w*|directory|folder|file|code) (?:structure|map|tree)|structure|tech(?:nology)? stack|"
    r"entry points|skills|links|resources|references|contacts?|glossary)\b"
)
_RULES = re2.compile(
    r"(?i)\b(style|standards?|conventions?|guidelines?|rules?|principles?|practices?|polic(?:y|ies)|naming|constraints?|"
    r"patterns?|quality|security|testing|reviews?)\b"
)
# Whoever writes a norm in one of the languages that reviews are written in uses one of these.
_STRONG = re2.compile(
    r"(?i)\b(must|never|always|do not|don't|dont|shall|should|avoid|required?|forbidden|prohibited|not allowed|"
    r"muss|müssen|niemals|immer|verboten|soll(?:en)?|debe[n]?|nunca|siempre|evitar?|doit|doivent|jamais|toujours|"
    r"éviter|deve[m]?|sempre)\b|必ず|禁止|してはいけない|必须|不要|不得|应该|しない"
)
_WEAK = re2.compile(
    r"(?i)\b(?:only|instead of|rather than|needs? to|ha(?:ve|s) to|make sure|not|no longer|we use)\b|"
    # Imperatives: where a sentence or an item begins.
    r"(?im)(?:^[\s>*+\d.-]*(?:\*\*[^*\n]*\*\*[:.]?\s*)?|[.:;]\s+)(?:use|prefer|ensure|keep|follow|write|wrap|add|put|place|"
    r"name|call|return|check|validate|mock|test|document|declare|handle|log|raise|throw|import|export|include|cover|"
    r"favou?r|choose|store|create|define|extend|reuse|limit|guard|escape|sort|set|mark|annotate|register|update|"
    r"remove|treat|start|end|split|move|pass|catch|close|group|order|no|one|each|every|all)\b"
)
_LITERAL = re2.compile(r"`[^`\n]*`|!?\[[^\]\n]*\]\([^)\n]*\)|<[a-z]+:[^>\n]*>|https?://\S+")
_ENGLISH = re2.compile(r"(?i)\b(the|and|of|is|are|to|in|with|for)\b")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below a heading up to the next; `title` is empty for what stands before the first.

    `start` and `end` are its lines in the file, from 0 and without the last, with its heading.
    """

    title: str
    text: str
    start: int = 0
    end: int = 0


def sections(text: str) -> list[Section]:
    """The sections of a file in their order, those without text left out; headings in code are none."""
    found: list[Section] = []
    title, lines, start = "", list[str](), 0
    for number, (line, code) in enumerate(_lines(text)):
        heading = None if code else _HEADING.match(line)
        if heading and len(heading[1]) <= _DEEPEST:
            found.append(Section(title, "\n".join(lines).strip(), start, number))
            title, lines, start = heading[2].strip().rstrip("#").strip(), [], number
        else:
            lines.append(line)
    found.append(Section(title, "\n".join(lines).strip(), start, text.count("\n") + 1))
    return [one for one in found if one.text]


def no_norm(section: Section) -> str:
    """Why a section says nothing that a change could break; empty when it reads as a norm. In doubt it does."""
    prose = "\n".join(line for line, code in _lines(section.text) if not code and not _FENCE.match(line))
    prose = re2.sub(_LITERAL, " ", prose)
    if not re.search(r"[^\W\d]", prose):
        return "only commands, code or links"
    setup = re2.search(_SETUP, section.title)
    if re2.search(_STRONG, prose) or (re2.search(_RULES, section.title) and not setup):
        return ""
    if setup:
        return "set-up and description, nothing that must or should be"
    if not re2.search(_WEAK, prose) and re2.search(_ENGLISH, prose):
        return "describes and demands nothing"
    return ""


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is within a fence."""
    fence = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        match = _FENCE.match(line)
        if not fence and match:
            fence = match[1]
            yield line, False
            continue
        if fence and match and match[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
            yield line, False
            continue
        yield line, bool(fence)
