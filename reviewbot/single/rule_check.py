"""What `rules check` looks at: rule files on disk, and the configuration of the repository that they are in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from reviewbot.core import configuration, rule_warnings, rulebooks
from reviewbot.core.rulebooks import Layer
from reviewbot.errors import ConfigurationError, InvalidFile, Problem
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.settings import Settings
from reviewbot.single import rule_places, rules
from reviewbot.wiring.bench import shelf_of


@dataclass(frozen=True, slots=True)
class Checked:
    """`rules` are fine. `problems`: a line for each mistake in `wrong` files, `warnings` are about files that work."""

    rules: tuple[Rule, ...]
    problems: tuple[str, ...]
    wrong: int
    warnings: tuple[str, ...]


def checked(settings: Settings, places: Sequence[Path]) -> Checked:
    """Rule files, lists of rules that are switched off, and folders of them; without any those of the current folder
    and of all below it. And the configuration at the top of their repositories. Raises `UsageError` for a place that is
    not there.
    """
    tops = list(dict.fromkeys(rules.top(place.resolve()) for place in places or [Path.cwd()]))
    wanted = list(places) or rule_places.below(Path.cwd())
    lists = rule_places.lists(wanted)
    wanted = [place for place in wanted if place not in lists]
    alone = not wanted and (lists or rules.configured(tops[0]))
    texts, mistakes = ([], []) if alone else rules.texts(wanted)
    own: list[Rule] = []
    for _, some in groupby(sorted(texts, key=_folder), key=_folder):
        read, wrong = rulebooks.tried("project", some)
        own += read.rules
        mistakes += wrong
    mistakes += [error for file in lists for error in _disabled(file)]
    warnings = [_line(origin, warning) for origin, warning in rule_warnings.of_rules(own, dict(texts))]
    for top in tops:
        for one in _configuration(settings, top, own):
            if isinstance(one, str):
                warnings.append(one)
            else:
                mistakes.append(one)
    problems = [line for error in mistakes for line in error.lines]
    return Checked(tuple(own), tuple(problems), len(mistakes), tuple(warnings))


def _folder(named: tuple[str, str]) -> str:
    return rule_places.folder_of(named[0])


def _disabled(file: Path) -> Iterator[ConfigurationError]:
    """What is wrong with a list of rules that are switched off."""
    try:
        _, wrong = rulebooks.disabled_lines(rules.text(file, file.as_posix()))
    except ConfigurationError as error:
        yield error
        return
    if wrong:
        yield InvalidFile(file.as_posix(), wrong)


def _configuration(settings: Settings, top: Path, own: Sequence[Rule]) -> Iterator[str | ConfigurationError]:
    """Warnings, and what is wrong."""
    counts = ""
    for name in rules.configured(top):
        if counts:
            yield f"{name} is not read: there is {counts}"
            continue
        counts = name
        try:
            said = configuration.configure(ReviewPolicy(), {name: rules.text(top / name, name)})
        except ConfigurationError as error:
            yield error
            continue
        shelf = shelf_of(settings)
        known = [*shelf.ids, *(rule.id for rule in (*shelf.instance.rules, *own))]
        strange = configuration.strange_rules(said.disabled_rules, known, whole=False)  # groups have rules, too
        packs = shelf.strange([Layer("project", packs=said.packs)])
        yield from (f"{name}: {one}" for one in (*rule_warnings.of_configuration(said), *strange, *packs))


def _line(origin: str, warning: Problem) -> str:
    return f"{origin}:{warning.line or 1}: {warning.text} ({warning.mend})"
