"""Examples of rules on which a model has the last word, asked as a review would: the rule in words with the example as
an added file, and hits of patterns that the judge decides about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reviewbot import assigning, verifying
from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question, Reply
from reviewbot.bench import Bench, Material, Progress
from reviewbot.control import Control
from reviewbot.core import anchors, fingerprints, patterns, verification
from reviewbot.core.prompts import About
from reviewbot.core.rule_trials import Trial
from reviewbot.core.verification import Checked
from reviewbot.errors import BudgetExceeded
from reviewbot.model.chunk import Tier
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Finding
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage

REVIEWER = "compliance"
"""Who minds the rules in a review of full depth."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one example. `problem`: what should not be; `skipped`: it was not asked about, and why."""

    problem: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """One `Told` for each trial, in their order."""

    told: tuple[Told, ...]
    usage: Usage


def asked_about(trial: Trial) -> bool:
    """Whether only a model can tell what becomes of the example."""
    return trial.rule.pattern is None or (trial.rule.verify and bool(_hits(trial)))


def ask(trials: Sequence[Trial], bench: Bench, control: Control, budget: Budget, progress: Progress) -> Answered:
    """Ask the model of full reviews about all trials, each in a request of its own; `asked_about` holds for each.

    Raises only what `control` raises. Without a model nothing is asked.
    """
    bench = bench.of(Tier.FULL)
    if bench.asker is None or not trials:
        return Answered((Told(skipped="no model is configured"),) * len(trials), Usage())
    if bench.price is not None:
        budget.priced(bench.price)
    progress("examples", 0, len(trials))
    replies = bench.asker.ask_all(
        (_question(trial, bench) for trial in trials),
        lane_limit=bench.requests_at_once,
        control=control,
        budget=budget,
        progress=lambda done, total: progress("examples", done, len(trials)),
    )
    told = tuple(_told(trial, reply) for trial, reply in zip(trials, replies, strict=True))
    return Answered(told, sum((reply.usage for reply in replies), Usage()))


def _question(trial: Trial, bench: Bench) -> Question[Any]:
    """An example that does not fit into one request is not cut: its other half would be another example."""
    material = _material(trial)
    if trial.rule.pattern is None:
        question: Question[Any] = next(assigning.questions(material, bench))
    else:
        candidates = verifying.candidates(_hits(trial), _diff(trial), material)
        question = verifying.questions(candidates, material, bench)[0]
    return replace(question, split=tuple)


def _material(trial: Trial) -> Material:
    file = trial.file
    policy = ReviewPolicy(reviewers=(REVIEWER,), context=False, tools=False, walkthrough=False, tickets=False)
    about = About(files=[(file.path, file.change.value, file.added, file.removed)])
    return Material([file], {file.path: trial.text}, (trial.rule,), about, policy, Tier.FULL)


def _diff(trial: Trial) -> Diff:
    return Diff((trial.file,))


def _hits(trial: Trial) -> Sequence[Finding]:
    found = patterns.scan(trial.file, [trial.rule], trial.text)[: verification.TOGETHER]
    return fingerprints.stamp(found, _diff(trial))


def _told(trial: Trial, reply: Reply[Any]) -> Told:
    if isinstance(reply.error, BudgetExceeded):
        return Told(skipped=reply.problem)
    if reply.value is None:
        return Told(problem=f"the model gave no answer: {reply.problem}")
    found = _said(trial, reply.value) if trial.rule.pattern is None else _confirmed(reply.value)
    if trial.kind == "good" and found:
        return Told(problem=f"{_who(trial)} finds something in it: {found}")
    if trial.kind == "bad" and not found:
        return Told(problem=f"{_who(trial)} finds nothing in it")
    return Told()


def _who(trial: Trial) -> str:
    return "the model" if trial.rule.pattern is None else "the judge"


def _said(trial: Trial, answer: Any) -> str:
    """The title of the first finding on a line of the example that names the rule."""
    index = anchors.Index(_diff(trial))
    placed = (index.anchor(raw, [trial.file.path]) for raw in answer[0])
    return next((one.title for one in placed if isinstance(one, Finding) and one.rule == trial.rule.id), "")


def _confirmed(verdicts: Mapping[str, Checked]) -> str:
    return next((one.reason or "confirmed" for one in verdicts.values() if one.verdict == "confirmed"), "")
