"""The part of an examination that a model does: chunks into questions, replies into anchored findings."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from reviewbot.asking.ask import Asker
from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question, Reply
from reviewbot.control import Control
from reviewbot.core import anchors, answers, chunking, context, coverage, languages, scopes, syntax
from reviewbot.core.prompts import About, Templates
from reviewbot.core.reviewers import Reviewer
from reviewbot.errors import TooHard
from reviewbot.model.chunk import Chunk, Enclosing, Tier
from reviewbot.model.diff import Change, Diff, FileDiff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule
from reviewbot.ports import Isolation, TokenCounter

Parsed = tuple[tuple[answers.RawFinding, ...], tuple[Dropped, ...]]
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
    isolation: Isolation


@dataclass(frozen=True, slots=True)
class Material:
    """What is read: the files whose change is new, the texts of their new side, and the worded rules."""

    files: Sequence[FileDiff]
    texts: Mapping[str, str]
    rules: tuple[Rule, ...]
    about: About
    policy: ReviewPolicy
    tier: Tier


@dataclass(slots=True)
class Reading:
    """What the requests brought: findings, drops, and the pieces that nobody read, by path, with the reason."""

    findings: list[Finding] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    unread: dict[str, list[coverage.Unread]] = field(default_factory=lambda: defaultdict(list))
    usage: Usage = field(default_factory=Usage)


def read(material: Material, diff: Diff, bench: Bench, control: Control, budget: Budget, progress: Progress) -> Reading:
    """Ask every reviewer of the tier about each chunk; nothing is asked when no model is configured."""
    if bench.asker is None or not material.files:
        return Reading()
    questions = _questions(material, bench)
    control.check()
    progress("model", 0, len(questions))
    replies = bench.asker.ask_all(
        questions,
        lane_limit=bench.requests_at_once,
        control=control,
        budget=budget,
        progress=lambda done, total: progress("model", done, total),
    )
    return _gather(replies, anchors.Index(diff))


def _questions(material: Material, bench: Bench) -> list[Question[Parsed]]:
    """Chunk by chunk, so that the reviewers of one chunk follow each other and share its prefix."""
    reviewers = [reviewer for reviewer in bench.reviewers if material.tier in reviewer.tiers]

    def borders(file: FileDiff) -> Sequence[int]:
        language = languages.language_of(file.path)
        if language is None or file.path not in material.texts:
            return ()
        try:
            return bench.isolation.run(syntax.borders, material.texts[file.path], language)
        except TooHard:
            return ()

    chunks = chunking.pack(material.files, material.policy.chunk_tokens, bench.counter.count, borders)
    return [
        _question(chunk, reviewer, f"{reviewer.id} {number}/{len(chunks)}", material, bench)
        for number, chunk in enumerate(chunks, 1)
        for reviewer in reviewers
    ]


def _question(chunk: Chunk, reviewer: Reviewer, label: str, material: Material, bench: Bench) -> Question[Parsed]:
    apply = {rule.id: rule for path in chunk.paths for rule in scopes.applicable(material.rules, path)}
    around = _around(chunk, material, bench.isolation) if material.policy.context else ()
    return Question(
        prompt=bench.templates.review(chunk, material.about, around, tuple(apply.values()), reviewer, label),
        read=answers.findings,
        repair=bench.templates.repair,
        again=bench.templates.again,
        split=lambda: [
            _question(half, reviewer, label, material, bench) for half in chunking.halve(chunk, bench.counter.count)
        ],
        subject=chunk,
    )


def _around(chunk: Chunk, material: Material, isolation: Isolation) -> tuple[Enclosing, ...]:
    """The definitions around the hunks of whole files; a file in parts shows enough of itself.

    The budget is the chunk's: many small files share it, a single one may have it all.
    """
    whole = [
        (replace(piece.file, hunks=piece.hunks), material.texts[piece.path])
        for piece in chunk.pieces
        if piece.parts == 1 and piece.path in material.texts and piece.file.change is not Change.ADDED
    ]
    if not whole:
        return ()
    try:
        return isolation.run(context.around, whole, material.policy.context_tokens)
    except TooHard:
        return ()


def _gather(replies: Iterable[Reply[Parsed]], index: anchors.Index) -> Reading:
    """A cut-off answer counts for what could be read of it, and its chunk as unread all the same."""
    reading = Reading()
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
