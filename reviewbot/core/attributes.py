"""`.gitattributes` -> what its owners say of a path: generated, vendored, not to be diffed.

Its globs are not gitignore's: a folder's name does not cover what is in it, and there is no negation. So they are
translated here, into linear-time expressions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import re2

from reviewbot.core import patch_names

_WORDS = re.compile(r"[ \t\r\n]+")
_NAMES = frozenset({"linguist-generated", "gitlab-generated", "linguist-vendored", "binary", "diff"})
_LARGEST_PATTERN = 2048  # git itself gives up on longer lines


class _Expression(Protocol):
    def fullmatch(self, text: str) -> object: ...


@dataclass(frozen=True, slots=True)
class _Rule:
    """`whole`: the glob is held against the whole path, else its last part. A None value means "unspecified"."""

    expression: _Expression
    whole: bool
    values: Mapping[str, bool | None]


@dataclass(frozen=True, slots=True)
class Marks:
    """What the owners say of one path; None: nothing. `undiffed`: marked `binary` or `-diff`."""

    generated: bool | None
    vendored: bool | None
    undiffed: bool


@dataclass(frozen=True, slots=True)
class Attributes:
    """The rules of one root `.gitattributes`, the last that matches wins, attribute by attribute."""

    rules: tuple[_Rule, ...] = ()

    def marks(self, path: str) -> Marks:
        """All that is said of `path`, in one pass over the rules. GitLab's own attribute goes before linguist's."""
        name = path.rsplit("/", 1)[-1]
        found: dict[str, bool | None] = {}
        for rule in self.rules:
            if rule.expression.fullmatch(path if rule.whole else name):
                found.update(rule.values)
        generated = found.get("gitlab-generated")
        if generated is None:
            generated = found.get("linguist-generated")
        return Marks(generated, found.get("linguist-vendored"), undiffed=found.get("diff") is False)

    def generated(self, path: str) -> bool | None:
        """True or False as the owners say; None when they say nothing."""
        return self.marks(path).generated


def parse(text: str) -> Attributes:
    """Read a `.gitattributes` file. Lines that git would not understand are passed over, as git does."""
    rules = []
    for line in text.removeprefix("\ufeff").split("\n"):
        pattern, words = _split(line.strip(" \t\r"))
        values = _values(words)
        if values and _usable(pattern):
            expression = _compile(pattern.removeprefix("/"))
            if expression is not None:
                rules.append(_Rule(expression, "/" in pattern, values))
    return Attributes(tuple(rules))


def _split(line: str) -> tuple[str, list[str]]:
    """Pattern (quoted when it holds a blank) and attributes of one line."""
    if line.startswith('"'):
        quoted, rest = patch_names.cut_quoted(line)
        return quoted, _WORDS.split(rest.strip())
    pattern, *words = _WORDS.split(line)
    return pattern, words


def _usable(pattern: str) -> bool:
    """No comment, macro or negation (git forbids it here), nor a folder: only files are asked for."""
    return 0 < len(pattern) <= _LARGEST_PATTERN and not pattern.startswith(("#", "[attr]", "!")) and pattern[-1] != "/"


def _values(words: list[str]) -> dict[str, bool | None]:
    """Later words win. `binary` is git's built-in macro for `-diff -merge -text`."""
    values: dict[str, bool | None] = {}
    for word in words:
        name, equals, value = word.lstrip("-!").partition("=")
        if name not in _NAMES:
            continue
        state: bool | None = {"true": True, "false": False}.get(value) if equals else word[0] != "-"
        state = None if word[0] == "!" else state
        if name == "binary":
            if state:
                values["diff"] = False
        else:
            values[name] = state
    return values


def _compile(glob: str) -> _Expression | None:
    """None for one that cannot be made sense of, such as a backwards range."""
    options = re2.Options()
    options.log_errors = False
    try:
        return cast(_Expression, re2.compile("(?s)" + "".join(_translate(glob)), options=options))
    except re2.error:
        return None


def _translate(glob: str) -> Iterator[str]:
    """A wildmatch glob as a regular expression; `**` spans folders only between slashes or at an end."""
    at = 0
    while at < len(glob):
        found = cast("re.Match[str]", _TOKEN.match(glob, at))
        token = found[0]
        starts_part = at == 0 or glob[at - 1] == "/"
        at = found.end()
        if found["stars"] and starts_part and (token[-1] == "/" or at == len(glob)):
            yield "(?:.*/)?" if token[-1] == "/" else ".*"
        elif found["stars"]:
            yield "[^/]*/" if token[-1] == "/" else "[^/]*"
        elif found["items"]:
            yield from _set(found["negated"], found["items"])
        elif token in _SINGLE:
            yield _SINGLE[token]
        else:
            yield re2.escape(token[-1])


_TOKEN = re.compile(
    r"(?P<stars>\*\*+/?)|\\.|\[(?P<negated>[!^]?)(?P<items>\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*)\]|.", re.DOTALL
)
_ITEM = re.compile(r"\[:[a-z]+:\]|\\.|.", re.DOTALL)
_SINGLE = {"*": "[^/]*", "?": "[^/]", "[": "[^\x00-\U0010ffff]"}  # a set that is never closed matches nothing


def _set(negated: str, items: str) -> Iterator[str]:
    """A bracket set. A slash is never matched by one."""
    yield "[^/" if negated else "["
    for item in _ITEM.findall(items):
        if item.startswith("[:") or item == "-":
            yield item
        elif item[-1] != "/":
            yield re2.escape(item[-1])
    yield "]"
