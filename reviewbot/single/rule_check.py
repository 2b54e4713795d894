"""What `rules check` looks at: rule files on disk, and the configuration of the repository that they are in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewbot.core import configuration, rule_warnings, rulebooks
from reviewbot.core.rulebooks import FOLDER, Layer
from reviewbot.errors import ConfigurationError, InvalidFile, Problem
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.settings import Settings
from reviewbot.single import rules
from reviewbot.wiring.bench import shelf_of


@dataclass(frozen=True, slots=True)
class Checked:
    """`rules` are fine. `problems`: a line for each mistake in `wrong` files, `warnings` are about files that work."""

    rules: tuple[Rule, ...]
    problems: tuple[str, ...]
    wrong: int
    warnings: tuple[str, ...]


def checked(settings: Settings, places: Sequence[Path]) -> Checked:
    """Rule files and folders, without any those of the current folder, and the configuration at the top of their
    repositories. Raises `UsageError` for a place that is not there.
    """
    tops = list(dict.fromkeys(rules.top(place.resolve()) for place in places or [Path.cwd()]))
    alone = not places and not Path(FOLDER).exists() and rules.configured(tops[0])
    texts, unread = ([], []) if alone else rules.texts(places)
    read, mistakes = rulebooks.tried("project", texts)
    mistakes = [*unread, *mistakes]
    warnings = [_line(origin, warning) for origin, warning in rule_warnings.of_rules(read.rules, dict(texts))]
    for top in tops:
        for one in _configuration(settings, top, read.rules):
            if isinstance(one, str):
                warnings.append(one)
            else:
                mistakes.append(one)
    problems = [line for error in mistakes for line in _lines(error)]
    return Checked(read.rules, tuple(problems), len(mistakes), tuple(warnings))


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


def _lines(error: ConfigurationError) -> tuple[str, ...]:
    return error.lines if isinstance(error, InvalidFile) else (str(error),)


def _line(origin: str, warning: Problem) -> str:
    return f"{origin}:{warning.line or 1}: {warning.text} ({warning.mend})"
