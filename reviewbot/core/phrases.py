"""The fixed words of summaries, comments and statuses, in the language that a project has configured.

The catalogues in `prompts/words/` are shipped with the code and are read once. A language without one, and a phrase
that a catalogue lacks, are English.
"""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import re2

from reviewbot import resources

_LONGEST = 2_000  # characters of a reason that is looked at
_DEPTH = 4  # reasons within reasons
_KINDS = {"n": r"\d[\d,]*", "most": r"\d+", "passes": r"\d+", "iid": r"\d+", "at": r"[\d-]+", "lines": r"[\w, -]+"}
_WITHIN = {"lines": ", ", "why": "; "}  # places that hold several reasons, and what is between them


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. Keys are "table.name"; a value is a text with {places}, or of counts one by number ("one",
    "other"). `reasons` maps an English sentence to its words here, `forms` are those with places: the expression that
    knows the English sentence, and its words here.
    """

    own: Mapping[str, Any]
    english: Mapping[str, Any]
    reasons: Mapping[str, str]
    forms: tuple[tuple[Any, str], ...] = ()

    def __call__(self, key: str, /, **values: object) -> str:
        """The phrase with its places filled. What is filled in is taken as it is. Raises `KeyError`: a key of ours."""
        return str(self.own.get(key, self.english[key])).format_map(values)

    def many(self, key: str, number: int) -> str:
        """As in: 1 file, 1,200 files."""
        forms = self.own.get(f"count.{key}", self.english[f"count.{key}"])
        form = forms["one"] if number == 1 and "one" in forms else forms["other"]
        return str(form).format_map({"n": self.number(number)})

    def number(self, number: int) -> str:
        """With the language's mark between thousands."""
        return f"{number:,}".replace(",", self("thousands"))

    def listed(self, parts: list[str]) -> str:
        """As in: a, b and c."""
        rest = self("join.comma").join(parts[:-1])
        return self("join.and").join(filter(None, (rest, *parts[-1:])))

    def reason(self, text: str) -> str:
        """A reason or notice that was made in English: in this language where it is one of the fixed ones, else as it
        is. What stands in its places is taken over, as unsafe as it was.
        """
        return self._reason(text, _DEPTH)

    def _reason(self, text: str, depth: int) -> str:
        known = self.reasons.get(text)
        if known is not None or not depth or len(text) > _LONGEST:
            return known or text
        for expression, words in self.forms:
            if found := expression.fullmatch(text):
                return words.format_map(
                    {name: self._place(name, had, depth) for name, had in found.groupdict().items()}
                )
        return text

    def _place(self, name: str, had: str, depth: int) -> str:
        if f"count.{name}" in self.english:
            return self.many(name, int(had))
        between = _WITHIN.get(name)
        parts = had.split(between) if between else [had]
        return (between or "").join(self._reason(part, depth - 1) for part in parts)


def of(language: str) -> Phrases:
    """The words for a configured language: by its name in English or its own, or by its tag ("German", "de-AT")."""
    name = " ".join(language.casefold().split())
    base = name.replace("_", "-").partition("-")[0].partition("(")[0].strip()
    for catalogue in _catalogues().values():
        if name in catalogue["names"] or (base in catalogue["names"] and name not in catalogue["unlike"]):
            return _phrases(catalogue["names"][0])
    return _phrases("english")


@cache
def _phrases(name: str) -> Phrases:
    own = next(each for each in _catalogues().values() if each["names"][0] == name)
    english = _catalogues()["en"]
    keys = [key for key in english if key.startswith("reason.") and key in own] if own is not english else []
    reasons = {english[key]: own[key] for key in keys}
    formed = sorted((key for key in keys if "{" in english[key]), key=lambda key: -len(_literal(english[key])))
    return Phrases(own, english, reasons, tuple((_expression(english[key]), own[key]) for key in formed))


def _literal(text: str) -> str:
    return "".join(literal for literal, _, _, _ in string.Formatter().parse(text))


def _expression(text: str) -> Any:
    """An expression that knows a sentence with places, each as a group of its name. It takes linear time."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(text):
        parts.append(re2.escape(literal))
        if name is not None:
            counted = f"count.{name}" in _catalogues()["en"]
            parts.append(rf"(?P<{name}>\d+) {name}s?" if counted else f"(?P<{name}>{_KINDS.get(name, '.+?')})")
    return re2.compile("(?s)" + "".join(parts))


@cache
def _catalogues() -> Mapping[str, Mapping[str, Any]]:
    folder = resources.folder("prompts") / "words"
    return {path.stem: _flat(tomllib.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.toml"))}


def _flat(tables: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        flat |= {f"{name}.{key}": entry for key, entry in value.items()} if isinstance(value, dict) else {name: value}
    return flat
