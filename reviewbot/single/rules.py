"""Rule files of a folder on disk, as their owners work on them: checked, tried, and which of them reach a path."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reviewbot import guidance
from reviewbot.core import configuration, rulebooks
from reviewbot.core.frontmatter import LARGEST
from reviewbot.core.packs import Pack
from reviewbot.core.rulebooks import FOLDER, Layer
from reviewbot.errors import ConfigurationError, SourceUnavailable, UsageError
from reviewbot.git.local import LocalRepository
from reviewbot.inheriting import Inherited, left_out
from reviewbot.model.policy import ReviewPolicy
from reviewbot.settings import Settings
from reviewbot.single import elsewhere, rule_folders
from reviewbot.texts import configuration_at
from reviewbot.wiring.bench import shelf_of


def found(places: Sequence[Path]) -> Layer:
    """The rules of files and folders; without any of the project in the current folder. Raises `UsageError`."""
    read, problems = texts(places)
    layer, mistakes = rulebooks.tried("project", read)
    return replace(layer, problems=tuple(line for error in (*problems, *mistakes) for line in error.lines))


def texts(places: Sequence[Path]) -> tuple[list[tuple[str, str]], list[ConfigurationError]]:
    """(name, text) of the rule files at these places, and what is wrong with those that are no text."""
    read, problems = [], []
    for file in [file for place in places or [Path(FOLDER)] for file in _files(place)]:
        try:
            read.append((file.as_posix(), text(file)))
        except ConfigurationError as error:
            problems.append(error)
    return read, problems


def in_effect(
    settings: Settings, paths: Sequence[str] = (), project: str | None = None
) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """The layers of rules, far to near, in the repository that the current folder is in, and what is wrong with files
    of rules or with the configuration. What other tools are told counts as far as it can concern `paths`; groups and
    other projects are asked as a local review asks them (`elsewhere.giving`).

    Raises `ConfigurationError` for a file that cannot be read.
    """
    shelf = shelf_of(settings)
    here = top(Path.cwd())
    policy, wrong = _policy(here)
    given = _given(settings, here, policy, project)
    own = (_guidance(here, paths, policy), _project(here, policy), *rule_folders.within(here, paths))
    layers = shelf.under([*given.groups, *given.included, *own])
    problems = (*wrong, *(problem for one in layers for problem in one.problems), *given.told)
    return layers, (*problems, *shelf.strange(layers))


def _given(settings: Settings, top: Path, policy: ReviewPolicy, project: str | None) -> Inherited:
    repository = _repository(top)
    if repository is None:  # nobody's clone
        return left_out(policy.include_rules)
    with elsewhere.giving(settings, repository, project) as give:
        return give(policy.include_rules)


def _policy(top: Path) -> tuple[ReviewPolicy, tuple[str, ...]]:
    """By the files of the working tree; with a mistake in the configuration as if there was none, as in a review."""
    repository = _repository(top)
    try:
        files = configuration_at(repository, "")[0] if repository is not None else {}
    except SourceUnavailable:
        files = {}
    try:  # git may not know of the configuration yet
        return configuration.configure(ReviewPolicy(), {**files, **_configuration(top)}), ()
    except ConfigurationError as error:
        return ReviewPolicy(), error.lines


def _configuration(top: Path) -> Mapping[str, str]:
    return {name: text(top / name, name) for name in configured(top)}


def _guidance(top: Path, paths: Sequence[str], policy: ReviewPolicy) -> Layer:
    """Of what git tracks in the working tree; none where there is no git."""
    repository = _repository(top)
    return guidance.layer(repository, "", policy, paths) if repository is not None else Layer("guidance")


def _repository(top: Path) -> LocalRepository | None:
    """None where there is no git, or no repository."""
    try:
        return LocalRepository(top)
    except (UsageError, ConfigurationError, SourceUnavailable):
        return None


def packs(settings: Settings) -> tuple[list[tuple[Pack, tuple[str, ...]]], tuple[str, ...]]:
    """The shipped packs, each with the ids of its rules that are on here, and what is wrong with the configuration."""
    shelf = shelf_of(settings)
    here = top(Path.cwd())
    policy, wrong = _policy(here)
    own = _project(here, policy)
    layers = (shelf.instance, own)
    return [(pack, shelf.on(pack, layers)) for pack in shelf.packs], (*wrong, *own.problems, *shelf.strange(layers))


def top(folder: Path) -> Path:
    """The top of the repository that `folder` is in; `folder` itself where there is none."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def _project(top: Path, policy: ReviewPolicy) -> Layer:
    """The project's rules, and what its configuration says of others'."""
    own = rule_folders.own(top)
    return replace(own, disabled=(*policy.disabled_rules, *own.disabled), packs=policy.packs)


def configured(top: Path) -> tuple[str, ...]:
    """The configuration files that a repository has; the first of them counts."""
    return tuple(name for name in configuration.FILES if (top / name).is_file())


def _files(place: Path) -> list[Path]:
    if place.is_dir():  # what is in a repository may be a link to a device that never ends
        files = (file for file in place.rglob("*.md") if file.is_file())
        return sorted(file for file in files if file.name.lower() != "readme.md")
    if not place.exists():
        raise UsageError(f"{place} is not there", mend=f"write rules into {FOLDER}, or name a file or folder of rules")
    return [place]


def text(file: Path, name: str = "") -> str:
    """A file's text. `name` is what it is called in errors. Raises `ConfigurationError` for what is none."""
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST * 4 + 1)  # bytes of so many characters: a larger file is refused as too large
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}", mend="make it readable") from error
    return rulebooks.decoded(name or str(file), data)
