"""Counts prompt tokens, and those that a caching endpoint would have read from its prefix cache."""

from collections.abc import Mapping
from typing import Any

import orjson

_CHARACTERS = 4  # of one token, about
_BLOCK = 128 * _CHARACTERS  # endpoints cache whole blocks of 128 tokens


class PrefixCache:
    """Knows every prompt that was read. Caches are per model and cover response format and tools, which come first."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def tokens(self, body: Mapping[str, Any]) -> int:
        tools = len(orjson.dumps(body["tools"])) if body.get("tools") else 0
        return max(1, (tools + sum(len(_said(message)) for message in body["messages"])) // _CHARACTERS)

    def read(self, body: Mapping[str, Any]) -> int:
        """Remember a prompt; tokens of its longest prefix known from earlier ones, in whole blocks."""
        state = hash((body["model"], orjson.dumps(body.get("response_format"))))
        tools = f"{orjson.dumps(body['tools']).decode()}\0" if body.get("tools") else ""
        text = tools + "\0".join(f"{message['role']}\0{_said(message)}" for message in body["messages"])
        hits, missed = 0, False
        for start in range(0, len(text) - _BLOCK + 1, _BLOCK):
            state = hash((state, text[start : start + _BLOCK]))
            missed = missed or state not in self._seen
            hits += not missed
            self._seen.add(state)
        return hits * _BLOCK // _CHARACTERS


def _said(message: Mapping[str, Any]) -> str:
    """A message's text, its calls included."""
    calls = orjson.dumps(message["tool_calls"]).decode() if message.get("tool_calls") else ""
    return f"{message.get('content') or ''}{calls}"
