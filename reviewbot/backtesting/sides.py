"""The rules of a repository at two commits, and what of them is not the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reviewbot import rulebook, rulefiles
from reviewbot.backtesting.trial import Trial
from reviewbot.control import Control
from reviewbot.core import attributes, backtests, configuration, governing
from reviewbot.core.attributes import Attributes
from reviewbot.core.packs import Shelf
from reviewbot.errors import ConfigurationError
from reviewbot.inheriting import Give, Inherited
from reviewbot.model.inheritance import Include
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.ports import Source
from reviewbot.texts import configuration_at


@dataclass(frozen=True, slots=True)
class Book:
    """The rules that count at a commit, the configuration there, and what people must be told of files left out."""

    rules: tuple[Rule, ...]
    policy: ReviewPolicy
    attributes: Attributes
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sides:
    """What is tried, and what people must be told of files that were left out."""

    trial: Trial
    notices: tuple[str, ...]


def book(
    source: Source, sha: str, shelf: Shelf, policy: ReviewPolicy, give: Give, control: Control | None = None
) -> Book:
    """Of the whole repository at commit `sha` ("": of the working tree), with what `give` says comes from elsewhere. A
    configuration with a mistake is told.

    Raises `SourceUnavailable`, and what `control` raises.
    """
    files, told = configuration_at(source, sha)
    try:
        policy = configuration.configure(policy, files)
    except ConfigurationError as error:
        told = (*told, f"{error}. The rules were tried without it.")
    paths = rulefiles.telling(source, sha)
    found = rulebook.of_project(source, sha, shelf, policy, paths, give(policy.include_rules), control)
    policy = replace(policy, guidance=found.guidance)
    notices = (one.replace(rulebook.WITHOUT, "It was tried without this rule.") for one in found.notices)
    return Book(found.rules, policy, attributes.parse(files.get(".gitattributes", "")), (*told, *notices))


def between(
    source: Source, base: str, head: str, shelf: Shelf, policy: ReviewPolicy, give: Give, control: Control
) -> Sides:
    """What a change from commit `base` to `head` does to the rules, for those who may read the change. Raises
    `SourceUnavailable`, and what `control` raises.
    """
    before = book(source, base, shelf, policy, give, control)
    after = book(source, head, shelf, policy, lambda includes: _discreet(give, includes), control)
    changes = backtests.changes(before.rules, after.rules)
    return Sides(Trial(changes, before.rules, after.rules, after.policy, after.attributes), after.notices)


def touched(paths: Iterable[str]) -> bool:
    """Whether a change of these files may change rules."""
    return bool(governing.governing(paths))


def _discreet(give: Give, includes: Sequence[Include]) -> Inherited:
    """Nobody has agreed to the includes of a change yet: it must not show whoever wrote it which projects there are."""
    given = give(includes)
    told = ("Some rules of groups or of `include_rules` were left out",) if given.told else ()
    return replace(given, told=told)
