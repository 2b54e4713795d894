"""What the model stand-in does with a request: behaviours, and ways to choose one."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

_PLANT = re.compile(r"^(o?\d+[a-z2-7]{2})\|\+(.*PLANT\((critical|warning|suggestion)\):[ \t]*(.*))$", re.MULTILINE)
_TAGGED = re.compile(r"o?\d+[a-z2-7]{2}\|")
_CANDIDATE = re.compile(r"^\W*(F\d+)\b(?:[^\w\n]*(critical|warning|suggestion)\b)?", re.MULTILINE)
_HEADING = re.compile(r"[<#=*]|---|\+\+\+|(?:file|path)\b", re.IGNORECASE)
_PATH = re.compile(r"path=\"([^\"]+)\"|`([^`]+)`|([^\s\"'`<>()]*[./][^\s\"'`<>():]*)")

_FILE = re.compile(r"^### (.+) \([a-z]+, \+\d+ -\d+\)$", re.MULTILINE)

_OTHERS = ("verdicts", "summary")

NO_FINDINGS = '{"findings": []}'


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in. `number` counts from 1; `schema` is the name of its strict schema, or empty."""

    number: int
    body: Mapping[str, Any] = field(repr=False)
    prompt_tokens: int

    @property
    def text(self) -> str:
        """All messages, one under the other."""
        return "\n".join(str(message.get("content") or "") for message in self.body["messages"])

    @property
    def results(self) -> list[str]:
        """What came back from the tools that were called, in order."""
        return [str(message["content"]) for message in self.body["messages"] if message.get("role") == "tool"]

    @property
    def may_call(self) -> bool:
        """Whether this request lets the model call tools."""
        return bool(self.body.get("tools")) and self.body.get("tool_choice") != "none"

    @property
    def wanted(self) -> str:
        """The schema's name, also of a request without a strict schema: then the text tells."""
        return self.schema or next((name for name in _OTHERS if f'"{name}"' in self.text[-4_000:]), "findings")

    @property
    def schema(self) -> str:
        described = self.body.get("response_format") or {}
        return str((described.get("json_schema") or {}).get("name", ""))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One answer. Times in seconds; `rate` is tokens per second of the drip, 0: all at once in a few pieces.

    `status` other than 200 answers an error with `code` and `message`; `headers` go with any answer. `drop_after` cuts
    the connection after so many pieces, `silent_after` says nothing more after them, ever. `gate` is waited for before
    the piece number `gate_at`. `comments`: keep-alive comments that are sent forever instead of an answer.
    `calls`: tools that the model calls, name and arguments; see `model_calls` for the ways of saying it in `calls_as`.
    """

    text: str = NO_FINDINGS
    latency: float = 0.0
    rate: float = 0.0
    status: int = 200
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: str = "stop"
    refusal: str = ""
    usage: bool = True
    drop_after: int | None = None
    silent_after: int | None = None
    gate: threading.Event | None = None
    gate_at: int = 0
    comments: bool = False
    calls: tuple[tuple[str, str], ...] = ()
    calls_as: Literal["parts", "whole", "same index", "no ids", "bare"] = "parts"


Script = Callable[[Received], Behaviour]


def rate_limited(retry_after: str | None = None) -> Behaviour:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Behaviour(status=429, code="rate_limit_exceeded", message="Rate limit reached", headers=headers)


def failing(status: int = 500) -> Behaviour:
    return Behaviour(status=status, code="server_error", message="The server had an error")


def truncated(text: str = '{"findings": [{"path": "a.py", "sta') -> Behaviour:
    return Behaviour(text=text, finish="length")


def in_turn(behaviours: Iterable[Behaviour], then: Behaviour | None = None) -> Script:
    """Each request takes the next behaviour; `then` (default: no findings) answers when they are used up."""
    waiting = list(behaviours)

    def script(received: Received) -> Behaviour:
        return waiting.pop(0) if waiting else then or Behaviour()

    return script


def calling(*calls: tuple[str, Mapping[str, Any] | str], text: str = "") -> Behaviour:
    """The model wants these tools called; arguments that are no mapping are sent as they are."""
    told = tuple((name, given if isinstance(given, str) else orjson.dumps(given).decode()) for name, given in calls)
    return Behaviour(text=text, calls=told, finish="tool_calls")


def always(behaviour: Behaviour) -> Script:
    return lambda received: behaviour


def reviewer(latency: float = 0.0, rate: float = 0.0) -> Script:
    """Finds each added line `TAG|+… PLANT(<severity>): <title>` of a prompt; confirms every candidate as a judge,
    and has nothing to say in a conversation.
    """

    def script(received: Received) -> Behaviour:
        answer: dict[str, Any]
        text = received.text
        if received.wanted == "verdicts":
            answer = {"verdicts": confirmed(text)}
        elif received.wanted == "reply":
            answer = {"reply": "", "concede": False, "suggestion": None}
        elif received.wanted == "summary":
            answer = told(text)
        else:
            answer = {"findings": planted(text)}
        return Behaviour(text=orjson.dumps(answer).decode(), latency=latency, rate=rate)

    return script


def planted(text: str) -> list[dict[str, Any]]:
    """The findings for the planted lines of a prompt. A line's path is named by the nearest heading above it."""
    if "PLANT(" not in text:
        return []
    return [
        {
            "path": _path_above(text, match.start()),
            "start": match[1],
            "end": match[1],
            "quote": match[2],
            "severity": match[3],
            "category": "correctness",
            "rule": None,
            "title": match[4].strip() or "Planted",
            "body": "This line was planted.",
            "suggestion": None,
        }
        for match in _PLANT.finditer(text)
    ]


def _path_above(text: str, end: int) -> str:
    while end > 0:
        start = text.rfind("\n", 0, end - 1) + 1
        line = text[start : end - 1].strip()
        if _HEADING.match(line) and not _TAGGED.match(line):
            found = _PATH.search(line)
            if found:
                return next(group for group in found.groups() if group)
        end = start
    return ""


def confirming(received: Received) -> Behaviour:
    """A judge that confirms every candidate as it is."""
    return Behaviour(text=orjson.dumps({"verdicts": confirmed(received.text)}).decode())


def confirmed(text: str) -> list[dict[str, str]]:
    """A verdict for each candidate of a prompt: confirmed, with the severity that stands beside its name."""
    named: dict[str, str] = {}
    for name, severity in _CANDIDATE.findall(text):
        named[name] = named.get(name) or severity
    return [
        {"id": name, "verdict": "confirmed", "severity": severity or "warning", "reason": "It is on that line."}
        for name, severity in named.items()
    ]


def telling(received: Received) -> Behaviour:
    """A summary with one entry for each file of the prompt."""
    return Behaviour(text=orjson.dumps(told(received.text)).decode())


def told(text: str) -> dict[str, Any]:
    """The whole answer to a request for a summary."""
    changes = [{"path": path, "change": "Lines are changed"} for path in _FILE.findall(text)]
    return {"summary": "The change was read.", "walkthrough": changes}
