"""What an endpoint understands of the chat completions API, learnt from the requests that it rejects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

import orjson

from reviewbot.llm import speaking
from reviewbot.model.prompt import Prompt

_FORMAT_WORDS = ("response_format", "json_schema", "json_object", "structured output", "guided", "grammar")
_TOOL_WORDS = re.compile(r"\btools?\b|\btool_|\bfunction[_ -]?call")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Starts as the newest form of the protocol; `without` steps back from what an endpoint rejected."""

    format: Literal["json_schema", "json_object", "none"] = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens", "none"] = "max_tokens"
    temperature: bool = True
    usage: bool = True
    neighbours: bool = True  # several messages of one role in a row
    choice: bool = True  # tool_choice
    tools: bool = True

    def without(self, complaint: str) -> "Dialect | None":
        """The next older form, without what `complaint` (the endpoint's words) names; None: nothing to give up."""
        words = complaint.lower()
        if self.neighbours and alternates(complaint):
            return replace(self, neighbours=False)
        if self.usage and "stream_options" in words:
            return replace(self, usage=False)
        if self.tools and _TOOL_WORDS.search(words):  # the schema stays where an endpoint takes one of both only
            return replace(self, choice=False) if self.choice and "tool_choice" in words else replace(self, tools=False)
        if self.format != "none" and any(word in words for word in _FORMAT_WORDS):
            return replace(self, format="json_object" if self.format == "json_schema" else "none")
        if self.temperature and "temperature" in words:
            return replace(self, temperature=False)
        if self.limit == "max_tokens" and "max_tokens" in words:
            return replace(self, limit="max_completion_tokens")
        if self.limit == "max_completion_tokens" and "max_completion_tokens" in words:
            return replace(self, limit="none")
        return None

    def request(
        self, model: str, prompt: Prompt, schema: Mapping[str, Any], max_output_tokens: int, temperature: float
    ) -> dict[str, Any]:
        """The body of a streamed request. Without strict schemas the schema is told in words, after all shared text.

        Neighbours become one message with their texts in the same order: what requests share stays at the beginning.
        """
        messages = speaking.messages(prompt.messages, tools=self.tools and bool(prompt.tools))
        if not self.neighbours:
            messages = _joined(messages)
        body: dict[str, Any] = {"model": model, "messages": messages, "stream": True}
        if self.tools and prompt.tools:
            body["tools"] = speaking.tools(prompt.tools)
            if prompt.calls_over and self.choice:
                body["tool_choice"] = "none"
        if self.format == "json_schema":
            named = {"name": prompt.schema, "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        else:
            told = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS).decode()
            called = next((at for at, message in enumerate(messages) if "tool_calls" in message), len(messages))
            messages[called - 1]["content"] += f"\n\nAnswer with one JSON object that follows this JSON schema:\n{told}"
            if self.format == "json_object":
                body["response_format"] = {"type": "json_object"}
        if self.limit != "none":
            body[self.limit] = max_output_tokens
        if self.temperature:
            body["temperature"] = temperature
        if self.usage:
            body["stream_options"] = {"include_usage": True}
        return body


def alternates(complaint: str) -> bool:
    """Whether an endpoint says that its template wants user and assistant to take turns.

    The words of most templates are: Conversation roles must alternate user/assistant/user/assistant/...
    """
    words = complaint.lower()
    return ("alternat" in words and ("role" in words or "assistant" in words)) or "after role" in words


def _joined(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls and their results stay apart: their order is the protocol's, and templates that know tools know it."""
    joined: list[dict[str, Any]] = []
    for (role, apart), run in groupby(
        messages, key=lambda one: (one["role"], "tool_calls" in one or "tool_call_id" in one)
    ):
        rows = list(run)
        joined += rows if apart else [{"role": role, "content": "\n\n".join(one["content"] for one in rows)}]
    return joined
