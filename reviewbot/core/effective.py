"""Which rules reach a path, from which layer each comes, what it replaces, and what it costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewbot.core import rule_share, rulebooks, scopes
from reviewbot.core.rulebooks import Layer
from reviewbot.model.rule import Rule


@dataclass(frozen=True, slots=True)
class Effective:
    """A rule that reaches a path. `instead_of`: the name of the nearest farther layer that has a rule of its id for
    that path, empty where there is none. `tokens` of a prompt that its words take; 0 for a pattern, which is in none.
    """

    rule: Rule
    instead_of: str
    tokens: int


def effective(layers: Sequence[Layer], path: str, count: Callable[[str], int]) -> tuple[Effective, ...]:
    """The rules of `layers` (far to near) that reach `path`, in the order of a prompt. `count`: tokens of a text."""
    reaching = [one for one in layers if not one.folder or path.startswith(f"{one.folder}/")]
    reached = scopes.applicable(rulebooks.combine(reaching), path)
    return tuple(
        Effective(rule, _replaced(rule, reaching), 0 if rule.pattern else rule_share.cost(rule, count))
        for rule in reached
    )


def _replaced(rule: Rule, layers: Sequence[Layer]) -> str:
    nearest = reversed(list(enumerate(layers)))  # the same include may come in twice
    mine = next((index for index, one in nearest if any(each is rule for each in one.rules)), 0)
    farther = reversed(layers[:mine])
    return next((one.name for one in farther if any(each.id == rule.id for each in one.rules)), "")
