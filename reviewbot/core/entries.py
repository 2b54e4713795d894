"""An answer's text -> the entries of its one list, and the values of an entry: strict, bounded, worded for people.

Shared by the readers of all answers: what is off with one entry costs that entry, never the answer.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping

from reviewbot.errors import AnswerUnusable
from reviewbot.model.finding import Severity

MAX_WORD = 40  # characters of a word from a fixed list, or of a tag
# Each '{' of broken text is a place where the object may begin; a failed try reads at most to the end of the text.
MAX_STARTS = 50

_SEVERITIES = frozenset(Severity)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Bad(ValueError):
    """What is wrong with one entry, in words for people."""


def entries(text: str, key: str) -> list[object]:
    """The list under `key` of one JSON object {key: [...]}, bare or with prose or code fences around it.

    Raises `AnswerUnusable`, worded for the repair turn, when there is no such object, more than one, one that gives the
    list twice, or no entry in it is an object.
    """
    found = single(text, key)[key]
    if not isinstance(found, list):
        raise AnswerUnusable(f'"{key}" must be a list, not {kind(found)}')
    if found and not any(isinstance(entry, dict) for entry in found):
        raise AnswerUnusable(f'The entries of "{key}" must be objects, not {kind(found[0])}')
    return found


class _Object(dict[str, object]):
    """A JSON object that knows which of its names came more than once."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.repeated = {name for name, times in Counter(name for name, _ in pairs).items() if times > 1}


def single(text: str, key: str) -> dict[str, object]:
    """The one JSON object that has `key`. Raises `AnswerUnusable` when there is none, or more than one."""
    objects = _objects(text, key)
    if not objects:
        raise AnswerUnusable(f'The answer holds no complete JSON object with the key "{key}"')
    if any(found != objects[0] for found in objects[1:]):
        raise AnswerUnusable(f'The answer holds {len(objects)} different JSON objects with the key "{key}"')
    if key in objects[0].repeated:  # Python would take the last, and an empty one would pass for praise
        raise AnswerUnusable(f'The answer gives "{key}" more than once')
    return objects[0]


def _objects(text: str, key: str) -> list[_Object]:
    """All outermost JSON objects in the text that have the key."""
    decoder = json.JSONDecoder(object_pairs_hook=_Object)
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
        if isinstance(value, _Object) and key in value:
            found.append(value)
        position = text.find("{", end)
    return found


def fields(entry: object) -> Mapping[str, object]:
    """The entry as an object. Raises `Bad`."""
    if not isinstance(entry, dict):
        raise Bad(f"the entry is {kind(entry)}, not an object")
    return entry


def needed(entry: Mapping[str, object], name: str, limit: int) -> str:
    """A text that may not be empty, stripped. Raises `Bad`."""
    text = text_of(entry, name, limit).strip()
    if not text:
        raise Bad(f'"{name}" is empty or missing')
    return text


def text_of(entry: Mapping[str, object], name: str, limit: int) -> str:
    """The text under a name, clipped; absent and null are empty. Raises `Bad` for any other type."""
    value = entry.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Bad(f'"{name}" is {kind(value)}, not a string')
    clean = printable(value.replace("\r\n", "\n"))
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def severity_of(entry: Mapping[str, object]) -> Severity:
    """The known severity under "severity". Raises `Bad`."""
    word = text_of(entry, "severity", MAX_WORD).strip().lower()
    if word not in _SEVERITIES:
        raise Bad(f'"severity" is "{word}", not one of {", ".join(Severity)}')
    return Severity(word)


def printable(text: str) -> str:
    """Without control characters (line feed and tab aside) and lone surrogates."""
    return _UNPRINTABLE.sub("", text)


def kind(value: object) -> str:
    """What a JSON value is, with its article."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(dict if isinstance(value, dict) else type(value), "a number")
