"""Messages and tools in the words of the chat completions API, and the calls that a stream brings in parts."""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from reviewbot.model.prompt import Call, Message, Tool

_MOST_CALLS = 64
_LONGEST_ARGUMENTS = 20_000  # characters
_STRANGE = re.compile(r"[^A-Za-z0-9_-]")


def tools(wanted: Sequence[Tool]) -> list[dict[str, Any]]:
    """Not `strict`: servers that do not know the word refuse it, and arguments are checked here all the same."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": orjson.loads(tool.parameters),
            },
        }
        for tool in wanted
    ]


def messages(wanted: Sequence[Message], *, tools: bool) -> list[dict[str, Any]]:
    """`tools` off: what was called and what came back is told in plain words, for an endpoint that knows no tools."""
    return [_message(message) if tools else _told(message) for message in wanted]


def _message(message: Message) -> dict[str, Any]:
    content = encodable(message.content)
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": content}
    if not message.calls:
        return {"role": message.role, "content": content}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _echo(call.arguments)}}
        for call in message.calls
    ]
    return {"role": message.role, "content": content or None, "tool_calls": calls}


def _told(message: Message) -> dict[str, Any]:
    content = encodable(message.content)
    called = "\n".join(f"{call.name} {_echo(call.arguments)}" for call in message.calls)
    role = "user" if message.role == "tool" else message.role
    return {"role": role, "content": "\n".join(filter(None, (content, called)))}


def _echo(arguments: str) -> str:
    """Arguments that are no JSON object come back empty: servers that read them would fail, and the result says why."""
    return arguments if _sound(arguments) else "{}"


def _sound(arguments: str) -> bool:
    try:
        return isinstance(orjson.loads(arguments), dict)
    except orjson.JSONDecodeError:
        return False


def encodable(text: str) -> str:
    """`text` without lone surrogates, which no request can carry."""
    return text.encode("utf-8", "replace").decode()


class Calls:
    """Puts calls together from the deltas of one stream.

    A delta belongs to the call with its `index`. Servers that send calls whole may give them all one index or none: a
    delta with a name begins a new call when its id is another, or the call before has all its arguments. `before`: how
    many calls the conversation has had, so that ids made for a server that leaves them out are new ones.
    """

    def __init__(self, before: int = 0) -> None:
        self._before = before
        self._parts: list[_Parts] = []
        self._last: dict[int, _Parts] = {}

    def add(self, delta: Any) -> None:
        """A delta's `tool_calls` entry. Raises `AttributeError` or `TypeError` when it has no such shape."""
        function = delta.function
        name = (function.name if function is not None else None) or ""
        arguments = (function.arguments if function is not None else None) or ""
        if isinstance(arguments, dict):  # some servers send the object itself
            arguments = orjson.dumps(arguments).decode()
        index = delta.index if isinstance(delta.index, int) else -1
        parts = self._last.get(index) if index >= 0 else (self._parts[-1] if self._parts else None)
        if parts is None or (name and (index < 0 or (delta.id or parts.id) != parts.id or _sound(parts.arguments))):
            if len(self._parts) >= _MOST_CALLS:
                return
            parts = self._last[index] = _Parts()
            self._parts.append(parts)
        parts.id = parts.id or str(delta.id or "")
        parts.name += name if name != parts.name else ""
        parts.add(arguments)

    def done(self) -> tuple[Call, ...]:
        """The calls in their order, with ids and names that can be sent back."""
        found: list[Call] = []
        for number, parts in enumerate(self._parts, self._before + 1):
            id_ = parts.id[:80] if parts.id.isprintable() else ""
            if not id_ or any(call.id == id_ for call in found):
                id_ = f"call_{number}"
            name = _STRANGE.sub("_", parts.name)[:64] or "unnamed"
            found.append(Call(encodable(id_), name, parts.arguments))
        return tuple(found)


class _Parts:
    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self._texts: list[str] = []
        self._length = 0

    def add(self, text: str) -> None:
        """Beyond the limit the rest is dropped: what is left is no JSON any more, and the call is answered so."""
        text = text[: _LONGEST_ARGUMENTS - self._length]
        self._length += len(text)
        self._texts.append(text)

    @property
    def arguments(self) -> str:
        return encodable("".join(self._texts))
