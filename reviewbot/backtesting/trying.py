"""One past merge request, read again by the rules of both sides of a change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from reviewbot import scanning
from reviewbot.asking.budget import Budget
from reviewbot.backtesting.trial import Trial
from reviewbot.backtesting.wording import Worded, Words, worded
from reviewbot.bench import Bench
from reviewbot.control import Control
from reviewbot.core import diffs, fingerprints, patterns, scopes, selection
from reviewbot.core.backtest_facts import Later, Spoken
from reviewbot.errors import ReviewbotError
from reviewbot.model.backtest import Past, Side, Tried, WouldBe
from reviewbot.model.diff import Change, Diff, FileDiff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.rule import Rule
from reviewbot.ports import Source
from reviewbot.texts import texts_at


def attempt(past: Past, source: Source, trial: Trial, bench: Bench, control: Control, budget: Budget) -> Tried:
    """Both sides of the trial on one past merge request. One that cannot be read costs itself only: that is told."""
    if past.problem:
        return Tried(past, problem=past.problem)
    try:
        return _attempt(past, source, trial, bench, control, budget)
    except ReviewbotError as error:
        return Tried(past, problem=error.message)


def _attempt(past: Past, source: Source, trial: Trial, bench: Bench, control: Control, budget: Budget) -> Tried:
    data = source.diff(past.base_sha, past.head_sha)
    if not data.strip():
        return Tried(past)
    diff = diffs.parse_git(data)
    files = selection.select(diff, trial.policy, trial.attributes).reviewed
    texts = _texts(files, past, source, trial)
    hits = [scanning.hits(files, rules, texts, bench.isolation, control) for rules in trial.sides]
    words = worded(past, diff, files, texts, source, trial, bench, control, budget)
    found = [fingerprints.stamp([*own, *said.findings], diff) for (own, _), said in zip(hits, words.sides, strict=True)]
    others = _others(chain(*found), files, trial, texts, bench, control)
    later = _later(past, source) if any(found) else None
    before, after = (_side(said, each, others, later) for said, each in zip(words.sides, found, strict=True))
    lines, changed = later.lines(files) if later is not None else (0, 0)
    cut = _cut([*hits[0][1], *hits[1][1]], words)
    return Tried(past, before, after, lines, changed, cut=cut, usage=words.usage, stopped=words.stopped)


def _texts(files: Sequence[FileDiff], past: Past, source: Source, trial: Trial) -> Mapping[str, str]:
    """Of the files for which a rule needs more than their changed lines."""
    old, new = trial.sides
    wanted = [
        file.path
        for file in files
        if file.change is not Change.DELETED
        and any(_needs_text(file, scopes.applicable(rules, file.path)) for rules in (old, new))
    ]
    return texts_at(source, past.head_sha, wanted) if wanted else {}


def _needs_text(file: FileDiff, rules: Sequence[Rule]) -> bool:
    return any(rule.pattern is None for rule in rules) or patterns.needs_tree(file, rules)


def _others(
    found: Iterable[Finding],
    files: Sequence[FileDiff],
    trial: Trial,
    texts: Mapping[str, str],
    bench: Bench,
    control: Control,
) -> Sequence[Finding]:
    """What the rules that stay as they are say in the files in which the changed ones say something."""
    paths = {finding.anchor.path for finding in found}
    there = [file for file in files if file.path in paths]
    return scanning.hits(there, trial.others, texts, bench.isolation, control)[0] if there else ()


def _later(past: Past, source: Source) -> Later | None:
    """What came after the version that the rules are tried on; None: it was the last one, or nobody knows."""
    if past.final_sha in {"", past.head_sha}:
        return None
    data = source.diff(past.head_sha, past.final_sha)
    return Later(diffs.parse_git(data) if data.strip() else Diff(()))


def _side(said: Worded, found: Sequence[Finding], others: Sequence[Finding], later: Later | None) -> Side:
    spoken = Spoken([*found, *others])
    return replace(said.side, comments=tuple(_would_be(finding, spoken, later) for finding in found))


def _would_be(finding: Finding, spoken: Spoken, later: Later | None) -> WouldBe:
    first, last = finding.anchor.lines
    path = finding.anchor.path
    known = later is not None and finding.anchor.side == "new"
    return WouldBe(
        rule=finding.rule or "",
        path=path,
        first=first,
        last=last,
        fingerprint=finding.fingerprint,
        later=later.changed(path, first, last) if known and later is not None else None,
        also=spoken.beside(finding),
    )


def _cut(too_hard: Sequence[Dropped], words: Words) -> tuple[str, ...]:
    told = [f"{drop.path}: {drop.reason}" for drop in too_hard]
    return tuple(dict.fromkeys((*told, *words.problems)))
