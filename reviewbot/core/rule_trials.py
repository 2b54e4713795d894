"""A rule's examples tried on the rule itself: what is `bad` must be found, what is `good` must be left alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reviewbot.core import patterns, rules
from reviewbot.model.diff import Change, FileDiff, Hunk, Line
from reviewbot.model.rule import Rule


@dataclass(frozen=True, slots=True)
class Trial:
    """One example, as a new file that the rule applies to. `number` counts from 1 among those of its `kind`."""

    rule: Rule
    kind: Literal["bad", "good"]
    number: int
    file: FileDiff
    text: str


def trials(rule: Rule) -> Iterator[Trial]:
    """All examples of a rule; none when no path can be made up that its globs take in."""
    path = rules.sample_path(rule)
    if path:
        kinds: tuple[tuple[Literal["bad", "good"], tuple[str, ...]], ...] = (("bad", rule.bad), ("good", rule.good))
        for kind, texts in kinds:
            for number, text in enumerate(texts, 1):
                yield Trial(rule, kind, number, added(path, text), text)


def added(path: str, text: str) -> FileDiff:
    """A new file with this text."""
    lines = tuple(Line("+", None, number, line) for number, line in enumerate(text.rstrip("\n").split("\n"), 1))
    return FileDiff(path, path, Change.ADDED, hunks=(Hunk(0, 0, 1, len(lines), "", lines),))


def problem(trial: Trial) -> str:
    """What a pattern does with the example that it should not; empty when all is well.

    Each is tried as a whole file and as a mere piece of one, as a diff may show it. A hit that the judge decides about
    may be in a good one.
    """
    found = _found(trial)
    if trial.kind == "good" and any(found) and not trial.rule.verify:
        return "the pattern finds something in it"
    if trial.kind == "bad" and not all(found):
        return "the pattern finds nothing in it" if not any(found) else "the pattern finds it in a whole file only"
    return ""


def found(trial: Trial) -> bool:
    """Whether the pattern finds something in the example, as a whole file or a piece of one."""
    return any(_found(trial))


def _found(trial: Trial) -> list[bool]:
    return [bool(patterns.scan(trial.file, [trial.rule], head)) for head in (trial.text, None)]
