"""Steps 4 to 12 of a run: a parsed diff in, everything a review knows about it out. Nothing is posted from here."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from reviewbot.asking.ask import Asker
from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question, Reply
from reviewbot.control import Control
from reviewbot.core import (
    anchors,
    answers,
    chunking,
    context,
    coverage,
    digests,
    fingerprints,
    judging,
    languages,
    lifecycle,
    patterns,
    risk,
    rules,
    selection,
    suggestions,
    syntax,
    verdicts,
)
from reviewbot.core.attributes import Attributes
from reviewbot.core.prompts import About, Templates
from reviewbot.core.reviewers import Reviewer
from reviewbot.model.chunk import Chunk, Enclosing, Selection, Tier
from reviewbot.model.diff import Diff, FileDiff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.outcome import Examination, ReviewedVersion
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule
from reviewbot.ports import Source, TokenCounter

Parsed = tuple[tuple[answers.RawFinding, ...], tuple[Dropped, ...]]

NO_MODEL = "No model is configured: only the pattern rules were run, nobody read the change as a whole."
"""Said aloud wherever a review without a model is shown."""

_LARGEST_TEXT = 2_000_000  # bytes of a file that is read for context and rules

Read = Callable[[Sequence[str]], Mapping[str, str]]
"""Texts of the files of the new side, by path; those that do not exist or are no text are left out."""
Progress = Callable[[str, int, int], None]
"""Called with the step's name, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What an examination works with, made once per process. `asker` None: no model is configured."""

    templates: Templates
    reviewers: tuple[Reviewer, ...]
    rules: tuple[Rule, ...]
    counter: TokenCounter
    asker: Asker | None
    requests_at_once: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined. `earlier`: the last reviewed version, whose unchanged files are not read again."""

    diff: Diff
    about: About
    policy: ReviewPolicy
    read: Read
    attributes: Attributes | None = None
    earlier: ReviewedVersion | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """The examination, and what publishing and remembering need beside it."""

    examination: Examination
    suggestions: Mapping[str, suggestions.Suggestion]
    version: ReviewedVersion


@dataclass(slots=True)
class _Reading:
    """What the requests brought: findings, drops, and the pieces that nobody read, with the reason."""

    findings: list[Finding] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    unread: dict[str, list[coverage.Unread]] = field(default_factory=lambda: defaultdict(list))
    usage: Usage = field(default_factory=Usage)


def examine(
    subject: Subject, bench: Bench, control: Control, budget: Budget, progress: Progress | None = None
) -> Examined:
    """Select, match the rules, ask the model, judge. Raises only what `control` raises besides programming errors."""
    tell = progress or (lambda step, done, total: None)
    chosen = selection.select(subject.diff, subject.policy, subject.attributes)
    tier = risk.tier(chosen.reviewed, subject.policy)
    fresh, unchanged = _news(chosen, subject.earlier)
    control.check()
    texts = subject.read([file.path for file in fresh if file.change != "deleted"]) if fresh else {}
    active = tuple(rule for rule in bench.rules if rule.id not in subject.policy.disabled_rules)
    tell("rules", 0, 1)
    found = [hit for file in fresh for hit in _scan(file, active, texts)]
    reading = _ask(subject, bench, fresh, texts, tier, active, control, budget, tell)
    kept = lifecycle.carry(subject.earlier.findings, subject.diff, unchanged) if subject.earlier else ()
    stamped = fingerprints.stamp([*found, *reading.findings], subject.diff)
    judged = judging.judge([*kept, *stamped], subject.policy)
    covered = coverage.cover(subject.diff, chosen, reading.unread, unchanged)
    findings = (*judged.inline, *judged.overflow)
    notices = subject.notices if bench.asker else (*subject.notices, NO_MODEL)
    examination = Examination(
        verdict=verdicts.verdict(findings, all(file.complete for file in covered)),
        tier=tier,
        findings=judged.inline,
        overflow=judged.overflow,
        coverage=covered,
        dropped=(*reading.dropped, *judged.dropped),
        usage=reading.usage,
        notices=notices,
    )
    unread = set(reading.unread)
    return Examined(
        examination=examination,
        suggestions=_verified(findings, subject.diff, texts),
        version=ReviewedVersion(
            head_sha="",
            digests={file.path: digests.digest(file) for file in chosen.reviewed if file.path not in unread},
            findings=findings,
        ),
    )


def texts_at(source: Source, sha: str, paths: Sequence[str]) -> Mapping[str, str]:
    """UTF-8 texts at `sha`; binaries, other encodings and very large files are left out."""
    texts = {}
    for path, data in source.read(sha, paths).items():
        if len(data) <= _LARGEST_TEXT and b"\0" not in data:
            try:
                texts[path] = data.decode()
            except UnicodeDecodeError:
                continue
    return texts


def _news(chosen: Selection, earlier: ReviewedVersion | None) -> tuple[list[FileDiff], frozenset[str]]:
    """Files to read now, and paths whose change is the one that was read already (by content, not by time)."""
    if earlier is None:
        return list(chosen.reviewed), frozenset()
    same = frozenset(file.path for file in chosen.reviewed if earlier.digests.get(file.path) == digests.digest(file))
    return [file for file in chosen.reviewed if file.path not in same], same


def _scan(file: FileDiff, active: tuple[Rule, ...], texts: Mapping[str, str]) -> tuple[Finding, ...]:
    applicable = rules.applicable(active, file.path)
    return patterns.scan(file, applicable, texts.get(file.path)) if applicable else ()


def _ask(
    subject: Subject,
    bench: Bench,
    fresh: Sequence[FileDiff],
    texts: Mapping[str, str],
    tier: Tier,
    active: tuple[Rule, ...],
    control: Control,
    budget: Budget,
    tell: Progress,
) -> _Reading:
    """Pack the files into chunks, ask every reviewer of the tier about each, and anchor what they say."""
    if bench.asker is None:
        return _Reading()
    reviewers = [reviewer for reviewer in bench.reviewers if tier in reviewer.tiers]
    worded = tuple(rule for rule in active if rule.pattern is None)
    count = bench.counter.count

    def borders(file: FileDiff) -> Sequence[int]:
        language = languages.language_of(file.path)
        return syntax.borders(texts[file.path], language) if language and file.path in texts else ()

    def around(chunk: Chunk) -> tuple[Enclosing, ...]:
        if not subject.policy.context:
            return ()
        files = {piece.path: replace(piece.file, hunks=piece.hunks) for piece in chunk.pieces if piece.parts == 1}
        budget_each = subject.policy.context_tokens // max(1, len(chunk.pieces)) * 2
        return tuple(
            enclosing
            for path, file in files.items()
            if path in texts
            for enclosing in context.enclosing(
                file, texts[path], min(budget_each, subject.policy.context_tokens), count
            )
        )

    def question(chunk: Chunk, reviewer: Reviewer, label: str) -> Question[Parsed]:
        applicable = tuple({rule.id: rule for path in chunk.paths for rule in rules.applicable(worded, path)}.values())
        prompt = bench.templates.review(chunk, subject.about, around(chunk), applicable, reviewer, label)
        return Question(
            prompt=prompt,
            read=answers.findings,
            repair=bench.templates.repair,
            again=bench.templates.again,
            split=lambda: [question(half, reviewer, label) for half in chunking.halve(chunk, count)],
            subject=chunk,
        )

    chunks = chunking.pack(fresh, subject.policy.chunk_tokens, count, borders)
    control.check()
    total = len(chunks) * len(reviewers)
    questions = [
        question(chunk, reviewer, f"{reviewer.id} {number}/{len(chunks)}")
        for number, chunk in enumerate(chunks, 1)
        for reviewer in reviewers
    ]
    tell("model", 0, total)
    replies = bench.asker.ask_all(
        questions,
        lane_limit=bench.requests_at_once,
        control=control,
        budget=budget,
        progress=lambda done, of: tell("model", done, of),
    )
    return _gather(replies, anchors.Index(subject.diff))


def _gather(replies: Iterable[Reply[Parsed]], index: anchors.Index) -> _Reading:
    reading = _Reading()
    for reply in replies:
        reading.usage += reply.usage
        chunk = cast("Chunk", reply.question.subject)
        if reply.problem:
            for piece in chunk.pieces:
                reading.unread[piece.path].append(coverage.Unread(piece, reply.problem))
        if reply.value is None:
            continue
        raw, dropped = reply.value
        reading.dropped.extend(dropped)
        for entry in raw:
            anchored = index.anchor(entry, chunk.paths)
            if isinstance(anchored, Finding):
                reading.findings.append(anchored)
            else:
                reading.dropped.append(anchored)
    return reading


def _verified(
    findings: Sequence[Finding], diff: Diff, texts: Mapping[str, str]
) -> Mapping[str, suggestions.Suggestion]:
    files = {file.path: file for file in diff.files}
    verified = {}
    for finding in findings:
        if finding.suggestion is None:
            continue
        file = files[finding.anchor.path]
        if suggestion := suggestions.verify(finding, file, texts.get(file.path)):
            verified[finding.fingerprint] = suggestion
    return verified
