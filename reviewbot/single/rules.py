"""Rule files of a folder on disk, as their owners work on them: checked, tried, and which of them reach a path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reviewbot import guidance
from reviewbot.core import configuration, rule_trials, rulebooks
from reviewbot.core.frontmatter import LARGEST
from reviewbot.core.packs import Pack
from reviewbot.core.rulebooks import FOLDER, Layer
from reviewbot.errors import ConfigurationError, SourceUnavailable, UsageError
from reviewbot.git.local import LocalRepository
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.settings import Settings
from reviewbot.wiring.bench import shelf_of


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one example. `skipped`: nobody could try it, and why."""

    rule: Rule
    name: str
    problem: str = ""
    skipped: str = ""


def found(places: Sequence[Path]) -> Layer:
    """The rules of files and folders; without any of the project in the current folder. Raises `UsageError`."""
    files = [file for place in places or [Path(FOLDER)] for file in _files(place)]
    texts, problems = [], []
    for file in files:
        try:
            texts.append((file.as_posix(), _text(file)))
        except ConfigurationError as error:
            problems.append(str(error))
    read = rulebooks.layer("project", texts)
    return replace(read, problems=(*problems, *read.problems))


def tried(rules: Sequence[Rule]) -> Iterator[Tried]:
    """Every example of every rule, in their order; a rule that has none is told, too."""
    for rule in rules:
        made = list(rule_trials.trials(rule))
        if not made:
            why = "no path fits its globs" if rule.bad or rule.good else "it has no examples"
            yield Tried(rule, "examples", skipped=why)
        for one in made:
            name = f"{one.kind} {one.number}"
            if rule.pattern is None:
                yield Tried(rule, name, skipped="a rule in words: only a model could tell")
            else:
                yield Tried(rule, name, problem=rule_trials.problem(one))


def in_effect(settings: Settings, paths: Sequence[str] = ()) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """The layers of rules, far to near, in the repository that the current folder is in, and what is wrong with files
    of rules or with the configuration. What other tools are told counts as far as it can concern `paths`.

    Raises `ConfigurationError` for a file that cannot be read.
    """
    shelf = shelf_of(settings)
    top = _top(Path.cwd())
    others, own = _guidance(top, paths), _project(top)
    layers = shelf.under([others, own])
    return layers, (*shelf.instance.problems, *others.problems, *own.problems, *shelf.strange(layers))


def _guidance(top: Path, paths: Sequence[str]) -> Layer:
    """Of what git tracks in the working tree; none where there is no git, or the configuration is wrong."""
    try:
        repository = LocalRepository(top)
        texts = repository.read("", (*configuration.FILES, *configuration.GUIDANCE))
        policy = configuration.configure(
            ReviewPolicy(), {path: data.decode(errors="replace") for path, data in texts.items()}
        )
    except (UsageError, ConfigurationError, SourceUnavailable):
        return Layer("guidance")
    return guidance.layer(repository, "", policy, paths)


def packs(settings: Settings) -> tuple[list[tuple[Pack, tuple[str, ...]]], tuple[str, ...]]:
    """The shipped packs, each with the ids of its rules that are on here, and what is wrong with the configuration."""
    shelf = shelf_of(settings)
    own = _project(_top(Path.cwd()))
    layers = (shelf.instance, own)
    return [(pack, shelf.on(pack, layers)) for pack in shelf.packs], (*own.problems, *shelf.strange(layers))


def _top(folder: Path) -> Path:
    """The top of the repository that `folder` is in; `folder` itself where there is none."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def _project(top: Path) -> Layer:
    """The project's rules, and what its configuration says of others'."""
    folder = top / FOLDER
    files = _files(folder) if folder.is_dir() else []
    own = rulebooks.layer("project", ((file.relative_to(top).as_posix(), _text(file)) for file in files))
    try:
        said = _configured(top)
    except ConfigurationError as error:
        return replace(own, problems=(str(error), *own.problems))
    return replace(own, disabled=said.disabled_rules, packs=said.packs)


def _configured(top: Path) -> ReviewPolicy:
    texts = {name: _text(top / name) for name in configuration.FILES if (top / name).is_file()}
    return configuration.configure(ReviewPolicy(), texts)


def _files(place: Path) -> list[Path]:
    if place.is_dir():  # what is in a repository may be a link to a device that never ends
        files = (file for file in place.rglob("*.md") if file.is_file())
        return sorted(file for file in files if file.name.lower() != "readme.md")
    if not place.exists():
        raise UsageError(f"{place} is not there", mend=f"name rule files or a folder; without any it is {FOLDER}")
    return [place]


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST * 4 + 1)  # bytes of so many characters: a larger file is refused as too large
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}", mend="make it readable") from error
    return rulebooks.decoded(str(file), data)
