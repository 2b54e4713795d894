"""A question to a model with the ways to read its answer, and what became of it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from reviewbot.errors import ReviewbotError
from reviewbot.model.prompt import Prompt, Usage

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Question(Generic[T]):
    """`read` makes a value of an answer's text or raises `AnswerUnusable`; it is called from several threads.

    `repair(prompt, text, problem)` asks for a readable form of an unreadable answer. `again(prompt)` asks for a shorter
    answer after one that was cut off at the output limit; None: it is not asked again. `split` gives smaller questions
    where the prompt does not fit into the model's context; none: it cannot be split. `subject` is the caller's own.
    `round` tells apart questions that are asked again on purpose, so that a kept answer is not taken for another.
    """

    prompt: Prompt
    read: Callable[[str], T]
    repair: Callable[[Prompt, str, str], Prompt]
    again: Callable[[Prompt], Prompt] | None = None
    split: Callable[[], Sequence["Question[T]"]] = tuple
    subject: object = None
    round: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Reply(Generic[T]):
    """`problem` says why there is no whole answer, for people; "" when all is well. `error` is the same for programs.

    A value beside a problem is what could be read of an answer that was cut off. `usage` is what was paid now: nothing
    when the answer was `kept`, all attempts otherwise.
    """

    question: Question[T]
    value: T | None = None
    problem: str = ""
    usage: Usage = field(default_factory=Usage)
    kept: bool = False
    error: ReviewbotError | None = None


def content_key(model: str, parameters: str, question: Question[T]) -> str:
    """SHA-256 (hex) over everything that shapes the answer. A length stands before each part."""
    prompt = question.prompt
    parts = [model, parameters, prompt.schema, str(question.round)]
    for message in prompt.messages:
        parts += [message.role, message.content]
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()
