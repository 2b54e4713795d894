"""The fixed words of summaries, comments and statuses, in the language that a project has configured.

The catalogues in `prompts/words/` are shipped with the code and are read once. A language without one, and a phrase
that a catalogue lacks, are English.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reviewbot import resources


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. Keys are "table.name"; a value is a text with {places}, or of counts one by number ("one",
    "other"). `reasons` maps an English sentence to its words here.
    """

    own: Mapping[str, Any]
    english: Mapping[str, Any]
    reasons: Mapping[str, str]

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
        """A reason in words for people: in this language where it is one of the fixed ones, else as it is."""
        return self.reasons.get(text, text)


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
    reasons = {english[key]: own[key] for key in english if key.startswith("reason.") and key in own}
    return Phrases(own, english, reasons)


@cache
def _catalogues() -> Mapping[str, Mapping[str, Any]]:
    folder = resources.folder("prompts") / "words"
    return {path.stem: _flat(tomllib.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.toml"))}


def _flat(tables: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        flat |= {f"{name}.{key}": entry for key, entry in value.items()} if isinstance(value, dict) else {name: value}
    return flat
