"""A model's answer to the `findings` schema -> findings as the model words them, and what could not be read of it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from reviewbot.errors import AnswerUnusable
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
# Each '{' of broken text is a place where the object may begin; a failed try reads at most to the end of the text.
MAX_STARTS = 50

_SEVERITIES = frozenset(Severity)
_CATEGORIES = frozenset(Category)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


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


class _Bad(ValueError):
    """What is wrong with one entry, in words for people."""


def findings(text: str) -> Parsed:
    """Read an answer: one JSON object {"findings": [...]}, bare or with prose or code fences around it.

    An entry that is off costs that entry (`Dropped(stage="parse")`): no title, path or known severity. An unknown
    category becomes maintainability. Texts are clipped; a suggestion that is too long, or empty, is left out rather
    than clipped, because it would replace code. At most `MAX_FINDINGS` entries are read.

    Raises `AnswerUnusable`, worded for the repair turn, when there is no such object, more than one, or no entry in it
    is an object.
    """
    entries = _entries(text)
    read: list[RawFinding] = []
    dropped: list[Dropped] = []
    for number, entry in enumerate(entries[:MAX_FINDINGS], start=1):
        try:
            read.append(_finding(entry))
        except _Bad as problem:
            dropped.append(_dropped(number, entry, problem))
    if len(entries) > MAX_FINDINGS:
        surplus = len(entries) - MAX_FINDINGS
        dropped.append(Dropped("parse", f"{surplus} more findings in one answer than the {MAX_FINDINGS} that are read"))
    return tuple(read), tuple(dropped)


def _entries(text: str) -> list[object]:
    objects = _objects(text)
    if not objects:
        raise AnswerUnusable(f'The answer holds no complete JSON object with the key "{KEY}"')
    if any(found != objects[0] for found in objects[1:]):
        raise AnswerUnusable(f'The answer holds {len(objects)} different JSON objects with the key "{KEY}"')
    entries = objects[0][KEY]
    if not isinstance(entries, list):
        raise AnswerUnusable(f'"{KEY}" must be a list, not {_kind(entries)}')
    if entries and not any(isinstance(entry, dict) for entry in entries):
        raise AnswerUnusable(f'The entries of "{KEY}" must be objects, not {_kind(entries[0])}')
    return entries


def _objects(text: str) -> list[dict[str, object]]:
    """All outermost JSON objects in the text that have the key."""
    decoder = json.JSONDecoder()
    found = []
    position = text.find("{")
    for _ in range(MAX_STARTS):
        if position < 0:
            break
        end = position + 1
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and KEY in value:
            found.append(value)
        position = text.find("{", end)
    return found


def _finding(entry: object) -> RawFinding:
    if not isinstance(entry, dict):
        raise _Bad(f"the entry is {_kind(entry)}, not an object")
    start = _tag(entry, "start")
    return RawFinding(
        path=_needed(entry, "path", MAX_PATH),
        start=start,
        end=_tag(entry, "end") or start,
        quote=_text(entry, "quote", MAX_QUOTE),
        severity=_severity(entry),
        category=_category(entry),
        rule=_text(entry, "rule", MAX_RULE).strip() or None,
        title=" ".join(_needed(entry, "title", MAX_TITLE).split()),
        body=_text(entry, "body", MAX_BODY).strip(),
        suggestion=_suggestion(entry),
    )


def _needed(entry: Mapping[str, object], name: str, limit: int) -> str:
    text = _text(entry, name, limit).strip()
    if not text:
        raise _Bad(f'"{name}" is empty or missing')
    return text


def _text(entry: Mapping[str, object], name: str, limit: int) -> str:
    """The text under a name, clipped; absent and null are empty. Raises `_Bad` for any other type."""
    value = entry.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Bad(f'"{name}" is {_kind(value)}, not a string')
    clean = _UNPRINTABLE.sub("", value.replace("\r\n", "\n"))
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def _tag(entry: Mapping[str, object], name: str) -> str:
    """A line tag; a bare line number is let through, the quote has to prove it."""
    value = entry.get(name)
    if isinstance(value, int):
        return str(value)[:MAX_TAG] if abs(value) < 10**MAX_TAG else ""
    return _text(entry, name, MAX_TAG).strip()


def _severity(entry: Mapping[str, object]) -> Severity:
    word = _text(entry, "severity", MAX_TAG).strip().lower()
    if word not in _SEVERITIES:
        raise _Bad(f'"severity" is "{word}", not one of {", ".join(Severity)}')
    return Severity(word)


def _category(entry: Mapping[str, object]) -> Category:
    word = _text(entry, "category", MAX_TAG).strip().lower().replace(" ", "_").replace(".", "_").replace("-", "_")
    return Category(word) if word in _CATEGORIES else Category.MAINTAINABILITY


def _suggestion(entry: Mapping[str, object]) -> str | None:
    text = _text(entry, "suggestion", MAX_SUGGESTION + 1)
    return text if text.strip() and len(text) <= MAX_SUGGESTION else None


def _dropped(number: int, entry: object, problem: _Bad) -> Dropped:
    def plain(name: str, limit: int) -> str:
        value = entry.get(name) if isinstance(entry, dict) else None
        return _UNPRINTABLE.sub("", value)[:limit] if isinstance(value, str) else ""

    return Dropped("parse", f"entry {number}: {problem}", plain("path", MAX_PATH), plain("title", MAX_TITLE))


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
