"""Steps 4 to 12 of a run: a parsed diff in, everything a review knows about it out. Nothing is posted from here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from reviewbot import following, mending, rulechecks, scanning, verifying, walkthrough
from reviewbot.ahead import Ahead
from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question
from reviewbot.bench import Bench, Material, Progress, equip
from reviewbot.beside import Coming
from reviewbot.control import Control
from reviewbot.core import (
    coverage,
    digests,
    fingerprints,
    judging,
    linter_reports,
    news,
    risk,
    selection,
    suggestions,
    tickets,
    tracing,
    verdicts,
)
from reviewbot.core.attributes import Attributes
from reviewbot.core.forces import Force
from reviewbot.core.prompts import About
from reviewbot.core.rule_reports import Reports
from reviewbot.core.tracing import Trace
from reviewbot.following import Followed, Memory, Sight
from reviewbot.model.chunk import FileCoverage, Selection, Tier
from reviewbot.model.diff import Change, Diff, FileDiff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.outcome import Examination, ReviewedVersion
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.model.ticket import Unmet
from reviewbot.ports import Tree
from reviewbot.reading import Reading, read

NO_MODEL = "No model is configured: only the pattern rules were run, nobody read the change as a whole."
"""Said aloud wherever a review without a model is shown."""
_MOST_CONSULTED = 100  # places beside the diff that are told

_Hits = tuple[tuple[list[Finding], list[Dropped]], Reports]
Texts = Callable[[Sequence[str]], Mapping[str, str]]
"""Texts of the files of the new side, by path; those that do not exist or are no text are left out."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined. `memory`: the last reviewed version, of which nothing is read again, and what people said.

    `rules`: those that count here, as `rulebook` gives them; None: all of the instance. `known`: the ids
    of all that there are; empty: some may be missing. `tickets` are the references of those in `about`.
    """

    diff: Diff
    about: About
    policy: ReviewPolicy
    read: Texts
    attributes: Attributes | None = None
    memory: Memory = field(default_factory=Memory)
    notices: tuple[str, ...] = ()
    linted: tuple[linter_reports.Issue, ...] = ()
    tickets: tuple[str, ...] = ()
    tree: Tree | None = None
    rules: tuple[Rule, ...] | None = None
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """The examination, and what publishing and remembering need beside it. `version` lacks the head's SHA yet."""

    examination: Examination
    suggestions: Mapping[str, suggestions.Suggestion]
    version: ReviewedVersion


@dataclass(frozen=True, slots=True)
class _Task:
    """What there is to do: the files that are selected, what of them is new, how deep it goes, by which rules."""

    chosen: Selection
    trace: Trace
    new: news.News
    tier: Tier
    rules: tuple[Rule, ...]

    @property
    def force(self) -> Force:
        return Force(self.rules)


@dataclass(frozen=True, slots=True)
class _Matched:
    """What is known when the rules have been tried: what they found, what no parser got through, and what is left."""

    parts: tuple[Sequence[Finding], Sequence[Dropped], Material, Sight]
    ahead: Ahead
    reports: Reports


def examine(
    subject: Subject, bench: Bench, control: Control, budget: Budget, progress: Progress | None = None
) -> Examined:
    """Select, match the rules, ask the model, judge. Raises only what `control` raises besides programming errors."""
    tell = progress or (lambda step, done, total: None)
    task = _task(subject, bench)
    bench = bench.of(task.tier)
    if bench.price is not None:
        budget.priced(bench.price)
    control.check()
    tell("rules", 0, 1)
    with ThreadPoolExecutor(2, "beside") as beside:
        texts = beside.submit(_texts, subject, task)
        material = _material(subject, task, bench, control, Coming(texts))
        hits = partial(_hits, subject, task, material, bench, control)
        begun = cache(lambda: beside.submit(hits))  # when all are asked: what their questions wait for goes first
        matched = cache(lambda: _matched(subject, task, material, bench, begun().result()))

        def judge(island: int, islands: int, findings: Sequence[Finding]) -> Sequence[Question[Any]]:
            return matched().ahead.questions(island, islands, findings)

        aside = walkthrough.questions(task.chosen.reviewed, material, bench)
        asked = judge if subject.policy.judge else None
        reading = read(material, subject.diff, bench, control, budget, tell, aside, asked, begun)
        found, too_hard, material, sight = matched().parts
    stamped = fingerprints.stamp([*found, *reading.findings], matched().ahead.places)
    open_to_all, shadowed = judging.shadow(stamped, task.force.draft)
    said, left_out = judging.gather(open_to_all, subject.policy)
    followed = following.follow(said, subject.memory, sight, material, bench, control, budget, tell)
    unheard, echoes = linter_reports.silence(followed.fresh, subject.linted)
    heard = frozenset(unheard)
    unsaid = (*followed.unsaid, *(one for one in followed.fresh if one not in heard))
    held = verifying.hold(unheard, subject.diff, material, bench, control, budget, tell, reading.judged)
    judged = judging.judge((*followed.open, *held.findings), subject.policy)
    covered = coverage.cover(subject.diff, task.chosen, reading.unread, task.new.unchanged, task.new.partly)
    findings = (*judged.inline, *judged.overflow)
    dropped = (*too_hard, *reading.dropped, *left_out, *shadowed, *followed.dropped, *echoes, *held.dropped)
    told = walkthrough.told(reading.aside, subject.memory.earlier, subject.diff)
    examination = _concluded(subject, bench, task, judged, reading, followed, held, covered, dropped)
    return Examined(
        examination=replace(
            examination,
            walkthrough=told,
            unsaid=unsaid,
            notices=(*matched().reports.notices, *examination.notices),
        ),
        suggestions=mending.verified(findings, subject.diff, material.texts, bench.isolation),
        version=replace(
            _version(task.chosen.reviewed, reading, findings, followed),
            walkthrough=told,
            unmet=examination.unmet,
            unsaid=unsaid,
        ),
    )


def _task(subject: Subject, bench: Bench) -> _Task:
    """The depth is that of what is new: a small push to a large merge request is a small review."""
    chosen = selection.select(subject.diff, subject.policy, subject.attributes)
    earlier = subject.memory.earlier
    trace = Trace(earlier.seen if earlier else {}, subject.diff)
    new = news.news(chosen.reviewed, None if subject.memory.whole else earlier, trace)
    rules = bench.rules if subject.rules is None else subject.rules
    return _Task(chosen, trace, new, risk.tier(new.files, subject.policy), rules)


def _hits(subject: Subject, task: _Task, material: Material, bench: Bench, control: Control) -> _Hits:
    found = scanning.hits(task.new.whole, task.rules, material.texts, bench.isolation, control)
    diff, tree, policy = subject.diff, subject.tree, subject.policy
    return found, rulechecks.check(diff, tree, task.rules, policy, bench.isolation, control, bench.shelf, subject.known)


def _texts(subject: Subject, task: _Task) -> Mapping[str, str]:
    """Of whole files: the patterns are tried on them, which costs nothing."""
    there = [file.path for file in task.new.whole if file.change is not Change.DELETED]
    return subject.read(there) if there else {}


def _material(subject: Subject, task: _Task, bench: Bench, control: Control, texts: Mapping[str, str]) -> Material:
    """What the model is given."""
    toolbox = equip(subject.tree, task.tier, subject.policy, bench, control)
    whole = not (task.new.unchanged or task.new.partly)
    return Material(
        task.new.files, texts, task.rules, subject.about, subject.policy, task.tier, toolbox, subject.tickets, whole
    )


def _matched(subject: Subject, task: _Task, material: Material, bench: Bench, hits: _Hits) -> _Matched:
    """Texts that no parser gets through are left out, for what parses one file at a time."""
    (found, too_hard), reports = hits
    found = [*reports.findings, *found]
    hard = {drop.path for drop in too_hard}
    material = replace(material, texts={path: text for path, text in material.texts.items() if path not in hard})
    sight = _sight(subject, task, {file.path for file in task.new.whole} - hard | reports.paths)
    ahead = Ahead(found, task.force.draft, subject.memory, subject.linted, sight, material, bench)
    return _Matched((found, too_hard, material, sight), ahead, reports)


def _sight(subject: Subject, task: _Task, scanned: Collection[str]) -> Sight:
    return Sight(
        subject.diff,
        task.trace,
        scanned=scanned,
        reviewed={file.path for file in task.chosen.reviewed},
        read=subject.read,
        readable=subject.tree is not None,
        force=task.force,
    )


def _version(
    files: Sequence[FileDiff], reading: Reading, findings: tuple[Finding, ...], followed: Followed
) -> ReviewedVersion:
    """What the next run will know of this one."""
    unread = {
        path: {line.key for entry in entries for hunk in entry.piece.hunks for line in hunk.lines}
        for path, entries in reading.unread.items()
    }
    return ReviewedVersion(
        head_sha="",
        digests={file.path: digests.digest(file) for file in files if file.path not in unread},
        findings=findings,
        seen={file.path: tracing.seen_file(file, unread.get(file.path, ())) for file in files},
        dismissed=followed.dismissed,
        spent=followed.spent,
    )


def _concluded(
    subject: Subject,
    bench: Bench,
    task: _Task,
    judged: judging.Judged,
    reading: Reading,
    followed: Followed,
    held: verifying.Held,
    covered: tuple[FileCoverage, ...],
    dropped: Sequence[Dropped],
) -> Examination:
    complete = all(file.complete for file in covered)
    unmet, before = _unmet(subject, reading)
    return Examination(
        verdict=verdicts.verdict((*judged.inline, *judged.overflow), complete, task.force.blocks, unmet=bool(unmet)),
        tier=task.tier,
        findings=judged.inline,
        overflow=judged.overflow,
        coverage=covered,
        dropped=(*dropped, *judged.dropped),
        usage=reading.usage + followed.usage + held.usage,
        notices=(*subject.notices, *((*followed.notices, *held.notices) if bench.asker else (NO_MODEL,))),
        became=followed.became,
        risk=risk.why(task.new.files, subject.policy) if task.new.files else None,
        unmet=unmet,
        unmet_before=before,
        consulted=tuple(
            dict.fromkeys((*(subject.tickets if bench.asker else ()), *reading.reads, *followed.reads, *held.reads))
        )[:_MOST_CONSULTED],
        prompts=bench.templates.version if bench.asker else "",
        model=bench.asker.model if bench.asker else "",
    )


def _unmet(subject: Subject, reading: Reading) -> tuple[tuple[Unmet, ...], bool]:
    """Criteria of tickets that look unmet, and whether that was said by an earlier run: only the whole change tells."""
    earlier = subject.memory.earlier
    if reading.whole or earlier is None:
        return tickets.distinct(reading.unmet), False
    return tuple(one for one in earlier.unmet if one.ticket in subject.tickets), True
