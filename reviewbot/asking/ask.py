"""Asks many questions at once and collects their replies: prefix leaders first, within budget, never twice."""

from collections.abc import Iterable
from copy import copy
from typing import TypeVar

from reviewbot.asking.budget import Budget
from reviewbot.asking.collecting import After, Collector, Progress
from reviewbot.asking.conversation import Circumstances, Patience, Pause
from reviewbot.asking.questions import Question, Reply
from reviewbot.asking.turns import FairExecutor
from reviewbot.control import Control
from reviewbot.ports import Answers, Models, TokenCounter

T = TypeVar("T")


class Asker:
    """One per process and model; `executor` is shared with all other reviews."""

    def __init__(
        self,
        models: Models,
        answers: Answers,
        executor: FairExecutor,
        counter: TokenCounter,
        patience: Patience | None = None,
    ) -> None:
        self._models = models
        self._answers = answers
        self._executor = executor
        self._counter = counter
        self._patience = patience or Patience()
        self._pause = Pause()
        self._occasion = ""

    def anew(self, occasion: str) -> "Asker":
        """The same, but no answer from before the occasion counts. One occasion that is named again asks nothing twice.

        `occasion` must not change when a run is repeated: the id of a comment or a job, not the time.
        """
        other = copy(self)
        other._occasion = occasion  # noqa: SLF001  # one of ours
        return other

    @property
    def model(self) -> str:
        """The name of the model that is asked."""
        return self._models.name

    def ask_all(
        self,
        questions: Iterable[Question[T]],
        lane_limit: int,
        control: Control,
        budget: Budget,
        progress: Progress | None = None,
        after: After[T] | None = None,
        reserve: float = 0.0,
    ) -> list[Reply[T]]:
        """A reply for each question, in their order; a question that was split has its parts' replies in its place.

        Questions that take time to make may come from a generator: the first are asked while the next are made.
        `after(replies)` is called from this thread when a question is done, with its reply or its parts' replies, and
        gives the questions that follow from them; their replies stand last, in the order in which they were asked.
        `reserve` is the share (0 to 1) of the time and money left that only questions marked `last` may use.

        At most `lane_limit` requests at once. Never called from a job of the executor. `progress(done, total)` is
        called from this thread. Raises `Superseded`, `Cancelled` or `LeaseLost` as soon as the control has it; requests
        in flight then stop at their next byte. Without budget, time or a model that answers, the questions left get
        that as their problem, and the replies that there are come back.
        """
        given = Circumstances(
            self._models,
            self._answers,
            self._counter,
            self._patience,
            self._pause,
            control,
            budget,
            self._occasion,
        )
        with self._executor.lane(lane_limit) as lane:
            collector = Collector[T](given, lane, progress, after, reserve)
            return collector.collect(questions)
