"""Rules in words on a past merge request: which prompts they change, what those cost, and what a model answers."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewbot import assigning
from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question, Reply
from reviewbot.assigning import Asked
from reviewbot.backtesting.trial import Trial
from reviewbot.bench import Bench, Material, equip
from reviewbot.control import Control
from reviewbot.core import anchors, answers, risk, scopes
from reviewbot.core.prompts import About
from reviewbot.errors import BudgetExceeded, ReviewbotError
from reviewbot.model.backtest import Past, Side
from reviewbot.model.chunk import Chunk
from reviewbot.model.diff import Diff, FileDiff
from reviewbot.model.finding import Finding
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule
from reviewbot.ports import Source, Tree

_Questions = Sequence[Question[answers.Parsed]]
_Name = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Worded:
    """What one side's rules in words do: the counts of the side, and what the model found by the changed ones."""

    side: Side = field(default_factory=Side)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Both sides. `problems` tell of answers that did not come; `stopped`: why no more were asked for, of want of money
    or of a model.
    """

    sides: tuple[Worded, Worded] = (Worded(), Worded())
    usage: Usage = field(default_factory=Usage)
    problems: tuple[str, ...] = ()
    stopped: str = ""


def worded(
    past: Past,
    diff: Diff,
    files: Sequence[FileDiff],
    texts: Mapping[str, str],
    source: Source,
    trial: Trial,
    bench: Bench,
    control: Control,
    budget: Budget,
) -> Words:
    """Both sides of the trial. Only those reviewers are asked that mind rules, only where the change of rules changes
    their prompt, and only about the side whose rules could say something there. Raises as `control` does.
    """
    old, new = (tuple(rule for rule in rules if rule.pattern is None) for rules in trial.sides)
    if not any(scopes.applicable((*old, *new), file.path) for file in files):
        return Words()
    tier = risk.tier(files, trial.policy)
    bench = bench.of(tier)
    if bench.price is not None:
        budget.priced(bench.price)
    about = _about(past, diff, trial)
    toolbox = equip(Tree(source, past.head_sha), tier, trial.policy, bench, control)
    made = [
        Material(
            files, texts, tuple(rule for rule in rules if rule.pattern is None), about, trial.policy, tier, toolbox
        )
        for rules in (trial.before, trial.after)
    ]
    chunks = [chunk for chunk in assigning.chunks_of(made[0], bench) if _applying((*old, *new), chunk)]
    control.check()
    questions = [list(assigning.questions(material, bench, chunks)) for material in made]
    wanted = _wanted(questions, (old, new))
    index = anchors.Index(diff)
    sides, usage, problems = [], Usage(), []
    stopped = "No model is configured" if trial.ask and bench.asker is None else ""
    for asked, every, rules in zip(wanted, questions, (old, new), strict=True):
        replies = _asked(asked, bench, control, budget) if trial.ask else None
        sides.append(_side(asked, every, replies, rules, index, bench))
        usage = sum((reply.usage for reply in replies or ()), usage)
        errors = [reply.error for reply in replies or () if reply.error is not None]
        problems += [f"the model did not answer: {error.message}" for error in errors if not _spent(error)]
        stopped = next((error.message for error in errors if _spent(error)), stopped)
    return Words((sides[0], sides[1]), usage, tuple(dict.fromkeys(problems)), stopped)


def _about(past: Past, diff: Diff, trial: Trial) -> About:
    """As a review of it tells: so the answers that were kept then serve now."""
    return About(
        title=past.title,
        description=past.description,
        author=past.author,
        source_branch=past.source_branch,
        target_branch=past.target_branch,
        labels=past.labels,
        files=[(file.path, file.change.value, file.added, file.removed) for file in diff.files],
        guidance=trial.policy.guidance,
        language=trial.policy.language,
    )


def _applying(rules: Sequence[Rule], chunk: Chunk) -> dict[str, Rule]:
    return {rule.id: rule for path in chunk.paths for rule in scopes.applicable(rules, path)}


def _subject(question: Question[answers.Parsed]) -> Asked:
    asked = question.subject
    if not isinstance(asked, Asked):
        raise TypeError(f"a reviewer's question was expected: {asked}")
    return asked


def _name(question: Question[answers.Parsed]) -> _Name:
    asked = _subject(question)
    return asked.turn, asked.number, asked.reviewer.id


def _wanted(
    questions: Sequence[_Questions], rules: tuple[Sequence[Rule], Sequence[Rule]]
) -> tuple[_Questions, _Questions]:
    """Of each side the questions to those who mind rules, where the other side asks something else."""
    messages = [{_name(one): one.prompt.messages for one in side} for side in questions]
    found = []
    for mine, other, own in zip(questions, reversed(messages), rules, strict=True):
        minded = [one for one in _minding(mine) if other.get(_name(one)) != one.prompt.messages]
        found.append([one for one in minded if _applying(own, _subject(one).chunk)])
    return found[0], found[1]


def _minding(questions: _Questions) -> _Questions:
    """Those to the reviewers of each chunk who are told to mind the rules: the ones for that, else the first."""
    by_chunk: dict[tuple[int, int], list[Question[answers.Parsed]]] = {}
    for question in questions:
        by_chunk.setdefault(_name(question)[:2], []).append(question)
    found: list[Question[answers.Parsed]] = []
    for group in by_chunk.values():
        found += [one for one in group if _subject(one).reviewer.needs == "rules"] or group[:1]
    return found


def _asked(
    questions: _Questions, bench: Bench, control: Control, budget: Budget
) -> Sequence[Reply[answers.Parsed]] | None:
    if bench.asker is None or not questions:
        return None
    return bench.asker.ask_all(questions, bench.requests_at_once, control, budget)


def _side(
    wanted: _Questions,
    every: _Questions,
    replies: Sequence[Reply[answers.Parsed]] | None,
    rules: Sequence[Rule],
    index: anchors.Index,
    bench: Bench,
) -> Worded:
    side = Side(tokens=_tokens(every, rules, bench))
    if replies is None:
        return Worded(_unasked(side, wanted, rules, bench))
    open_ones = [reply.question for reply in replies if reply.value is None]
    kept = sum(reply.kept for reply in replies)
    side = replace(_unasked(side, open_ones, rules, bench), asked=len(replies) - len(open_ones), kept=kept)
    names = {rule.id for rule in rules if rule.status != "off"}
    return Worded(side, tuple(one for reply in replies for one in _findings(reply, names, index)))


def _unasked(side: Side, questions: _Questions, rules: Sequence[Rule], bench: Bench) -> Side:
    tokens = sum(bench.counter.count(text) for question in questions for text in question.prompt.texts())
    silent = Counter(name for question in questions for name in _applying(rules, _subject(question).chunk))
    return replace(side, unasked=len(questions), unasked_tokens=tokens, silent=dict(silent))


def _tokens(questions: _Questions, rules: Sequence[Rule], bench: Bench) -> dict[str, int]:
    """By rule, what its words take of all prompts of one review."""
    found: dict[str, int] = {}
    for question in questions:
        asked = _subject(question)
        for name, rule in _applying(rules, asked.chunk).items():
            if name not in asked.untold:
                found[name] = found.get(name, 0) + bench.counter.count(f"{rule.id} {rule.title}\n{rule.body}")
    return found


def _findings(reply: Reply[answers.Parsed], names: Collection[str], index: anchors.Index) -> list[Finding]:
    if reply.value is None:
        return []
    anchored = [index.anchor(entry, _subject(reply.question).chunk.paths) for entry in reply.value[0]]
    return [one for one in anchored if isinstance(one, Finding) and one.rule in names]


def _spent(error: ReviewbotError) -> bool:
    return isinstance(error, BudgetExceeded)
