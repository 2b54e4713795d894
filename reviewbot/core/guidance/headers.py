"""The front matter of instruction files, as their tools read it: nearly YAML, but `globs: *.ts, src/**` is written
without quotes, which YAML takes for an alias.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_FENCE = "---"
_KEY = re.compile(r"([A-Za-z][\w-]*)[ \t]*:(?:[ \t]+(.*))?$")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)$")


@dataclass(frozen=True, slots=True)
class Header:
    """`fields`: the texts of each key, several for a list, none for a key without value. `body` is what follows."""

    fields: Mapping[str, tuple[str, ...]]
    body: str

    def first(self, name: str) -> str:
        return next(iter(self.fields.get(name, ())), "")


def read(text: str) -> Header:
    """A file's header; one without header, or with one that does not end, is all body."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    ends = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), 0)
    if lines[0].rstrip() != _FENCE or not ends:
        return Header({}, "\n".join(lines).strip())
    fields: dict[str, list[str]] = {}
    key = ""
    for line in lines[1:ends]:
        if match := _KEY.match(line):
            key = match[1]
            fields[key] = _values(match[2] or "")
        elif key and (item := _ITEM.match(line)):
            fields[key] += [one for one in (_scalar(item[1]),) if one]
    return Header({name: tuple(values) for name, values in fields.items()}, "\n".join(lines[ends + 1 :]).strip())


def _values(text: str) -> list[str]:
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        inside = re.findall(r"\"[^\"]*\"|'[^']*'|[^,\[\]]+", text)
        return [one for one in map(_scalar, inside) if one]
    return [one for one in (_scalar(text),) if one]


def _scalar(text: str) -> str:
    text = text.strip()
    for quote in "\"'":
        if text.startswith(quote) and (end := text.find(quote, 1)) > 0:
            return text[1:end].strip()
    return re.split(r"[ \t]#", text, maxsplit=1)[0].strip() if not text.startswith("#") else ""
