"""Tool calls in the ways that endpoints send them, and what the real API asks of messages that tell of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from reviewbot.standin.model_script import Behaviour, Received

_PARTS = 3  # into which arguments are cut


def deltas(behaviour: Behaviour, received: Received) -> list[dict[str, Any]]:
    """The pieces of a stream. OpenAI sends id and name first and the arguments in parts, others send calls whole: some
    with one index for all, some without ids.
    """
    pieces: list[dict[str, Any]] = []
    for index, (name, arguments) in enumerate(behaviour.calls):
        call: dict[str, Any] = {"index": index, "id": f"call_{received.number}_{index}", "type": "function"}
        if behaviour.calls_as in {"same index", "bare"}:
            call["index"] = 0
        if behaviour.calls_as in {"no ids", "bare"}:
            del call["id"]
        if behaviour.calls_as != "parts":
            pieces.append(call | {"function": {"name": name, "arguments": arguments}})
            continue
        pieces.append(call | {"function": {"name": name, "arguments": ""}})
        size = max(1, -(-len(arguments) // _PARTS))
        pieces += [
            {"index": index, "function": {"arguments": arguments[at : at + size]}}
            for at in range(0, len(arguments), size)
        ]
    return [{"tool_calls": [piece]} for piece in pieces]


def whole(behaviour: Behaviour, received: Received) -> list[dict[str, Any]]:
    """The calls of an answer that is not streamed."""
    return [
        {
            "id": f"call_{received.number}_{index}",
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
        for index, (name, arguments) in enumerate(behaviour.calls)
    ]


def problem(messages: Sequence[Mapping[str, Any]], tools: object) -> str:
    """What is wrong with messages; "": nothing. After a turn with calls comes one result for each, nothing between."""
    waiting: list[str] = []
    for message in messages:
        role, content, calls = message.get("role"), message.get("content"), message.get("tool_calls")
        if role not in {"system", "user", "assistant", "tool"} or not (
            isinstance(content, str) or (calls and content is None)
        ):
            return "Invalid value in 'messages'"
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                return "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'"
            waiting.remove(message["tool_call_id"])
        elif waiting:
            return f"These tool_call_ids did not have response messages: {', '.join(waiting)}"
        if calls:
            if (
                role != "assistant"
                or not tools
                or not all(isinstance(call["function"]["arguments"], str) for call in calls)
            ):
                return "Invalid value in 'messages': 'tool_calls'"
            waiting = [call["id"] for call in calls]
    return f"These tool_call_ids did not have response messages: {', '.join(waiting)}" if waiting else ""
