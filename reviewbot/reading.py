"""The part of an examination that a model does: chunks into questions, replies into anchored findings."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from reviewbot import assigning
from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question, Reply
from reviewbot.assigning import Asked
from reviewbot.bench import Bench, Material, Progress
from reviewbot.control import Control
from reviewbot.core import anchors, answers, coverage, islands, passes, tickets
from reviewbot.model.chunk import Chunk
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.prompt import Usage
from reviewbot.model.ticket import Unmet

RESERVE = 0.15  # of time and money: what the judge has when the reviewers have used up theirs

Judge = Callable[[int, int, Sequence[Finding]], Sequence[Question[Any]]]
"""Called with the number of an island (from 0), how many there are, and all that the model found on it: the questions
to ask about that at once. They are marked `last`.
"""


@dataclass(slots=True)
class Reading:
    """What the requests brought: findings, drops, and the pieces that nobody read, by path, with the reason.

    `unmet` are criteria of tickets that nothing in the diff meets, `whole`: somebody was shown the whole change.
    `aside` are the replies to the questions that were asked beside the reviewers', `judged` those to the judge's; their
    usage is not in `usage`.
    """

    findings: list[Finding] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    unread: dict[str, list[coverage.Unread]] = field(default_factory=lambda: defaultdict(list))
    usage: Usage = field(default_factory=Usage)
    reads: list[str] = field(default_factory=list)
    aside: list[Reply[Any]] = field(default_factory=list)
    judged: list[Reply[Any]] = field(default_factory=list)
    unmet: list[Unmet] = field(default_factory=list)
    whole: bool = False


def read(
    material: Material,
    diff: Diff,
    bench: Bench,
    control: Control,
    budget: Budget,
    progress: Progress,
    aside: Iterable[Question[Any]] = (),
    judge: Judge | None = None,
    asked: Callable[[], object] = lambda: None,
) -> Reading:
    """Ask every reviewer of the tier about each chunk; nothing is asked when no model is configured.

    `aside` are other questions, asked at the same time: first, for they wait for nothing, but last where money is
    short. With a `judge` its questions about an island are asked as soon as that is read, and a share of time and money
    is kept for them. `asked` is called when all questions have been made.
    """
    if bench.asker is None or not material.files:
        return Reading()
    control.check()
    progress("model", 0, 0)  # how many there are is known when all are made
    index = anchors.Index(diff)
    shores = _Shores(index, material, judge) if judge is not None else None
    replies = bench.asker.ask_all(
        _in_order(_questions(material, bench, shores), aside, asked, short=budget.limited),
        lane_limit=bench.requests_at_once,
        control=control,
        budget=budget,
        progress=lambda done, total: progress("model", done, total),
        after=shores.answered if shores is not None else None,
        reserve=RESERVE if judge is not None else 0.0,
    )
    return _gather(replies, index, material)


def _questions(material: Material, bench: Bench, shores: "_Shores | None") -> Iterator[Question[Any]]:
    """Made when they are wanted, the chunks too."""
    chunks = assigning.chunks_of(material, bench)
    questions = assigning.questions(material, bench, chunks)
    yield from shores.watched(chunks, questions) if shores is not None else questions


def _in_order(
    questions: Iterable[Question[Any]],
    aside: Iterable[Question[Any]],
    asked: Callable[[], object],
    *,
    short: bool,
) -> Iterator[Question[Any]]:
    yield from chain(questions, aside) if short else chain(aside, questions)
    asked()


class _Shores:
    """Which islands are read: then the judge is asked about them. All in the thread that collects the replies.

    What is asked does not depend on the order of the answers: they are taken in the order of their questions.
    """

    def __init__(self, index: anchors.Index, material: Material, judge: Judge) -> None:
        self._index = index
        self._material = material
        self._judge = judge
        self._home: Sequence[int] = ()
        self._last: dict[int, int] = {}  # chunk of each island
        self._open: dict[int, int] = {}  # questions that are not answered
        self._sealed: set[int] = set()  # islands about which no more reviewers are asked
        self._order: dict[tuple[int, int, str], int] = {}
        self._replies: dict[int, dict[int, Sequence[Reply[Any]]]] = {}

    def watched(self, chunks: Sequence[Chunk], questions: Iterable[Question[Any]]) -> Iterator[Question[Any]]:
        """The `questions`, and between them those to the judge where all answers were at hand."""
        self._home = islands.islands(chunks)
        self._last = {island: number for number, island in enumerate(self._home, 1)}
        self._open = dict.fromkeys(self._last, 0)
        self._replies = {island: {} for island in self._last}
        for question in questions:
            asked = question.subject
            if isinstance(asked, Asked):
                if asked.turn == self._material.policy.passes:
                    yield from self._seal(asked.number)
                self._order[_name(asked)] = len(self._order)
                self._open[self._home[asked.number - 1]] += 1
            yield question
        yield from self._seal(len(self._home) + 1)

    def answered(self, replies: Sequence[Reply[Any]]) -> Sequence[Question[Any]]:
        asked = replies[0].question.subject
        if not isinstance(asked, Asked):
            return ()
        island = self._home[asked.number - 1]
        self._replies[island][self._order[_name(asked)]] = replies
        self._open[island] -= 1
        return self._judged(island)

    def _seal(self, before: int) -> Iterator[Question[Any]]:
        """No more is asked about islands whose chunks are all `before` this number."""
        for island, last in self._last.items():
            if last < before and island not in self._sealed:
                self._sealed.add(island)
                yield from self._judged(island)

    def _judged(self, island: int) -> Sequence[Question[Any]]:
        if self._open[island] or island not in self._sealed:
            return ()
        replies = self._replies.pop(island, {})
        read = _gather([one for at in sorted(replies) for one in replies[at]], self._index, self._material)
        return self._judge(island, len(self._last), read.findings)


def _name(asked: Asked) -> tuple[int, int, str]:
    return asked.turn, asked.number, asked.reviewer.id


def _gather(replies: Iterable[Reply[Any]], index: anchors.Index, material: Material) -> Reading:
    """A cut-off answer counts for what could be read of it, and its chunk as unread all the same."""
    reading = Reading()
    untold: dict[str, str] = {}
    for reply in replies:
        if reply.question.last:
            reading.judged.append(reply)
            continue
        reading.usage += reply.usage
        reading.reads += reply.reads
        if not isinstance(asked := reply.question.subject, Asked):
            reading.aside.append(reply)
            continue
        untold.update((name, asked.chunk.paths[0]) for name in asked.untold if name not in untold)
        if reply.problem:
            for piece in asked.chunk.pieces:
                reading.unread[piece.path].append(coverage.Unread(piece, reply.problem))
        if reply.value is not None:
            _take(reading, asked, reply.value, index, material)
    reading.dropped += [
        Dropped("rules", f"the rule {name} did not fit into the prompt", path) for name, path in untold.items()
    ]
    policy = material.policy
    if policy.passes > 1 and policy.combine == "vote":
        reading.findings, outvoted = passes.vote(reading.findings, policy.passes)
        reading.dropped += outvoted
    return reading


def _take(reading: Reading, asked: Asked, answer: answers.Parsed, index: anchors.Index, material: Material) -> None:
    """An answer's findings, anchored. More than the reviewer was asked for is no reason to lose one."""
    raw, dropped = answer
    reading.dropped += dropped
    whole = material.shown_by(asked.chunk)
    reading.whole |= whole
    paths = asked.chunk.paths
    for entry in raw:
        anchored = index.anchor(entry, paths)
        if isinstance(anchored, Finding):
            reading.findings.append(replace(anchored, reviewer=asked.voter))
            continue
        unmet = tickets.unmet(entry.path, entry.title, entry.body, material.tickets, whole=whole)
        if isinstance(unmet, Unmet):
            reading.unmet.append(unmet)
        else:
            reading.dropped.append(unmet or anchored)
