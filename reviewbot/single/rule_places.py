"""Where `rules check` finds rules, when nobody says where: in the current folder, and in those below it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from reviewbot import rulefiles
from reviewbot.core.rulebooks import DISABLED, FOLDER
from reviewbot.errors import ConfigurationError, SourceUnavailable, UsageError
from reviewbot.git.local import LocalRepository


def below(here: Path) -> list[Path]:
    """The folders of rules in `here` and below it, relative to it; below as far as git knows them or would take them.

    None where there are none.
    """
    found = {FOLDER: None} if (here / FOLDER).is_dir() else {}
    try:
        repository = LocalRepository(here)
        paths: Iterable[str] = (*rulefiles.telling(repository, ""), *repository.untracked())
    except (UsageError, ConfigurationError, SourceUnavailable):
        paths = ()  # nobody's clone
    for path in sorted(paths):
        file = repository.root / path
        before, counts, _ = f"/{path}".rpartition(f"/{FOLDER}/")
        if counts and file.is_relative_to(here):
            found[(repository.root / before[1:] / FOLDER).relative_to(here).as_posix()] = None
    return [Path(place) for place in found if (here / place).is_dir()]


def lists(places: Sequence[Path]) -> list[Path]:
    """The lists of rules that are switched off at these files and folders."""
    asked = [place / DISABLED if place.is_dir() else place for place in places]
    return [file for file in asked if file.name == DISABLED and file.is_file()]


def folder_of(path: str) -> str:
    """The folder whose rules a rule file is one of; of a file elsewhere "": ids must differ in each folder alone."""
    return f"/{path}".rpartition(f"/{FOLDER}/")[0]
