"""One question from its first request to its reply: look-ups, retries, a shorter answer, a repair turn."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import tenacity

from reviewbot.asking.budget import Budget, Hold
from reviewbot.asking.lookups import Lookups
from reviewbot.asking.questions import Question, Reply, turn_key
from reviewbot.control import Control
from reviewbot.errors import (
    AnswerUnusable,
    BudgetExceeded,
    ContextOverflow,
    DeadlineExceeded,
    ModelRateLimited,
    ModelUnavailable,
    PermanentError,
    ReviewbotError,
    TransientError,
)
from reviewbot.model.prompt import Answer, Prompt, Usage
from reviewbot.ports import Answers, Models, TokenCounter

T = TypeVar("T")
_CLIP = 200
_LOOK_AGAIN = 0.1  # seconds until a request that waits for money looks at the budget again


@dataclass(frozen=True, slots=True)
class Patience:
    """The one retry policy: `attempts` of one request, waiting `first` s, then twice as long, at most `longest` s.

    The endpoint's own wish (`Retry-After`) comes first, up to `longest_wish` s; one that is longer ends the question.
    """

    attempts: int = 5
    first: float = 1.0
    longest: float = 60.0
    longest_wish: float = 180.0


class Pause:
    """Until when an endpoint wants no request at all: what one request was told holds for all. Shared by threads."""

    def __init__(self) -> None:
        self._until = 0.0

    def extend(self, seconds: float) -> None:
        self._until = max(self._until, time.monotonic() + seconds)

    def wait(self, control: Control) -> None:
        left = self._until - time.monotonic()
        if left > 0:
            control.sleep(left)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all questions of one call share. `reserve`: the share of the money that these questions must leave."""

    models: Models
    answers: Answers
    counter: TokenCounter
    patience: Patience
    pause: Pause
    control: Control
    budget: Budget
    occasion: str = ""  # of `content_keys`
    reserve: float = 0.0

    def leaving(self, share: float) -> "Circumstances":
        """The same for questions that must leave this `share` of the time and the money to others."""
        return replace(self, control=self.control.leaving(share), reserve=share) if share else self

    def tokens(self, prompt: Prompt) -> int:
        return sum(map(self.counter.count, prompt.texts()))


class Conversation(Generic[T]):
    """Runs in a thread of the executor; never submits to it. `keys` are where a good answer may be kept.

    `sent` is called before each request, `first_token` when one brings its first event.
    """

    def __init__(
        self,
        question: Question[T],
        keys: tuple[str, ...],
        given: Circumstances,
        *,
        hold: Hold | None = None,
        sent: Callable[[], None] = lambda: None,
        first_token: Callable[[], None] = lambda: None,
    ) -> None:
        self._question = question
        self._keys = keys
        self._given = given
        self._hold = hold
        self._sent = sent
        self._first_token = first_token
        self._usage = Usage()
        toolbox = question.toolbox
        self._lookups = Lookups(toolbox, given.counter) if toolbox is not None else None
        self._prompt = replace(question.prompt, tools=toolbox.tools) if toolbox is not None else question.prompt

    def run(self) -> Reply[T]:
        """The reply, errors of this question included. Raises `Superseded`, `Cancelled`, `LeaseLost`."""
        try:
            return self._converse()
        except (TransientError, PermanentError, BudgetExceeded, DeadlineExceeded) as error:
            return self._failed(error)

    def _converse(self) -> Reply[T]:
        answer = self._looked_up()
        if answer.finish == "length":
            return self._cut_off(answer)
        if answer.finish == "refused":
            return self._declined(answer)
        try:
            return self._good(answer)
        except AnswerUnusable as problem:
            return self._repaired(answer, problem)

    def _looked_up(self) -> Answer:
        """The answer after all look-ups. Where their results do not fit into the model's context it goes without."""
        answer = self._turn()
        try:
            while self._lookups is not None and answer.calls and not self._prompt.calls_over:
                self._prompt = self._lookups.follow(self._prompt, answer)
                answer = self._turn()
        except ContextOverflow:
            own = self._question.prompt.messages
            self._prompt = replace(self._prompt, messages=own, calls_over=True)
            answer = self._ask(self._prompt)
        self._prompt = replace(self._prompt, calls_over=bool(self._prompt.tools))
        return answer

    def _turn(self) -> Answer:
        """One request in which tools may be called. What it called is kept: a restarted review takes the same way."""
        if self._lookups is None or self._prompt.calls_over:
            return self._ask(self._prompt)
        key = turn_key(self._keys[-1], self._prompt.messages[len(self._question.prompt.messages) :])
        kept = self._given.answers.get(key)
        if kept is not None and kept.calls:
            return kept
        answer = self._ask(self._prompt)
        if answer.calls:
            self._given.answers.put(key, answer)
        return answer

    def _repaired(self, broken: Answer, problem: AnswerUnusable) -> Reply[T]:
        answer = self._ask(self._question.repair(self._prompt, broken.text, str(problem)))
        if answer.finish == "refused":
            return self._declined(answer)
        if answer.finish == "length":
            return self._failed(AnswerUnusable("The repaired answer was cut off at the output limit"))
        return self._good(answer)

    def _cut_off(self, first: Answer) -> Reply[T]:
        """Ask for a shorter answer once; if that is no whole one either, read what can be read of the longer one."""
        question = self._question
        answers = [first]
        if question.again is not None:
            second = self._ask(question.again(self._prompt))
            if second.finish == "stop":
                return self._good(second)
            answers += [second] if second.finish == "length" else []
        error = AnswerUnusable(
            "The answer was cut off at the output limit", mend="raise REVIEWBOT_LLM_MAX_OUTPUT_TOKENS"
        )
        for answer in sorted(answers, key=lambda answer: len(answer.text), reverse=True):
            try:
                value = question.read(answer.text)
            except AnswerUnusable:
                continue
            return Reply(question, value, str(error), self._usage, error=error, reads=self._reads)
        return self._failed(error)

    def _good(self, answer: Answer) -> Reply[T]:
        """Read a whole answer and keep it at once, under the original question's key. Raises `AnswerUnusable`."""
        value = self._question.read(answer.text)
        key = self._keys[-1 if self._lookups is not None and self._lookups.used else 0]
        self._given.answers.put(key, replace(answer, calls=(), reads=self._reads))
        return Reply(self._question, value, usage=self._usage, reads=self._reads)

    @property
    def _reads(self) -> tuple[str, ...]:
        return self._lookups.reads if self._lookups is not None else ()

    def _declined(self, answer: Answer) -> Reply[T]:
        words = " ".join(answer.text.split())[:_CLIP]
        return self._failed(AnswerUnusable(f"The model declined to answer: {words or 'no words'}"))

    def _failed(self, error: ReviewbotError) -> Reply[T]:
        return Reply(self._question, problem=str(error), usage=self._usage, error=error, reads=self._reads)

    def _ask(self, prompt: Prompt) -> Answer:
        patience = self._given.patience
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(self._worth_waiting),
            stop=tenacity.stop_after_attempt(patience.attempts),
            wait=self._pause_before_next,
            sleep=self._given.control.sleep,
            reraise=True,
        )
        return retrying(self._request, prompt)

    def _worth_waiting(self, error: BaseException) -> bool:
        if not isinstance(error, (ModelUnavailable, ModelRateLimited)):
            return False
        limit = min(self._given.patience.longest_wish, self._given.control.remaining())
        return (error.retry_after or 0.0) <= limit

    def _pause_before_next(self, state: tenacity.RetryCallState) -> float:
        patience = self._given.patience
        growing = tenacity.wait_exponential(multiplier=patience.first, max=patience.longest)
        jittered = growing(state) + tenacity.wait_random(0, patience.first)(state)
        error = state.outcome.exception() if state.outcome is not None else None
        wished = error.retry_after if isinstance(error, TransientError) else None
        return jittered if wished is None else wished

    def _request(self, prompt: Prompt) -> Answer:
        given = self._given
        begun: list[bool] = []
        given.pause.wait(given.control)
        given.control.check()
        given.budget.check(given.reserve)
        if self._usage.requests and given.budget.limited:
            self._admit(prompt)

        def first_token() -> None:
            begun.append(True)
            self._first_token()

        self._sent()
        try:
            answer = given.models.ask(prompt, given.control, first_token)
        except (TransientError, PermanentError) as error:
            # What broke off in mid-stream was paid for, though nobody says how much.
            self._count(given.budget.estimate(given.tokens(prompt)) if begun else Usage(requests=1))
            wished = error.retry_after if isinstance(error, ModelRateLimited) else None
            if wished and wished <= given.patience.longest_wish:
                given.pause.extend(wished)
            raise
        self._count(answer.usage)
        return answer

    def _admit(self, prompt: Prompt) -> None:
        """Money for a further request of this question; the first one's was set aside before it began.

        Nothing is held while it waits, so those in flight end and one of those that wait goes on.
        """
        budget, tokens = self._given.budget, self._given.tokens(prompt)
        while (hold := budget.admit(tokens, self._given.reserve)) is None:
            self._given.control.sleep(_LOOK_AGAIN)
        self._hold = hold

    def _count(self, usage: Usage) -> None:
        self._usage += usage
        self._given.budget.add(usage, self._hold)
