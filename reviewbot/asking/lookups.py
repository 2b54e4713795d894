"""The rounds in which a model reads the repository before it answers: bounded, and only ever appended to its prompt."""

from dataclasses import replace

from reviewbot.asking.toolbox import Result, Toolbox
from reviewbot.model.prompt import Answer, Call, Message, Prompt
from reviewbot.ports import TokenCounter

_ENOUGH = "No more can be looked up. Give your answer now, in the form that was asked for."
_MOST_READS = 40  # that are told of one question


class Lookups:
    """The calls of one question. `over` once a limit is reached; `used` when anything was called at all."""

    def __init__(self, toolbox: Toolbox, counter: TokenCounter) -> None:
        self._toolbox = toolbox
        self._count = counter.count
        self._limits = toolbox.limits
        self._turns = 0
        self._tokens = 0
        self._asked: set[tuple[str, str]] = set()
        self._reads: dict[str, None] = {}

    @property
    def used(self) -> bool:
        return self._turns > 0

    @property
    def over(self) -> bool:
        return self._turns >= self._limits.turns or self._tokens >= self._limits.tokens

    @property
    def reads(self) -> tuple[str, ...]:
        """What was read, in order, without repetitions."""
        return tuple(self._reads)[:_MOST_READS]

    def follow(self, prompt: Prompt, answer: Answer) -> Prompt:
        """The prompt with the calls of `answer` and a result for each; at a limit the model is told to answer.

        Raises what the control raises.
        """
        messages = [Message("assistant", answer.text, answer.calls)]
        for number, call in enumerate(answer.calls):
            result = self._result(number, call)
            self._tokens += self._count(result.text)
            if result.read:
                self._reads[result.read] = None
            messages.append(Message("tool", result.text, call_id=call.id))
        self._turns += 1
        if self.over:
            messages.append(Message("user", _ENOUGH))
        return replace(prompt, messages=(*prompt.messages, *messages), calls_over=self.over)

    def _result(self, number: int, call: Call) -> Result:
        """A call that is repeated costs no second result: what it brought stands further up."""
        if number >= self._limits.calls:
            return Result(f"Not looked up: at most {self._limits.calls} calls at once.")
        if self._tokens >= self._limits.tokens:
            return Result("Not looked up: there is no room for more.")
        if (call.name, call.arguments) in self._asked:
            return Result("You have asked this before; what it brought stands further up.")
        self._asked.add((call.name, call.arguments))
        return self._toolbox.run(call)
