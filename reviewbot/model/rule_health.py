"""What became of the comments of each rule, counted."""

from dataclasses import dataclass
from typing import Literal

Advice = Literal["promote", "keep", "tune", "mute", "too few"]
Trend = Literal["up", "down", "steady", ""]


@dataclass(frozen=True, slots=True)
class Tally:
    """`count` comments of one rule that share all these facts, which are those of `PostedComment`.

    `rule` None: no rule, told by `reviewer` (else empty). `before`: posted in the window before the one that is looked
    at. `gone_at` and `resolved_by` only say whether (not None). `last`: posted for the head that the merge request
    ended with. `up`, `down`: with a standing 👍 or 👎; `no`: with an answer that says no.
    """

    rule: str | None
    reviewer: str
    before: bool
    fate: str
    gone_at: float | None
    resolved_by: int | None
    state: str
    read_last: bool | None
    last: bool
    up: bool
    down: bool
    no: bool
    count: int


@dataclass(frozen=True, slots=True)
class Unsaid:
    """`count` findings of a rule in `merge_requests` that were left unsaid in the window, as a draft's or held back."""

    rule: str
    stage: Literal["shadow", "held_back"]
    count: int
    merge_requests: int


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """All that a table of rules is made of. `kinds`: rule -> how many kinds of its findings are held back now."""

    tallies: tuple[Tally, ...] = ()
    unsaid: tuple[Unsaid, ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Comments of one window. posted = addressed + dismissed + silent + unclear + no_chance.

    `incorrect` (answers that say no), `ups` and `downs` are of all that were posted. `valued`: those that were
    addressed, or are silent with 👍 and without 👎. `core.rule_health` defines the others.
    """

    addressed: int = 0
    dismissed: int = 0
    silent: int = 0
    unclear: int = 0
    no_chance: int = 0
    incorrect: int = 0
    ups: int = 0
    downs: int = 0
    valued: int = 0

    @property
    def posted(self) -> int:
        return self.addressed + self.dismissed + self.silent + self.unclear + self.no_chance

    @property
    def eligible(self) -> int:
        """Comments that had a chance and of which it is known what became of them: what rates are shares of."""
        return self.addressed + self.dismissed + self.silent

    @property
    def judged(self) -> int:
        """Comments of which people showed what they think: the precision proxy is a share of them."""
        return self.valued + self.dismissed


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` with Wilson's 95 % interval, all three from 0 to 1. `n` 0: nothing is known, `rate` is 0."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        return self.hits / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class RuleHealth:
    """One row of the table. `rule` None: what `reviewer` said without a rule. `why` is a sentence, may be empty.

    `shadowed` findings in `shadowed_in` merge requests are what the rule would have said as a draft; `held_back`
    findings were not told because people dismissed several of their kind, `held_kinds` kinds are held back now.
    """

    rule: str | None
    reviewer: str
    now: Counts
    before: Counts
    addressed: Share
    precision: Share
    advice: Advice
    why: str
    trend: Trend
    shadowed: int = 0
    shadowed_in: int = 0
    held_back: int = 0
    held_kinds: int = 0

    @property
    def name(self) -> str:
        """The rule's id, or who spoke without one, in parentheses."""
        if self.rule is not None:
            return self.rule
        return f"(no rule, {self.reviewer})" if self.reviewer else "(no rule)"
