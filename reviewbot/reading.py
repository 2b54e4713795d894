"""The part of an examination that a model does: chunks into questions, replies into anchored findings."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from reviewbot import assigning
from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question, Reply
from reviewbot.assigning import Asked
from reviewbot.bench import Bench, Material, Progress
from reviewbot.control import Control
from reviewbot.core import anchors, answers, coverage, passes
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage


@dataclass(slots=True)
class Reading:
    """What the requests brought: findings, drops, and the pieces that nobody read, by path, with the reason.

    `aside` are the replies to the questions that were asked beside the reviewers'.
    """

    findings: list[Finding] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    unread: dict[str, list[coverage.Unread]] = field(default_factory=lambda: defaultdict(list))
    usage: Usage = field(default_factory=Usage)
    reads: list[str] = field(default_factory=list)
    aside: list[Reply[Any]] = field(default_factory=list)


def read(
    material: Material,
    diff: Diff,
    bench: Bench,
    control: Control,
    budget: Budget,
    progress: Progress,
    aside: Sequence[Question[Any]] = (),
) -> Reading:
    """Ask every reviewer of the tier about each chunk; nothing is asked when no model is configured.

    `aside` are other questions, asked last of all and at the same time.
    """
    if bench.asker is None or not material.files:
        return Reading()
    control.check()
    progress("model", 0, 0)  # how many there are is known when all are made
    replies = bench.asker.ask_all(
        chain(assigning.questions(material, bench), aside),
        lane_limit=bench.requests_at_once,
        control=control,
        budget=budget,
        progress=lambda done, total: progress("model", done, total),
    )
    return _gather(replies, anchors.Index(diff), material.policy)


def _gather(replies: Iterable[Reply[Any]], index: anchors.Index, policy: ReviewPolicy) -> Reading:
    """A cut-off answer counts for what could be read of it, and its chunk as unread all the same."""
    reading = Reading()
    for reply in replies:
        reading.usage += reply.usage
        reading.reads += reply.reads
        if not isinstance(asked := reply.question.subject, Asked):
            reading.aside.append(reply)
            continue
        if reply.problem:
            for piece in asked.chunk.pieces:
                reading.unread[piece.path].append(coverage.Unread(piece, reply.problem))
        if reply.value is not None:
            _take(reading, asked, reply.value, index)
    if policy.passes > 1 and policy.combine == "vote":
        reading.findings, outvoted = passes.vote(reading.findings, policy.passes)
        reading.dropped += outvoted
    return reading


def _take(reading: Reading, asked: Asked, answer: answers.Parsed, index: anchors.Index) -> None:
    """An answer's findings, anchored. More than the reviewer was asked for is no reason to lose one."""
    raw, dropped = answer
    reading.dropped += dropped
    for entry in raw:
        anchored = index.anchor(entry, asked.chunk.paths)
        if isinstance(anchored, Finding):
            reading.findings.append(replace(anchored, reviewer=asked.voter))
        else:
            reading.dropped.append(anchored)
