"""What `rules test` does: every example of every rule is tried, with a model where only a model can tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reviewbot.bench import Progress
from reviewbot.control import Control
from reviewbot.core import rule_trials
from reviewbot.core.rule_trials import Trial
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule
from reviewbot.settings import Settings
from reviewbot.wiring.bench import budget_of, shelf_of

UNASKED = "a rule in words: only a model could tell"
_UNJUDGED = "the judge decides about its hits: only a model could tell"


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one example. `skipped`: nobody could try it, and why."""

    rule: Rule
    name: str
    problem: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`usage` is None where no model was asked."""

    tried: tuple[Tried, ...]
    usage: Usage | None = None


def built_in(settings: Settings) -> tuple[Rule, ...]:
    """All shipped rules, on or not."""
    shelf = shelf_of(settings)
    return tuple(shelf.read(pack.name, name) for pack in shelf.packs for name in pack.ids)


def try_all(
    settings: Settings, rules: Sequence[Rule], *, model: bool, max_cost: float | None, tell: Progress
) -> Outcome:
    """Every example of every rule, in their order. `model` False: what only a model can tell is skipped.

    `max_cost` in US dollars, None: as for a review. Answers are kept, so that what has not changed costs nothing.
    """
    made = [one for rule in rules for one in _tried(rule)]
    waiting = [(at, trial) for at, (_, trial) in enumerate(made) if trial is not None]
    tried = [one for one, _ in made]
    if not (model and settings.model_configured and waiting):
        return Outcome(tuple(tried))
    from reviewbot import trying
    from reviewbot.single.local import bench_and_price

    bench, price = bench_and_price(settings)
    limited = settings if max_cost is None else settings.model_copy(update={"max_cost_per_review": max_cost})
    budget = budget_of(limited, price, 0.0)
    answered = trying.ask([trial for _, trial in waiting], bench, Control(settings.review_seconds), budget, tell)
    for (at, _), told in zip(waiting, answered.told, strict=True):
        tried[at] = replace(tried[at], problem=told.problem, skipped=told.skipped)
    return Outcome(tuple(tried), answered.usage)


def _tried(rule: Rule) -> Iterator[tuple[Tried, Trial | None]]:
    """What patterns alone tell; with the trial where a model has the last word. A rule without examples is told."""
    made = list(rule_trials.trials(rule))
    if not made:
        why = "no path fits its globs" if rule.bad or rule.good else "it has no examples"
        yield Tried(rule, "examples", skipped=why), None
    for one in made:
        name = f"{one.kind} {one.number}"
        if rule.pattern is None:
            yield Tried(rule, name, skipped=UNASKED), one
        elif problem := rule_trials.problem(one):
            yield Tried(rule, name, problem=problem), None
        elif rule.verify and rule_trials.found(one):
            yield Tried(rule, name, skipped=_UNJUDGED), one
        else:
            yield Tried(rule, name), None
