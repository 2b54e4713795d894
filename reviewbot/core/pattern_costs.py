"""What the regular expressions of other people may cost on a file: RE2 is linear, but in text times expression."""

from collections.abc import Sequence
from functools import lru_cache

import re2

from reviewbot.core.packs import BUILT_IN
from reviewbot.core.rules import MOST_STEPS
from reviewbot.model.diff import FileDiff
from reviewbot.model.rule import Rule

MOST = 100_000_000
"""RE2's instructions times characters that are matched where nothing can end it: about three seconds at worst."""


def costly(file: FileDiff, rules: Sequence[Rule]) -> bool:
    """Whether the rules' expressions may take long on the added lines. Shipped ones are known not to."""
    size = _size(file)
    if size * len(rules) * MOST_STEPS <= MOST:  # whatever they are
        return False
    return size * sum(_steps(regex) for regex in _regexes(rules)) > MOST


def affordable(file: FileDiff, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules without those whose expressions would make the file `costly`, the largest first."""
    left = MOST // max(1, _size(file))
    kept = set[str]()
    for regex in sorted(_regexes(rules), key=_steps):
        left -= _steps(regex)
        if left >= 0:
            kept.add(regex)
    return tuple(rule for rule in rules if (named := _regex(rule)) is None or named in kept)


def _size(file: FileDiff) -> int:
    return sum(len(line.text) for line in file.lines() if line.sign == "+")


def _regexes(rules: Sequence[Rule]) -> set[str]:
    return {regex for rule in rules if (regex := _regex(rule)) is not None}


def _regex(rule: Rule) -> str | None:
    """The expression that counts here."""
    return rule.pattern.regex if rule.pattern is not None and rule.layer != BUILT_IN else None


@lru_cache(maxsize=4096)
def _steps(regex: str) -> int:
    size: int = re2.compile(regex).programsize
    return size
