"""Collects the replies to the questions of one call: decides what is asked next, and when nothing more is."""

import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence, Sized
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, Literal, TypeVar

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


@dataclass(eq=False)
class _Slot(Generic[T]):
    """A question's place among the replies. `carried` is what was paid for the question that this is a part of."""

    question: Question[T]
    reply: Reply[T] | None = None
    parts: list["_Slot[T]"] = field(default_factory=list)
    carried: Usage = field(default_factory=Usage)
    hold: Hold | None = None

    @property
    def prefixes(self) -> Sequence[Prefix]:
        return self.question.prompt.prefixes

    def replies(self) -> list[Reply[T]]:
        own = [self.reply] if self.reply is not None else []
        return own + [reply for part in self.parts for reply in part.replies()]


class Collector(Generic[T]):
    """Decides what is asked next, in the thread that waits for the replies: the executor's threads only send events."""

    def __init__(self, given: Circumstances, lane: Lane, progress: Progress | None) -> None:
        self._given = given
        self._lane = lane
        self._progress = progress
        self._events: queue.SimpleQueue[tuple[_Slot[T], _Event[T], float]] = queue.SimpleQueue()  # with its time
        self._ready: deque[_Slot[T]] = deque()
        self._leading = Leading[_Slot[T]]()
        self._running: set[_Slot[T]] = set()
        self._open = self._total = self._expected = 0
        self._answered = False
        self._failures = 0  # since the last answer
        self._over: ReviewbotError | None = None

    def collect(self, questions: Iterable[Question[T]]) -> list[Reply[T]]:
        slots: list[_Slot[T]] = []
        self._expected = len(questions) if isinstance(questions, Sized) else 0
        for question in questions:
            slots.append(_Slot(question))
            self._take_in(slots[-1])
            self._turn()
            while not self._events.empty():
                self._await_event()
        self._expected = 0
        while self._open:
            self._await_event()
            self._turn()
        return [reply for slot in slots for reply in slot.replies()]

    def _take_in(self, slot: _Slot[T]) -> None:
        self._total += 1
        self._open += 1
        if self._over is None:
            self._enqueue(slot)
        else:
            self._leave(slot, self._over)

    def _turn(self) -> None:
        """Look at the brakes and start what may start."""
        try:
            self._given.control.check()
            self._start_ready()
        except DeadlineExceeded as error:
            self._give_up(error)
            for slot in list(self._running):
                self._settle(slot, _without_answer(slot, error))
        except BudgetExceeded as error:
            self._give_up(error)

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
            self._given.control.check()
            budget = self._given.budget
            slot.hold = budget.admit(self._given.tokens(slot.question.prompt) if budget.limited else 0)
            if slot.hold is None:
                return
            self._ready.popleft()
            self._start(slot, keys)

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
            self._given,
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
        if isinstance(reply.error, ContextOverflow) and self._over is None:
            slot.parts = [_Slot(part) for part in slot.question.split()]
        if slot.parts:
            slot.parts[0].carried = reply.usage
            self._total += len(slot.parts) - 1
            self._open += len(slot.parts) - 1
        else:
            slot.reply = reply
            self._open -= 1
        self._follow(self._leading.ended(slot, slot.prefixes))
        for part in slot.parts:
            self._enqueue(part)
        if self._progress is not None:
            self._progress(self._total - self._open, max(self._total, self._expected))
        if not reply.kept:
            self._judge(reply.error, aside=slot.question.aside)

    def _judge(self, error: ReviewbotError | None, *, aside: bool) -> None:
        """Stop asking when no question has a chance: a wrong key must not cost eighty requests.

        A failure after an answer may be the one question's own; two in a row are not.
        """
        if isinstance(error, BudgetExceeded):
            self._give_up(error)
        elif isinstance(error, (ModelRefused, TransientError)):
            if aside:
                return
            self._failures += 1
            if not self._answered or self._failures > 1:
                self._give_up(error)
        elif error is None or isinstance(error, AnswerUnusable):
            self._answered, self._failures = True, 0

    def _give_up(self, error: ReviewbotError) -> None:
        """Nothing more is started; what is running goes on, and what was kept needs no request."""
        if self._over is not None:
            return
        self._over = error
        waiting = [*self._ready, *self._leading.drop()]
        self._ready.clear()
        for slot in waiting:
            self._leave(slot, error)

    def _leave(self, slot: _Slot[T], error: ReviewbotError) -> None:
        kept = self._kept(slot.question, self._keys(slot.question))
        self._settle(slot, kept or _without_answer(slot, error))


def _without_answer(slot: _Slot[T], error: ReviewbotError) -> Reply[T]:
    return Reply(slot.question, problem=str(error), error=error)
