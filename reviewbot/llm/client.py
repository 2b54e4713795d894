"""Fills `ports.Models`: one model behind an OpenAI-compatible endpoint, streamed, with strict schemas if it can."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from reviewbot.control import Control
from reviewbot.errors import ModelUnavailable
from reviewbot.llm.dialect import Dialect
from reviewbot.llm.pricing import cost
from reviewbot.llm.speaking import Calls
from reviewbot.model.prompt import Answer, Finish, Prompt, Usage
from reviewbot.ports import TokenCounter

if TYPE_CHECKING:  # the SDK takes a second to import: it is loaded with the first request
    from openai.types.chat import ChatCompletionChunk
    from openai.types.completion_usage import CompletionUsage

    from reviewbot.llm.endpoint import Endpoint

_FINISHES: Mapping[str, Finish] = {"length": "length", "max_tokens": "length", "content_filter": "refused"}
_MOST_TOKENS = 100_000_000  # of one request: no model reads or writes as many
_BROKEN = ("error", "insufficient_system_resource")  # finish reasons that mean a failure of the endpoint


class OpenAIModels:
    """One object per process, used from many threads.

    `schemas` maps schema names to JSON schemas. `concurrency` limits connections, `idle_seconds` the silence on a
    stream, `request_seconds` one request. What the endpoint rejects of the protocol (strict schemas, JSON mode,
    `max_tokens`, `temperature`, `stream_options`, several messages of one role in a row) is left out from then on.
    Where it reports no usage, tokens are estimated with `counter`. No proxy is used for loopback addresses.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        model: str,
        schemas: Mapping[str, Mapping[str, Any]],
        counter: TokenCounter,
        max_output_tokens: int = 8_000,
        temperature: float = 0.0,
        idle_seconds: float = 60.0,
        request_seconds: float = 300.0,
        concurrency: int = 16,
        ca_bundle: Path | None = None,
    ) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._model = model
        self._schemas = schemas
        self._counter = counter
        self._max_output_tokens = max_output_tokens
        self._temperature = temperature
        self._limits = (idle_seconds, request_seconds, concurrency)
        self._ca_bundle = ca_bundle
        self._dialect = Dialect()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._model

    @property
    def parameters(self) -> str:
        """What was asked for, not what the endpoint turned out to understand: kept answers stay valid."""
        return f"temperature={self._temperature:g} max_output_tokens={self._max_output_tokens}"

    def price(self, usage: Usage) -> float | None:
        """US dollars for the tokens of `usage`, None when the model's price is unknown."""
        return cost(self._model, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)

    def ask(self, prompt: Prompt, control: Control, first_token: Callable[[], None] | None = None) -> Answer:
        """One streamed request; requests that were rejected for their form are sent again in an older one."""
        from reviewbot.llm.failures import RequestRejected

        while True:
            control.check()
            dialect = self._dialect
            try:
                return self._ask(prompt, dialect, control, first_token)
            except RequestRejected as error:
                if error.filtered:
                    return Answer(error.message, "refused", Usage(requests=1), self._model)
                if not self._learn(dialect, error.complaint):
                    raise

    @staticmethod
    def warm() -> None:
        """Load the library: it takes half a second."""
        import reviewbot.llm.endpoint  # noqa: F401

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        if "_endpoint" in self.__dict__:
            self._endpoint.close()
            del self.__dict__["_endpoint"]

    @cached_property
    def _endpoint(self) -> "Endpoint":
        from reviewbot.llm.endpoint import Endpoint, Limits

        return Endpoint(self._base_url, self._api_key, Limits(*self._limits), self._ca_bundle)

    def _learn(self, used: Dialect, complaint: str) -> bool:
        """Whether there is another form of the request to try. Others may have learnt it meanwhile."""
        with self._lock:
            if self._dialect == used:
                older = used.without(complaint)
                if older is None:
                    return False
                self._dialect = older
            return True

    def _ask(
        self, prompt: Prompt, dialect: Dialect, control: Control, first_token: Callable[[], None] | None
    ) -> Answer:
        started = time.monotonic()
        schema = self._schemas[prompt.schema]
        body = dialect.request(self._model, prompt, schema, self._max_output_tokens, self._temperature)
        with self._lock:
            endpoint = self._endpoint
        with endpoint.events(body, control) as events:
            calls = Calls(sum(len(message.calls) for message in prompt.messages))
            text, finish, reported = _collect(events, control, first_token, calls)
            called = calls.done()
            tokens = self._tokens(prompt, text + "".join(f"{call.name}{call.arguments}" for call in called), reported)
        usage = Usage(1, *tokens, cost_usd=cost(self._model, *tokens), seconds=time.monotonic() - started)
        whole = finish == "stop" and bool(prompt.tools)
        return Answer(text=text, finish=finish, usage=usage, model=self._model, calls=called if whole else ())

    def _tokens(self, prompt: Prompt, text: str, usage: "CompletionUsage | None") -> tuple[int, int, int]:
        """Prompt, cached and completion tokens: as reported, else estimated, never 0 for want of a report."""
        if usage is not None and _credible(usage.prompt_tokens):
            completed = usage.completion_tokens if _credible(usage.completion_tokens) else self._counter.count(text)
            return usage.prompt_tokens, min(_cached(usage), usage.prompt_tokens), completed
        asked = sum(map(self._counter.count, prompt.texts()))
        return asked, 0, self._counter.count(text)


def _collect(
    events: Iterable["ChatCompletionChunk"], control: Control, first_token: Callable[[], None] | None, calls: Calls
) -> tuple[str, Finish, "CompletionUsage | None"]:
    """Text (a refusal's too), finish and usage of a stream; its calls are added to `calls`.

    Raises `ModelUnavailable` for one that broke off.
    """
    parts: list[str] = []
    refusal: list[str] = []
    reason, usage = "", None
    for event in events:
        if first_token is not None:
            first_token()
            first_token = None
        control.check()
        usage = event.usage or usage
        for choice in event.choices or ():
            if choice.delta is not None:
                parts.append(choice.delta.content or "")
                refusal.append(choice.delta.refusal or "")
                for call in choice.delta.tool_calls or ():
                    calls.add(call)
            reason = choice.finish_reason or reason
    if not reason or reason in _BROKEN:
        raise ModelUnavailable("The model's endpoint broke the stream off before the end of the answer")
    text = "".join(parts)
    if not text and any(refusal):
        return "".join(refusal), "refused", usage
    return text, _FINISHES.get(reason, "stop"), usage


def _cached(usage: "CompletionUsage") -> int:
    """Tokens read from the provider's prefix cache; DeepSeek reports them under a name of its own."""
    details = usage.prompt_tokens_details
    known = details.cached_tokens if details is not None else None
    told = known or (usage.model_extra or {}).get("prompt_cache_hit_tokens")
    return told if _credible(told) else 0


def _credible(tokens: object) -> TypeGuard[int]:
    """Whether an endpoint's number can be one of tokens: money is counted by it, so nonsense is estimated instead."""
    return type(tokens) is int and 0 < tokens <= _MOST_TOKENS
