"""What is tried on past merge requests: the rules of both sides of a change, and what counts beside them."""

from dataclasses import dataclass

from reviewbot.core.attributes import Attributes
from reviewbot.model.backtest import RuleChange
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: the changes, and all rules of both sides. `ask`: a model may be asked about rules in words."""

    changes: tuple[RuleChange, ...]
    before: tuple[Rule, ...]
    after: tuple[Rule, ...]
    policy: ReviewPolicy
    attributes: Attributes | None = None
    ask: bool = True

    @property
    def sides(self) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
        """The changed rules alone, as they were and as they will be."""
        old = tuple(rule for change in self.changes for rule in change.before)
        return old, tuple(rule for change in self.changes for rule in change.after)

    @property
    def others(self) -> tuple[Rule, ...]:
        """The rules with a pattern that stay as they are."""
        changed = {change.id for change in self.changes}
        return tuple(rule for rule in self.after if rule.id not in changed and rule.status != "draft")
