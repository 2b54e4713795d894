"""The rules of the repository of the current folder before and after a change of them."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reviewbot.backtesting.sides import Sides, book
from reviewbot.backtesting.trial import Trial
from reviewbot.core import backtests
from reviewbot.core.packs import Shelf
from reviewbot.core.rulebooks import FOLDER, MOST_FILES, Layer
from reviewbot.errors import UsageError
from reviewbot.git.local import LocalRepository
from reviewbot.inheriting import Give
from reviewbot.model.policy import ReviewPolicy
from reviewbot.single import rules

_WORKING = ""  # the commit that stands for the working tree


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
    repository: LocalRepository,
    base: str,
    places: Sequence[Path],
    shelf: Shelf,
    policy: ReviewPolicy,
    give: Give,
    *,
    all_: bool,
) -> Sides:
    """The rules at commit `base` and those of the working tree; with `places` those of the base with these files' rules
    over them. Rule files that git does not know yet count, too, and what `give` says comes from elsewhere.

    Raises `UsageError` for a place that is not there.
    """
    before = book(repository, base, shelf, policy, give)
    if places:
        now, found = before, _scoped(rules.found(places), repository.root)
        named = {rule.id for rule in found.rules}
        after = backtests.overlaid(before.rules, found.rules)
        changes = tuple(one for one in backtests.changes(before.rules, after, everything=True) if one.id in named)
    else:
        now = book(repository, _WORKING, shelf, policy, give)
        found = _scoped(_unknown_to_git(repository), repository.root)
        after = backtests.overlaid(now.rules, found.rules)
        changes = backtests.changes(before.rules, after, everything=all_)
    trial = Trial(changes, before.rules, after, now.policy, now.attributes)
    return Sides(trial, (*now.notices, *found.problems))


def _unknown_to_git(repository: LocalRepository) -> Layer:
    """The rule files that are not added yet: who has just written one wants to know what it does."""
    named = [name for name in repository.untracked() if f"/{FOLDER}/" in f"/{name}" and name.endswith(".md")]
    files = [repository.root / name for name in named if not name.lower().endswith("/readme.md")]
    plain = [file for file in files if file.is_file() and not file.is_symlink()]
    return rules.found(plain[:MOST_FILES]) if plain else Layer("project")


def _scoped(found: Layer, root: Path) -> Layer:
    """Rules of a folder of the repository reach its files alone, wherever they are named from."""
    return replace(found, rules=tuple(replace(rule, folder=_folder(rule.origin, root)) for rule in found.rules))


def _folder(origin: str, root: Path) -> str:
    file = Path(origin).resolve()
    if not file.is_relative_to(root.resolve()):
        return ""
    place = file.relative_to(root.resolve()).as_posix()
    return f"/{place}".partition(f"/{FOLDER}/")[0].lstrip("/") if f"/{FOLDER}/" in f"/{place}" else ""
