"""A model's answer to the `findings` schema -> findings as the model words them, and what could not be read of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from reviewbot.core.entries import Bad, entries, fields, needed, printable, severity_of, text_of
from reviewbot.model.finding import Category, Dropped, Severity

KEY = "findings"
MAX_FINDINGS = 200  # of one answer: a chunk that deserves more needs a person
MAX_PATH = 4_096
MAX_TAG = 40
MAX_QUOTE = 2_000
MAX_RULE = 100
MAX_TITLE = 200
MAX_BODY = 4_000
MAX_SUGGESTION = 20_000

_CATEGORIES = frozenset(Category)


@dataclass(frozen=True, slots=True)
class RawFinding:
    """One entry as the model wrote it: `start` and `end` are line tags, nothing is checked against the diff yet."""

    path: str
    start: str
    end: str
    quote: str
    severity: Severity
    category: Category
    rule: str | None
    title: str
    body: str
    suggestion: str | None


Parsed = tuple[tuple[RawFinding, ...], tuple[Dropped, ...]]
"""What an answer gives: the findings that could be read, and what could not."""


def findings(text: str) -> Parsed:
    """Read an answer: one JSON object {"findings": [...]}, bare or with prose or code fences around it.

    An entry that is off costs that entry (`Dropped(stage="parse")`): no title, path or known severity. An unknown
    category becomes maintainability. Texts are clipped; a suggestion that is too long, or empty, is left out rather
    than clipped, because it would replace code. At most `MAX_FINDINGS` entries are read.

    Raises `AnswerUnusable`, worded for the repair turn, when there is no such object, more than one, or no entry in it
    is an object.
    """
    listed = entries(text, KEY)
    read: list[RawFinding] = []
    dropped: list[Dropped] = []
    for number, entry in enumerate(listed[:MAX_FINDINGS], start=1):
        try:
            read.append(_finding(entry))
        except Bad as problem:
            dropped.append(_dropped(number, entry, problem))
    if len(listed) > MAX_FINDINGS:
        surplus = len(listed) - MAX_FINDINGS
        dropped.append(Dropped("parse", f"{surplus} more findings in one answer than the {MAX_FINDINGS} that are read"))
    return tuple(read), tuple(dropped)


def _finding(entry: object) -> RawFinding:
    entry = fields(entry)
    start = _tag(entry, "start")
    return RawFinding(
        path=needed(entry, "path", MAX_PATH),
        start=start,
        end=_tag(entry, "end") or start,
        quote=text_of(entry, "quote", MAX_QUOTE),
        severity=severity_of(entry),
        category=_category(entry),
        rule=text_of(entry, "rule", MAX_RULE).strip() or None,
        title=" ".join(needed(entry, "title", MAX_TITLE).split()),
        body=text_of(entry, "body", MAX_BODY).strip(),
        suggestion=_suggestion(entry),
    )


def _tag(entry: Mapping[str, object], name: str) -> str:
    """A line tag; a bare line number is let through, the quote has to prove it."""
    value = entry.get(name)
    if isinstance(value, int):
        return str(value)[:MAX_TAG] if abs(value) < 10**MAX_TAG else ""
    return text_of(entry, name, MAX_TAG).strip()


def _category(entry: Mapping[str, object]) -> Category:
    word = text_of(entry, "category", MAX_TAG).strip().lower().replace(" ", "_").replace(".", "_").replace("-", "_")
    return Category(word) if word in _CATEGORIES else Category.MAINTAINABILITY


def _suggestion(entry: Mapping[str, object]) -> str | None:
    text = text_of(entry, "suggestion", MAX_SUGGESTION + 1)
    return text if text.strip() and len(text) <= MAX_SUGGESTION else None


def _dropped(number: int, entry: object, problem: Bad) -> Dropped:
    def plain(name: str, limit: int) -> str:
        value = entry.get(name) if isinstance(entry, dict) else None
        return printable(value)[:limit] if isinstance(value, str) else ""

    return Dropped("parse", f"entry {number}: {problem}", plain("path", MAX_PATH), plain("title", MAX_TITLE))
