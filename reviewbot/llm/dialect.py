"""What an endpoint understands of the chat completions API, learnt from the requests that it rejects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import orjson

from reviewbot.model.prompt import Prompt

_FORMAT_WORDS = ("response_format", "json_schema", "json_object", "structured output", "guided", "grammar")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Starts as the newest form of the protocol; `without` steps back from what an endpoint rejected."""

    format: Literal["json_schema", "json_object", "none"] = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens", "none"] = "max_tokens"
    temperature: bool = True
    usage: bool = True
    neighbours: bool = True  # several messages of one role in a row

    def without(self, complaint: str) -> "Dialect | None":
        """The next older form, without what `complaint` (the endpoint's words) names; None: nothing to give up."""
        words = complaint.lower()
        if self.neighbours and alternates(complaint):
            return replace(self, neighbours=False)
        if self.usage and "stream_options" in words:
            return replace(self, usage=False)
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
        messages = [{"role": message.role, "content": _encodable(message.content)} for message in prompt.messages]
        if not self.neighbours:
            messages = _joined(messages)
        body: dict[str, Any] = {"model": model, "messages": messages, "stream": True}
        if self.format == "json_schema":
            named = {"name": prompt.schema, "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        else:
            told = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS).decode()
            messages[-1]["content"] += f"\n\nAnswer with one JSON object that follows this JSON schema:\n{told}"
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


def _joined(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    runs = [list(run) for _, run in groupby(messages, key=itemgetter("role"))]
    return [{"role": run[0]["role"], "content": "\n\n".join(one["content"] for one in run)} for run in runs]


def _encodable(text: str) -> str:
    """`text` without lone surrogates, which no request can carry."""
    return text.encode("utf-8", "replace").decode()
