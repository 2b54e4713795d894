"""Issues and the merge request's template: what of them a reviewer reads, and criteria that no line of the diff meets.

All expressions look at one line at a time, of bounded length.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reviewbot.model.finding import Dropped
from reviewbot.model.ticket import Ticket, Unmet

TEMPLATE = ".gitlab/merge_request_templates/Default.md"
MOST = 4  # tickets of a merge request
MOST_UNMET = 10
_LONGEST = 20_000  # characters of a description or template that are looked at
_LONGEST_LINE = 300
_MOST_LINES = 30  # that tell what was left unfilled

_MENTION = re.compile(r"(?<![\w/&#])#(\d{1,9})\b")
_BOX = re.compile(r"^[ \t]{0,12}(?:[-*+]|\d{1,9}[.)])[ \t]{1,4}\[([ xX~])\][ \t]+(\S.*)")
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(\S.*)")
_CRITERIA = (
    *("acceptance criteria", "acceptance criterion", "definition of done", "akzeptanzkriterien", "abnahmekriterien"),
    *("critères d'acceptation", "criterios de aceptación", "critérios de aceitação", "受け入れ", "受入", "验收"),
)


def mentioned(title: str, description: str) -> tuple[int, ...]:
    """Numbers of the issues that a merge request names as "#12", in their order, at most `MOST`."""
    found = (int(number) for number in _MENTION.findall(f"{title}\n{description}"[:_LONGEST]))
    return tuple(dict.fromkeys(found))[:MOST]


def told(ticket: Ticket) -> str:
    """A ticket for a reviewer: its criteria first, because the end may be cut off."""
    lines = _lines(ticket.description)
    wanted = set(_criteria(lines))
    parts = [f"{ticket.reference}: {ticket.title}{' (closed)' if ticket.closed else ''}"]
    if wanted:
        parts += ["Acceptance criteria:", *(line for number, line in enumerate(lines) if number in wanted)]
    rest = "\n".join(line for number, line in enumerate(lines) if number not in wanted).strip("\n")
    return "\n".join([*parts, *(["Description:", rest] if rest else [])])


def _criteria(lines: Sequence[str]) -> Iterator[int]:
    """Numbers of the lines that are items of a task list, or stand in a section of acceptance criteria."""
    level = 0  # of the heading of such a section, 0: in none
    for number, line in enumerate(lines):
        heading = _HEADING.match(line)
        bare = line.strip(" \t#*_:").casefold()
        if heading or line.strip().startswith("**"):
            depth = len(heading[1]) if heading else 7
            if any(words in bare for words in _CRITERIA):
                level = level or depth
                continue
            level = 0 if heading and depth <= level else level
        if _BOX.match(line) or (level and line.strip()):
            yield number


def unfilled(template: str, description: str) -> tuple[str, ...]:
    """What the author left as the merge request's template has it: sections without words of their own, boxes."""
    wanted, there = _Form.of(template), _Form.of(description)
    if not wanted.sections and not wanted.boxes:
        return ()
    if not there.sections.keys() & wanted.sections.keys() and not there.boxes.keys() & wanted.boxes.keys():
        return ("The template was not used",)
    missing = [f"Section left out: {name}" for name in wanted.sections if name not in there.sections]
    same = [
        f"Section not filled in: {name}"
        for name, text in wanted.sections.items()
        if name in there.sections and there.sections[name] in {"", text} and name not in wanted.outer
    ]
    boxes = [f"Box not ticked: {name}" for name in wanted.boxes if not there.boxes.get(name)]
    return tuple(line[:_LONGEST_LINE] for line in (*missing, *same, *boxes)[:_MOST_LINES])


@dataclass(slots=True)
class _Form:
    """A form's sections by heading with their words, its boxes with whether they are ticked, and the sections that
    hold nothing but others or boxes.
    """

    sections: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, bool] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, text: str) -> "_Form":
        form = cls()
        name, depth = "", 0
        for line in _lines(_uncommented(text)):
            heading, box = _HEADING.match(line), _BOX.match(line)
            if heading:
                if name and len(heading[1]) > depth:
                    form.outer.add(name)
                name, depth = _plain(heading[2].rstrip("# \t")), len(heading[1])
                form.sections[name] = ""
            elif box:
                form.boxes[_plain(box[2])] = box[1] in "xX~"
                form.outer |= {name} if name else set()
            elif name:
                form.sections[name] = f"{form.sections[name]} {_plain(line)}".strip()
        return form


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _uncommented(text: str) -> str:
    """Without `<!-- hints -->`, of which an open one hides the rest."""
    shown, rest = [], text[:_LONGEST]
    while rest:
        before, found, after = rest.partition("<!--")
        shown.append(before)
        rest = after.partition("-->")[2] if found else ""
    return "".join(shown)


def _lines(text: str) -> list[str]:
    return [line[:_LONGEST_LINE].rstrip() for line in text[:_LONGEST].replace("\r\n", "\n").split("\n")]


def unmet(reference: str, title: str, body: str, known: Collection[str], *, whole: bool) -> Unmet | Dropped | None:
    """A finding without a line that names one of the `known` tickets as its place; None: it names none.

    `whole`: who found it has seen the whole change. Of a part, nobody can say that something is not in the rest.
    """
    name = reference.strip()
    if name not in known:
        return None
    if not whole:
        return Dropped("ticket", f"only a part of the change was held against {name}", "", title)
    return Unmet(name, title, body)


def distinct(found: Iterable[Unmet]) -> tuple[Unmet, ...]:
    """Each once, at most `MOST_UNMET`."""
    return tuple({(one.ticket, _plain(one.title)): one for one in found}.values())[:MOST_UNMET]
