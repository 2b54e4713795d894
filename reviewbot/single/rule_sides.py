"""The rules of the repository of the current folder before and after a change of them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewbot import rulebook
from reviewbot.backtesting.trial import Trial
from reviewbot.bench import Bench
from reviewbot.core import attributes, backtests, configuration
from reviewbot.core.attributes import Attributes
from reviewbot.core.rulebooks import FOLDER, MOST_FILES, Layer
from reviewbot.errors import ConfigurationError, UsageError
from reviewbot.git.local import LocalRepository
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.single import rules
from reviewbot.texts import configuration_at

_WORKING = ""  # the commit that stands for the working tree


@dataclass(frozen=True, slots=True)
class Sides:
    """What is tried, and what people must be told of files that were left out."""

    trial: Trial
    notices: tuple[str, ...]


def base_of(repository: LocalRepository, named: str | None) -> str:
    """The commit that the change began at: the merge base with what was named, in a pipeline of GitLab the merge
    request's own, else with the default branch. Raises `UsageError`.
    """
    wanted = named or os.environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or repository.default_branch()
    try:
        return repository.merge_base(wanted, "HEAD")
    except UsageError as error:
        if named or "CI_MERGE_REQUEST_DIFF_BASE_SHA" not in os.environ:
            raise
        raise UsageError(
            f"The commit that this merge request began at is not here: {error.message}",
            mend='fetch the whole history in this job: GIT_DEPTH: "0"',
        ) from error


def sides(
    repository: LocalRepository, base: str, places: Sequence[Path], bench: Bench, policy: ReviewPolicy, *, all_: bool
) -> Sides:
    """The rules at commit `base` and those of the working tree; with `places` those of the base with these files' rules
    over them. Rule files that git does not know yet count, too. Raises `UsageError` for a place that is not there.
    """
    before = _book(repository, base, bench, policy)
    if places:
        found = rules.found(places)
        now = _book(repository, base, bench, policy)
        named = {rule.id for rule in found.rules}
        after = backtests.overlaid(before.rules, found.rules)
        changes = tuple(one for one in backtests.changes(before.rules, after, everything=True) if one.id in named)
    else:
        now = _book(repository, _WORKING, bench, policy)
        found = _unknown_to_git(repository)
        after = backtests.overlaid(now.rules, found.rules)
        changes = backtests.changes(before.rules, after, everything=all_)
    trial = Trial(changes, before.rules, after, now.policy, now.attributes)
    return Sides(trial, (*now.notices, *found.problems))


@dataclass(frozen=True, slots=True)
class _Book:
    rules: tuple[Rule, ...]
    policy: ReviewPolicy
    attributes: Attributes
    notices: tuple[str, ...]


def _book(repository: LocalRepository, sha: str, bench: Bench, policy: ReviewPolicy) -> _Book:
    """The rules that count at a commit, and the configuration. One with a mistake is told and left out."""
    files, told = configuration_at(repository, sha)
    try:
        policy = configuration.configure(policy, files)
    except ConfigurationError as error:
        told = (*told, f"{error}. The rules were tried without it.")
    book = rulebook.of_project(repository, sha, bench.shelf, policy)
    return _Book(book.rules, policy, attributes.parse(files.get(".gitattributes", "")), (*told, *book.notices))


def _unknown_to_git(repository: LocalRepository) -> Layer:
    """The rule files of the project that are not added yet: who has just written one wants to know what it does."""
    names = [name for name in repository.untracked() if name.startswith(f"{FOLDER}/") and name.endswith(".md")]
    files = [repository.root / name for name in names if name.lower() != f"{FOLDER}/readme.md"]
    plain = [file for file in files if file.is_file() and not file.is_symlink()]
    return rules.found(plain[:MOST_FILES]) if plain else Layer("project")
