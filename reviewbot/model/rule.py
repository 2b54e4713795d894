"""A rule that owners wrote: front matter and words, with an optional pattern."""

from dataclasses import dataclass
from typing import Literal

from reviewbot.model.finding import Category, Severity

Status = Literal["draft", "approved", "enforced", "off"]
Enforcement = Literal["advise", "block"]
Level = Literal["must", "should", "may"]
RULE_FILE = "reviewbot/rule-file"
"""The rule of findings that tell of a mistake in a rule file or the configuration."""


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

    `origin` names the file it was read from, for people. `message` is what a pattern hit says to the author. `status`:
    a draft's findings are recorded and not posted, "off" takes the rule of that id away. `level` is the strongest
    word of RFC 2119 in the rule's text. `verify`: the judge has to confirm each hit of the
    pattern. `layer` is who wrote it (built-in, project),
    `folder` the folder of the repository that it is for (empty: all of it).
    """

    id: str
    title: str
    severity: Severity
    category: Category
    enforcement: Enforcement
    body: str
    paths: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    pattern: Pattern | None = None
    message: str = ""
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    origin: str = ""
    status: Status = "approved"
    level: Level = "should"
    verify: bool = False
    layer: str = "built-in"
    folder: str = ""

    @property
    def blocks(self) -> bool:
        """Whether what breaks the rule may hold up a merge."""
        return self.enforcement == "block" and self.status != "draft"
