"""A rule that owners wrote: front matter and words, with an optional pattern."""

from dataclasses import dataclass
from typing import Literal

from reviewbot.model.finding import Category, Severity


@dataclass(frozen=True, slots=True)
class Pattern:
    """`regex` is RE2 syntax, tried on each added line; `ast` is an ast-grep pattern or rule (YAML as dict).

    Exactly one of both is set.
    """

    regex: str | None = None
    ast: str | dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`paths` are gitignore-style globs (empty: everywhere), `languages` our language names (empty: all).

    `origin` names the file it was read from, for people. `message` is what a pattern hit says to the author.
    """

    id: str
    title: str
    severity: Severity
    category: Category
    enforcement: Literal["advise", "block"]
    body: str
    paths: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    pattern: Pattern | None = None
    message: str = ""
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    origin: str = ""
