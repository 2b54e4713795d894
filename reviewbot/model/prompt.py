"""A question to a model and what came back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

SchemaName = Literal["findings", "verdicts", "summary", "reply"]
Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Tool:
    """What a model may call. `parameters` is the JSON schema of its arguments as text: equal bytes, equal prefix."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool as the model wrote it: `arguments` should be a JSON object, and may be anything."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """`calls` of an assistant's turn are each answered by a tool's message with that `call_id`, in their order."""

    role: Role
    content: str
    calls: tuple[Call, ...] = ()
    call_id: str = ""


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
    `tools` may be called unless `calls_over`; they are sent all the same then, since a prefix begins with them.
    """

    messages: tuple[Message, ...]
    schema: SchemaName
    prefixes: tuple[Prefix, ...]
    version: str
    label: str = ""
    tools: tuple[Tool, ...] = ()
    calls_over: bool = False

    def texts(self) -> Iterator[str]:
        """Everything that is sent, for counting tokens."""
        for tool in self.tools:
            yield f"{tool.name} {tool.description} {tool.parameters}"
        for message in self.messages:
            yield message.content
            for call in message.calls:
                yield f"{call.name} {call.arguments}"


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
    """`text` is what the model wrote; `kept`: it came from the store of answers and cost nothing now.

    `calls`: the model wants these tools called before it goes on; only a whole answer has some. `reads` names what was
    read of the repository for this answer.
    """

    text: str
    finish: Finish
    usage: Usage
    model: str
    kept: bool = False
    calls: tuple[Call, ...] = ()
    reads: tuple[str, ...] = ()
