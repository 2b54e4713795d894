"""Collects the replies to the questions of one call: decides what is asked next, and when nothing more is."""

import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence, Sized
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, Literal, Protocol, TypeVar

from reviewbot.asking.budget import Hold
from reviewbot.asking.conversation import Circumstances, Conversation
from reviewbot.asking.leading import Leading
from reviewbot.asking.questions import Question, Reply, content_keys
from reviewbot.asking.turns import Lane
from reviewbot.errors import (
    AnswerUnusable,
    BudgetExceeded,
    Cancelled,
    ContextOverflow,
    DeadlineExceeded,
    ModelRefused,
    ReviewbotError,
    TransientError,
)
from reviewbot.model.prompt import Prefix, Usage

T = TypeVar("T")
Progress = Callable[[int, int], None]
_Event = Future[Reply[T]] | Literal["sent", "first token"]

_GLANCE = 0.2  # seconds between looks at the brakes while nothing arrives


class After(Protocol[T]):
    """Called with all replies to one question; gives the questions that follow from them."""

    def __call__(self, replies: Sequence[Reply[T]], /) -> Iterable[Question[T]]: ...


@dataclass(eq=False)
class _Slot(Generic[T]):
    """A question's place among the replies. `carried` is what was paid for the question that this is a part of.

    `whole` is the question of the caller that this is a part of, None: itself; `missing` counts replies to come for it.
    """

    question: Question[T]
    reply: Reply[T] | None = None
    parts: list["_Slot[T]"] = field(default_factory=list)
    carried: Usage = field(default_factory=Usage)
    hold: Hold | None = None
    whole: "_Slot[T] | None" = None
    missing: int = 1

    @property
    def prefixes(self) -> Sequence[Prefix]:
        return self.question.prompt.prefixes

    def replies(self) -> list[Reply[T]]:
        own = [self.reply] if self.reply is not None else []
        return own + [reply for part in self.parts for reply in part.replies()]


class Collector(Generic[T]):
    """Decides what is asked next, in the thread that waits for the replies: the executor's threads only send events."""

    def __init__(
        self,
        given: Circumstances,
        lane: Lane,
        progress: Progress | None = None,
        after: After[T] | None = None,
        reserve: float = 0.0,
    ) -> None:
        self._given = given
        self._sparing = given.leaving(reserve)
        self._lane = lane
        self._progress = progress
        self._after = after
        self._events: queue.SimpleQueue[tuple[_Slot[T], _Event[T], float]] = queue.SimpleQueue()  # with its time
        self._following: list[_Slot[T]] = []
        self._ready: deque[_Slot[T]] = deque()
        self._leading = Leading[_Slot[T]]()
        self._running: set[_Slot[T]] = set()
        self._open = self._total = self._expected = 0
        self._answered = False
        self._failures = 0  # since the last answer
        self._over: dict[bool, ReviewbotError] = {}  # why no more is asked, of questions that are `last` and others

    def collect(self, questions: Iterable[Question[T]]) -> list[Reply[T]]:
        own: list[_Slot[T]] = []
        self._expected = len(questions) if isinstance(questions, Sized) else 0
        for question in questions:
            own.append(self._take_in(question))
            self._turn()
            while not self._events.empty():
                self._await_event()
        self._expected = 0
        while self._open:
            self._await_event()
            self._turn()
        return [reply for slot in (*own, *self._following) for reply in slot.replies()]

    def _take_in(self, question: Question[T]) -> _Slot[T]:
        slot = _Slot(question)
        self._total += 1
        self._open += 1
        if (over := self._over.get(question.last)) is None:
            self._enqueue(slot)
        else:
            self._leave(slot, over)
        return slot

    def _turn(self) -> None:
        """Look at the brakes and start what may start."""
        for last in (True, False):
            given = self._given if last else self._sparing
            try:
                given.control.check()
            except DeadlineExceeded as error:
                self._out_of_time(error, everything=last)
        self._start_ready()

    def _out_of_time(self, error: DeadlineExceeded, *, everything: bool) -> None:
        self._give_up(error, everything=everything)
        for slot in list(self._running):
            if everything or not slot.question.last:
                self._settle(slot, _without_answer(slot, error))

    def _enqueue(self, slot: _Slot[T]) -> None:
        """Ready at once, unless a question with the same prefix is on its way and the prefix has not been read yet."""
        if self._leading.enter(slot, slot.prefixes):
            self._ready.append(slot)

    def _follow(self, siblings: Sequence[_Slot[T]]) -> None:
        """They need not wait any more, and go first: their prefix is in the provider's cache now."""
        others, self._ready = self._ready, deque()
        for sibling in siblings:
            self._enqueue(sibling)
        self._ready.extend(others)

    def _start_ready(self) -> None:
        self._follow(self._leading.read(time.monotonic()))
        while self._ready and len(self._running) < self._lane.limit:
            slot = self._ready[0]
            keys = self._keys(slot.question)
            kept = self._kept(slot.question, keys)
            if kept is not None:
                self._ready.popleft()
                self._settle(slot, kept)
                continue
            given = self._given_to(slot)
            try:
                given.control.check()
                tokens = given.tokens(slot.question.prompt) if given.budget.limited else 0
                slot.hold = given.budget.admit(tokens, given.reserve)
            except (BudgetExceeded, DeadlineExceeded) as error:
                self._ready.popleft()
                self._give_up(error, everything=slot.question.last)
                self._leave(slot, error)
                continue
            if slot.hold is None:
                return
            self._ready.popleft()
            self._start(slot, keys)

    def _given_to(self, slot: _Slot[T]) -> Circumstances:
        return self._given if slot.question.last else self._sparing

    def _keys(self, question: Question[T]) -> tuple[str, ...]:
        given = self._given
        return content_keys(given.models.name, given.models.parameters, question, given.occasion)

    def _kept(self, question: Question[T], keys: tuple[str, ...]) -> Reply[T] | None:
        answer = next(filter(None, map(self._given.answers.get, keys)), None)
        if answer is None:
            return None
        try:
            return Reply(question, question.read(answer.text), kept=True, reads=answer.reads)
        except AnswerUnusable:
            return None  # kept by a version that read it more kindly

    def _start(self, slot: _Slot[T], keys: tuple[str, ...]) -> None:
        conversation = Conversation(
            slot.question,
            keys,
            self._given_to(slot),
            hold=slot.hold,
            sent=partial(self._tell, slot, "sent"),
            first_token=partial(self._tell, slot, "first token"),
        )
        self._running.add(slot)
        future = self._lane.submit(conversation.run)
        future.add_done_callback(partial(self._tell, slot))

    def _tell(self, slot: _Slot[T], event: _Event[T]) -> None:
        """Called from the executor's threads."""
        self._events.put((slot, event, time.monotonic()))

    def _await_event(self) -> None:
        until_read = max(0.0, self._leading.next_read() - time.monotonic())
        try:
            slot, event, at = self._events.get(timeout=min(_GLANCE, until_read))
        except queue.Empty:
            return
        if event == "sent":
            self._leading.sent(slot, slot.prefixes, at)
        elif event == "first token":
            self._follow(self._leading.warmed(slot, slot.prefixes))
        elif slot in self._running:
            if event.cancelled():
                self._given.control.check()
                raise Cancelled("The process shuts down")
            self._settle(slot, event.result())

    def _settle(self, slot: _Slot[T], reply: Reply[T]) -> None:
        """A slot has its reply, or is split."""
        self._running.discard(slot)
        if slot.hold is not None:
            self._given.budget.release(slot.hold)
        reply = replace(reply, usage=slot.carried + reply.usage)
        whole = slot.whole or slot
        if isinstance(reply.error, ContextOverflow) and slot.question.last not in self._over:
            slot.parts = [_Slot(part, whole=whole) for part in slot.question.split()]
        if slot.parts:
            slot.parts[0].carried = reply.usage
        else:
            slot.reply = reply
        more = len(slot.parts) - 1
        self._total += max(0, more)
        self._open += more
        whole.missing += more
        self._follow(self._leading.ended(slot, slot.prefixes))
        for part in slot.parts:
            self._enqueue(part)
        if self._after is not None and not whole.missing:
            self._following += [self._take_in(question) for question in self._after(whole.replies())]
        if self._progress is not None:
            self._progress(self._total - self._open, max(self._total, self._expected))
        if not reply.kept:
            self._judge(reply.error, slot.question)

    def _judge(self, error: ReviewbotError | None, question: Question[T]) -> None:
        """Stop asking when no question has a chance: a wrong key must not cost eighty requests.

        A failure after an answer may be the one question's own; two in a row are not.
        """
        if isinstance(error, BudgetExceeded):
            self._give_up(error, everything=question.last)
        elif isinstance(error, (ModelRefused, TransientError)):
            if question.aside:
                return
            self._failures += 1
            if not self._answered or self._failures > 1:
                self._give_up(error, everything=True)
        elif error is None or isinstance(error, AnswerUnusable):
            self._answered, self._failures = True, 0

    def _give_up(self, error: ReviewbotError, *, everything: bool) -> None:
        """Nothing more is started; what is running goes on, and what was kept needs no request.

        Not `everything`: what is `last` goes on, with the time and money that the others had to leave.
        """
        if all(last in self._over for last in (False, everything)):
            return
        self._over.setdefault(False, error)
        if everything:
            self._over[True] = error
        ready, waiting = list(self._ready), self._leading.drop()
        self._ready = deque(slot for slot in ready if slot.question.last not in self._over)
        for slot in waiting:
            if slot.question.last not in self._over:
                self._enqueue(slot)
        for slot in (*ready, *waiting):
            if (over := self._over.get(slot.question.last)) is not None:
                self._leave(slot, over)

    def _leave(self, slot: _Slot[T], error: ReviewbotError) -> None:
        kept = self._kept(slot.question, self._keys(slot.question))
        self._settle(slot, kept or _without_answer(slot, error))


def _without_answer(slot: _Slot[T], error: ReviewbotError) -> Reply[T]:
    return Reply(slot.question, problem=str(error), error=error)
