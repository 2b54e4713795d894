"""A model behind an OpenAI-compatible endpoint: checks requests, follows a script, counts what an endpoint counts."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from reviewbot.standin import model_calls
from reviewbot.standin.model_cache import PrefixCache
from reviewbot.standin.model_script import Behaviour, Received, Script, always, confirming, telling

SCHEMAS = ("findings", "verdicts", "summary", "reply")
_ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."  # vLLM and llama.cpp, of templates
_TICK = 0.005  # seconds between looks at a gate


class ModelStandIn:
    """Serve `app` with `serving`; the API is under `/v1`.

    `script` answers the reviewers, `judge` requests for verdicts, `teller` those for a summary (None: `script`
    does that as well).
    `key`: the bearer key that is asked for ("": any). `context_tokens`: the context window, None for none.
    `rejects`: what of the protocol is answered with 400: "json_schema", "json_object", "temperature", "max_tokens",
    "max_completion_tokens", "stream_options", "tools", "tool_choice", "neighbours" (messages of one role
    in a row, answered with `template_status`). Everything is on one event loop: counts may be read at any time.
    `events` lists ("asked" | "started" | "ended" | "left", number of the request) in the order they happened: started
    is the first piece on its way, left is a client that went away before the end.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        judge: Script | None = confirming,
        teller: Script | None = telling,
        key: str = "",
        models: Sequence[str] = (),
        context_tokens: int | None = None,
        rejects: Sequence[str] = (),
        template_status: int = 400,
    ) -> None:
        self.script = script or always(Behaviour())
        self.judge = judge
        self.teller = teller
        self.key = key
        self.models = tuple(models)
        self.context_tokens = context_tokens
        self.rejects = set(rejects)
        self.template_status = template_status
        self.requests: list[Received] = []
        self.refused: list[str] = []
        self.events: list[tuple[str, int]] = []
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.running = 0
        self.most_at_once = 0
        self._cache = PrefixCache()
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/v1/models", self._list),
            ]
        )

    async def _list(self, request: Request) -> Response:
        if not self._authorised(request):
            return self._refuse(401, "invalid_api_key", "Incorrect API key provided")
        models = self.models or ("stand-in",)
        return JSONResponse(
            {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "stand-in"} for name in models]}
        )

    async def _complete(self, request: Request) -> Response:
        if not self._authorised(request):
            return self._refuse(401, "invalid_api_key", "Incorrect API key provided")
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            return self._refuse(400, "invalid_json", "We could not parse the JSON body of your request")
        problem = self._problem(body)
        if problem is not None:
            return problem
        tokens = self._cache.tokens(body)
        if self.context_tokens is not None and tokens > self.context_tokens:
            said = f"This model's maximum context length is {self.context_tokens} tokens, your messages have {tokens}"
            return self._refuse(400, "context_length_exceeded", said, "messages")
        received = Received(len(self.requests) + 1, body, tokens)
        self.requests.append(received)
        self.events.append(("asked", received.number))
        own = {"verdicts": self.judge, "summary": self.teller}.get(received.wanted)
        return await self._answer(request, received, (own or self.script)(received))

    def _authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return not self.key or secrets.compare_digest(given.encode(), f"Bearer {self.key}".encode())

    def _problem(self, body: Any) -> Response | None:
        """What the real API rejects with 400 or 404, as far as reviewbot can get it wrong."""
        if not isinstance(body, dict) or not body.get("model"):
            return self._refuse(400, "missing_required_parameter", "you must provide a model parameter", "model")
        if self.models and body["model"] not in self.models:
            return self._refuse(404, "model_not_found", f"The model `{body['model']}` does not exist", "model")
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            return self._refuse(400, "missing_required_parameter", "Missing required parameter: 'messages'", "messages")
        if told := model_calls.problem(messages, body.get("tools")):
            return self._refuse(400, "invalid_value", told, "messages")
        roles = [message["role"] for message in messages]
        if "neighbours" in self.rejects and any(one == next_one != "tool" for one, next_one in pairwise(roles)):
            return self._refuse(self.template_status, "BadRequestError", _ALTERNATE)
        for name in ("temperature", "max_tokens", "max_completion_tokens", "stream_options", "tools", "tool_choice"):
            if name in body and name in self.rejects:
                return self._refuse(400, "unsupported_parameter", f"Unsupported parameter: '{name}'", name)
        return self._format_problem(body)

    def _format_problem(self, body: dict[str, Any]) -> Response | None:
        wanted = body.get("response_format")
        if wanted is None:
            return None
        kind = wanted.get("type")
        if kind not in {"json_schema", "json_object", "text"} or kind in self.rejects:
            said = f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model"
            return self._refuse(400, "invalid_value", said, "response_format")
        if kind == "json_object" and "json" not in str(body["messages"]).lower():
            said = "'messages' must contain the word 'json' to use 'response_format' of type 'json_object'"
            return self._refuse(400, "invalid_value", said, "messages")
        described = wanted.get("json_schema") or {}
        if kind == "json_schema" and (
            described.get("name") not in SCHEMAS or not isinstance(described.get("schema"), dict)
        ):
            said = f"Invalid schema for response_format '{described.get('name')}'"
            return self._refuse(400, "invalid_value", said, "response_format")
        return None

    def _refuse(self, status: int, code: str, message: str, param: str | None = None) -> Response:
        self.refused.append(code)
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        return JSONResponse({"error": error}, status_code=status)

    async def _answer(self, request: Request, received: Received, behaviour: Behaviour) -> Response:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        headers = dict(behaviour.headers)
        if behaviour.status != 200:
            self._end(received, "ended")
            error = {"message": behaviour.message, "type": behaviour.code, "param": None, "code": behaviour.code}
            return JSONResponse({"error": error}, status_code=behaviour.status, headers=headers)
        if received.body.get("stream"):
            stream = self._events(request, received, behaviour)
            return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
        await self._wait(behaviour, 0)
        usage = self._start(received, behaviour)
        self._end(received, "ended")
        message: dict[str, Any] = {"role": "assistant", "content": behaviour.text, "refusal": behaviour.refusal or None}
        if behaviour.calls:
            message["tool_calls"] = model_calls.whole(behaviour, received)
        choice = {"index": 0, "message": message, "finish_reason": behaviour.finish}
        answer = {**_head(received, "chat.completion"), "choices": [choice], **({"usage": usage} if usage else {})}
        return JSONResponse(answer, headers=headers)

    async def _events(self, request: Request, received: Received, behaviour: Behaviour) -> AsyncIterator[bytes]:
        how = "left"
        try:
            while behaviour.comments:
                yield b": still working\n\n"
                await asyncio.sleep(_TICK)
            usage: dict[str, Any] | None = None
            for number, piece in enumerate([*_pieces(behaviour), *model_calls.deltas(behaviour, received)]):
                await self._wait(behaviour, number)
                if number == 0:
                    usage = self._start(received, behaviour)
                if number == behaviour.drop_after:
                    await request.scope["drop"]()
                    return
                yield _chunk(received, [{"index": 0, "delta": piece, "finish_reason": None}])
            yield _chunk(received, [{"index": 0, "delta": {}, "finish_reason": behaviour.finish}])
            if usage and (received.body.get("stream_options") or {}).get("include_usage"):
                yield _chunk(received, [], usage=usage)
            how = "ended"
            yield b"data: [DONE]\n\n"
        finally:
            self._end(received, how)

    async def _wait(self, behaviour: Behaviour, number: int) -> None:
        """Everything that comes before a piece: latency or drip, the gate, endless silence."""
        seconds = behaviour.latency if number == 0 else 1 / behaviour.rate if behaviour.rate else 0
        if seconds:
            await asyncio.sleep(seconds)
        if number == behaviour.silent_after:
            await asyncio.Event().wait()
        gate = behaviour.gate if number == behaviour.gate_at else None
        while gate is not None and not gate.is_set():  # noqa: ASYNC110  # a thread opens it, which has no loop
            await asyncio.sleep(_TICK)

    def _start(self, received: Received, behaviour: Behaviour) -> dict[str, Any] | None:
        """The prompt was read: from now on its prefix is cached. Gives the usage, None where it is kept back."""
        cached = self._cache.read(received.body)
        self.events.append(("started", received.number))
        self.prompt_tokens += received.prompt_tokens
        self.cached_tokens += cached
        if not behaviour.usage:
            return None
        written = max(1, (len(behaviour.text) + sum(len(arguments) for _, arguments in behaviour.calls)) // 4)
        return {
            "prompt_tokens": received.prompt_tokens,
            "completion_tokens": written,
            "total_tokens": received.prompt_tokens + written,
            "prompt_tokens_details": {"cached_tokens": cached},
        }

    def _end(self, received: Received, how: str) -> None:
        self.running -= 1
        self.events.append((how, received.number))


def _pieces(behaviour: Behaviour) -> list[dict[str, str]]:
    """The deltas of a stream: tokens of four characters where it drips, else a few large ones, at least two."""
    name = "refusal" if behaviour.refusal else "content"
    text = behaviour.refusal or behaviour.text
    size = 4 if behaviour.rate else max(1, min(4_000, (len(text) + 1) // 2))
    return [{"role": "assistant", name: text[:size]}] + [
        {name: text[at : at + size]} for at in range(size, len(text), size)
    ]


def _head(received: Received, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{received.number}", "object": kind, "created": 0, "model": received.body["model"]}


def _chunk(received: Received, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bytes:
    head = _head(received, "chat.completion.chunk")
    return b"data: " + orjson.dumps({**head, "choices": choices, "usage": usage}) + b"\n\n"
