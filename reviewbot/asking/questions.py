"""A question to a model with the ways to read its answer, and what became of it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from reviewbot.errors import ReviewbotError
from reviewbot.model.prompt import Message, Prompt, Usage

if TYPE_CHECKING:  # the tools are loaded where there are some
    from reviewbot.asking.toolbox import Toolbox

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Question(Generic[T]):
    """`read` makes a value of an answer's text or raises `AnswerUnusable`; it is called from several threads.

    `repair(prompt, text, problem)` asks for a readable form of an unreadable answer. `again(prompt)` asks for a shorter
    answer after one that was cut off at the output limit; None: it is not asked again. `split` gives smaller questions
    where the prompt does not fit into the model's context; none: it cannot be split. `subject` is the caller's own.
    With a `toolbox` the model may read the repository before it answers.
    `aside`: a courtesy beside the others, whose failure says nothing about them. `last`: it may use the time and money
    that the others leave for it.
    `round` tells apart questions that are asked again on purpose, so that a kept answer is not taken for another.
    """

    prompt: Prompt
    read: Callable[[str], T]
    repair: Callable[[Prompt, str, str], Prompt]
    again: Callable[[Prompt], Prompt] | None = None
    split: Callable[[], Sequence["Question[T]"]] = tuple
    subject: object = None
    round: int = 1
    toolbox: "Toolbox | None" = None
    aside: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Reply(Generic[T]):
    """`problem` says why there is no whole answer, for people; "" when all is well. `error` is the same for programs.

    A value beside a problem is what could be read of an answer that was cut off. `usage` is what was paid now: nothing
    when the answer was `kept`, all attempts otherwise. `reads` is what was read of the repository for the answer.
    """

    question: Question[T]
    value: T | None = None
    problem: str = ""
    usage: Usage = field(default_factory=Usage)
    kept: bool = False
    error: ReviewbotError | None = None
    reads: tuple[str, ...] = ()


def content_keys(model: str, parameters: str, question: Question[T], occasion: str = "") -> tuple[str, ...]:
    """Where the answer may be kept: SHA-256 (hex) over everything that shapes it. A length stands before each part.

    `occasion` names somebody's wish to have everything asked anew: what was kept without it, or for another, is not
    taken; what was kept for this very one is.

    With a toolbox there are two: the first for an answer that looked nothing up, which holds for any commit, the last
    for one that depends on the reviewed commit.
    """
    prompt = question.prompt
    parts = [model, parameters, prompt.schema, str(question.round)]
    for message in prompt.messages:
        parts += [message.role, message.content]
    if occasion:
        parts += ["occasion", occasion]
    if question.toolbox is None:
        return (_digest(parts),)
    return _digest([*parts, question.toolbox.kind]), _digest([*parts, question.toolbox.key])


def turn_key(key: str, messages: Sequence[Message]) -> str:
    """Where the calls are kept that followed on `messages`, the turns after the question's own prompt."""
    parts = ["turn", key]
    for message in messages:
        parts += [
            message.role,
            message.content,
            message.call_id,
            *(f"{one.name} {one.arguments}" for one in message.calls),
        ]
    return _digest(parts)


def _digest(parts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()
