"""A question to a model and what came back."""

from dataclasses import dataclass
from typing import Literal

SchemaName = Literal["findings", "verdicts", "summary"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prompt's beginning that others have too: equal `key`, equal text. `tokens` is its length, roughly."""

    key: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """Messages in prefix-cache order: system, merge request, chunk, reviewer.

    `prefixes`, the shortest first, are the beginnings that it shares with its siblings: of each, one prompt goes ahead.
    `version` is the hash of the templates it was made from. `label` is for logs: "general 3/8".
    """

    messages: tuple[Message, ...]
    schema: SchemaName
    prefixes: tuple[Prefix, ...]
    version: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request, or a whole review, used. `cost_usd` None: the price of a model is unknown (never 0)."""

    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        unknown = self.cost_usd is None or other.cost_usd is None
        return Usage(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=None if unknown else (self.cost_usd or 0.0) + (other.cost_usd or 0.0),
            seconds=self.seconds + other.seconds,
        )


Finish = Literal["stop", "length", "refused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is what the model wrote; `kept`: it came from the store of answers and cost nothing now."""

    text: str
    finish: Finish
    usage: Usage
    model: str
    kept: bool = False
