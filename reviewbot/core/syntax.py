"""Source text to what its syntax tree tells: definitions, broken places, pattern matches. The one room of ast-grep.

Everything here is bounded: text that is too large or looks minified is not parsed, and the answer is then empty.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from ast_grep_py import SgNode, SgRoot

from reviewbot.core import grammars, matchers
from reviewbot.core.plausibility import plausible
from reviewbot.errors import ConfigurationError

_NAME_PARTS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or a class (struct, trait, module …) on lines `start`..`end`, 1-based, both included.

    Decorators, `export` and the like count to the definition. `name` is empty where the language gives none.
    """

    start: int
    end: int
    name: str
    kind: Literal["function", "class"]


@dataclass(frozen=True, slots=True)
class Match:
    """What a pattern matched: lines `start_line`..`end_line`, 1-based, both included, and its text."""

    start_line: int
    end_line: int
    text: str


class _Finder(Protocol):
    """What we use of a node's search: ast-grep's own types know only literal keywords."""

    def find_all(self, config: Mapping[str, object]) -> list[SgNode]: ...


def supported(language: str | None) -> bool:
    """Whether there is a syntax tree for `language` (one of our names)."""
    return language in grammars.TREES


def parseable(text: str, language: str | None) -> bool:
    """Whether `text` is parsed at all: a language with a tree, and within the limits of `core.plausibility`."""
    return language is not None and language in grammars.TREES and plausible(text, language)


def definitions(text: str, language: str) -> tuple[Definition, ...]:
    """All functions, methods and classes, by first line, outer before inner; empty where there is no tree."""
    grammar = grammars.DEFINITIONS.get(language)
    root = _root(text, language)
    if grammar is None or root is None:
        return ()
    found = {_definition(node, language) for node in _search(root, {"rule": grammar})}
    return tuple(sorted(found, key=lambda one: (one.start, -one.end, one.name)))


def uses(text: str, language: str, name: str) -> tuple[int, ...]:
    """Lines on which `name` (letters, digits, _) stands as a name of its own, ascending, 1-based.

    Comments do not count, nor does the place where it is defined; empty where there is no tree.
    """
    root = _root(text, language)
    if root is None:
        return ()
    found = {_span(node)[0] for node in _search(root, {"rule": {"regex": f"^{name}$"}}) if node.is_leaf()}
    for one in definitions(text, language):
        if last_name(one.name) == name:
            found.discard(min((line for line in found if line >= one.start), default=0))
    return tuple(sorted(found))


def last_name(name: str) -> str:
    """`total` of `Cart::total`, `cart.total` or `Cart[T]`'s `Cart`: what a person would call it."""
    words = _NAME_PARTS.findall(name.partition("[")[0].partition("<")[0])
    return words[-1] if words else ""


def borders(text: str, language: str) -> tuple[int, ...]:
    """First lines of all definitions, ascending, 1-based."""
    return tuple(sorted({one.start for one in definitions(text, language)}))


def broken(text: str, language: str) -> int:
    """Number of places where the text does not parse: ERROR nodes and tokens that the parser had to make up.

    0 as well where there is no tree: ask `parseable` first if that matters.
    """
    root = _root(text, language)
    if root is None:
        return 0
    suspects = _search(root, {"rule": {"any": [{"kind": "ERROR"}, {"regex": "^$"}]}})
    return sum(1 for node in suspects if node.kind() == "ERROR" or _made_up(node))


def find(text: str, language: str, pattern: str | Mapping[str, object]) -> tuple[Match, ...]:
    """Matches of one ast-grep pattern, rule object, or `{rule, constraints, utils}`, in the order of the text.

    Raises `ConfigurationError` when the pattern is wrong for the language.
    """
    return find_each(text, language, (pattern,))[0]


def find_each(
    text: str, language: str, patterns: Sequence[str | Mapping[str, object]]
) -> tuple[tuple[Match, ...], ...]:
    """`find` for several patterns with one parse: one tuple of matches for each pattern, in their order."""
    root = _root(text, language)
    if root is None:
        return tuple(() for _ in patterns)
    return tuple(tuple(_match(node) for node in _matches(root, pattern, language)) for pattern in patterns)


def check(language: str, pattern: str | Mapping[str, object]) -> None:
    """Raise `ConfigurationError` when `pattern` does not compile for `language`, or that has no syntax tree."""
    if language not in grammars.TREES:
        known = ", ".join(sorted(grammars.TREES))
        raise ConfigurationError(
            f"There is no syntax tree for the language {language!r}", mend=f"use a regex, or one of: {known}"
        )
    find("", language, pattern)


def _root(text: str, language: str) -> SgNode | None:
    if not parseable(text, language):
        return None
    # A lone surrogate (bytes that were no UTF-8) cannot cross into ast-grep; "?" keeps all lines where they are.
    return SgRoot(text.encode("utf-8", "replace").decode("utf-8"), language).root()


def _search(node: SgNode, config: Mapping[str, object]) -> list[SgNode]:
    return cast("_Finder", node).find_all(config)


def _matches(root: SgNode, pattern: str | Mapping[str, object], language: str) -> list[SgNode]:
    config = matchers.config(pattern)
    try:
        return _search(root, config)
    except (RuntimeError, TypeError, ValueError) as error:
        # The cause ends where the library's own stack trace begins, when the environment asks for one.
        reason = " ".join(str(error).split("Stack backtrace", maxsplit=1)[0].split())
        raise ConfigurationError(
            f"The pattern does not compile for {language}: {reason}", mend="see ast-grep's rule reference"
        ) from error


def _match(node: SgNode) -> Match:
    start, end = _span(node)
    return Match(start, end, node.text())


def _span(node: SgNode) -> tuple[int, int]:
    """First and last line, 1-based; a node that ends at the very start of a line ends on the line before."""
    place = node.range()
    last = place.end.line + (0 if place.end.column == 0 and place.end.line > place.start.line else 1)
    return place.start.line + 1, last


def _made_up(node: SgNode) -> bool:
    """An empty leaf is a token the parser inserted (MISSING); the root and a few kinds are rightly empty."""
    return node.is_leaf() and node.parent() is not None and node.kind() not in grammars.RIGHTLY_EMPTY


def _definition(node: SgNode, language: str) -> Definition:
    start, end = _span(node)
    parent = node.parent()
    while parent is not None and parent.kind() in grammars.WRAPPERS:
        start, end = min(start, _span(parent)[0]), max(end, _span(parent)[1])
        parent = parent.parent()
    kind: Literal["function", "class"] = "class" if node.kind() in grammars.CLASSES else "function"
    return Definition(start, end, _name(node), kind)


def _name(node: SgNode) -> str:
    """The declared name: the grammar's `name`, else C's innermost declarator, Rust's `impl` type, Kotlin's first."""
    inner: SgNode | None = node
    while inner is not None:
        for field in ("name", "key", "left", "property"):
            named = inner.field(field)
            if named is not None:
                return _clip(named.text())
        last, inner = inner, inner.field("declarator")
        if inner is None and last.kind() in grammars.IDENTIFIERS:
            return _clip(last.text())
    return next((_clip(child.text()) for child in _naming(node)), "")


def _naming(node: SgNode) -> Iterator[SgNode]:
    typed = node.field("type")
    if typed is not None:
        yield typed
    yield from (child for child in node.children() if child.kind() in grammars.IDENTIFIERS)


def _clip(name: str) -> str:
    return " ".join(name.split())[:100]
