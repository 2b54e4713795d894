"""Rule files of a folder on disk, as their owners work on them: checked, tried, and which of them reach a path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reviewbot.core import configuration, rule_trials, rulebooks, scopes
from reviewbot.core.frontmatter import LARGEST
from reviewbot.core.rulebooks import FOLDER, Layer
from reviewbot.core.tokens import Counter
from reviewbot.errors import ConfigurationError, UsageError
from reviewbot.model.rule import Rule
from reviewbot.wiring.bench import built_in_rules


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one example. `skipped`: nobody could try it, and why."""

    rule: Rule
    name: str
    problem: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Effective:
    """A rule that reaches a path. `instead_of`: the layer whose rule of the same id it replaces, if any."""

    rule: Rule
    instead_of: str
    tokens: int


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


def effective(path: str) -> tuple[list[Effective], tuple[str, ...]]:
    """The rules that reach `path` of the repository in this folder, in their order, and what is wrong with others."""
    shipped = built_in_rules()
    own = found([]) if Path(FOLDER).is_dir() else Layer("project")
    own = replace(own, disabled=_disabled())
    far = {rule.id: rule.layer for rule in shipped}
    near = {rule.id for rule in own.rules}
    count = Counter().count
    reached = scopes.applicable(rulebooks.combine([Layer("built-in", shipped), own]), path)
    return [
        Effective(rule, far.get(rule.id, "") if rule.id in near else "", count(f"{rule.id} {rule.title}\n{rule.body}"))
        for rule in reached
    ], own.problems


def _disabled() -> tuple[str, ...]:
    from reviewbot.model.policy import ReviewPolicy

    texts = {name: _text(Path(name)) for name in configuration.FILES if Path(name).is_file()}
    return configuration.configure(ReviewPolicy(), texts).disabled_rules


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
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{file}:{line}: no UTF-8 text", mend="save the file as UTF-8") from error
