"""Faults around an application: the n-th request that matches fails in a stated way, or calls back."""

import asyncio
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Scope = dict[str, Any]


@dataclass
class Fault:
    """What happens to the requests number `nth` … `nth + times - 1` (from 1) with this method and path pattern.

    kind: "bad_gateway" (502, not carried out), "unavailable" (carried out, answered 502), "drop" (connection cut
    before anything is done), "lose" (carried out, then the connection is cut), "limit" (429 with Retry-After),
    "slow" (held until `release` is set, or `seconds`), "call" (`callback` first), "call_after" (`callback` between
    carrying it out and answering).
    """

    method: str
    path: str
    kind: str
    nth: int = 1
    times: int = 1
    retry_after: str | None = "0"
    seconds: float = 0.0
    callback: Callable[[], None] | None = None
    release: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    seen: int = 0

    @property
    def fired(self) -> bool:
        return self.reached.is_set()


class Faults:
    """ASGI middleware. Use: `faults = Faults(lab.app); faults.add("POST", r"/discussions$", "lose")`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, method: str, path: str, kind: str, **more: Any) -> Fault:
        fault = Fault(method, path, kind, **more)
        with self._lock:
            self.faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.faults.clear()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        fault = self._due(scope) if scope["type"] == "http" else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        fault.reached.set()
        await getattr(self, f"_{fault.kind}")(fault, scope, receive, send)

    def _due(self, scope: Scope) -> Fault | None:
        path = scope["raw_path"].decode("ascii").partition("?")[0]
        found = None
        with self._lock:
            for fault in self.faults:
                if fault.method in {"*", scope["method"]} and re.search(fault.path, path):
                    fault.seen += 1
                    if fault.nth <= fault.seen < fault.nth + fault.times:
                        found = found or fault
        return found

    async def _bad_gateway(self, fault: Fault, scope: Scope, receive: Any, send: Any) -> None:
        await _read(receive)
        await _answer(send, 502, b"<html>502 Bad Gateway</html>")

    async def _unavailable(self, fault: Fault, scope: Scope, receive: Any, send: Any) -> None:
        await self.app(scope, receive, _swallow)
        await _answer(send, 502, b"<html>502 Bad Gateway</html>")

    async def _limit(self, fault: Fault, scope: Scope, receive: Any, send: Any) -> None:
        await _read(receive)
        headers = [] if fault.retry_after is None else [(b"retry-after", fault.retry_after.encode())]
        await _answer(send, 429, b"Retry later\n", headers)

    async def _drop(self, fault: Fault, scope: Scope, receive: Any, send: Any) -> None:
        await _read(receive)
        await scope["drop"]()  # serving's own word, ASGI has none

    async def _lose(self, fault: Fault, scope: Scope, receive: Any, send: Any) -> None:
        await self.app(scope, receive, _swallow)
        await scope["drop"]()  # serving's own word, ASGI has none

    async def _slow(self, fault: Fault, scope: Scope, receive: Any, send: Any) -> None:
        await asyncio.to_thread(fault.release.wait, fault.seconds or None)
        await self.app(scope, receive, send)

    async def _call(self, fault: Fault, scope: Scope, receive: Any, send: Any) -> None:
        assert fault.callback
        await asyncio.to_thread(fault.callback)
        await self.app(scope, receive, send)

    async def _call_after(self, fault: Fault, scope: Scope, receive: Any, send: Any) -> None:
        assert fault.callback
        answered: list[Any] = []

        async def keep(message: Any) -> None:
            answered.append(message)

        await self.app(scope, receive, keep)
        await asyncio.to_thread(fault.callback)
        for message in answered:
            await send(message)


async def _read(receive: Any) -> None:
    while (await receive()).get("more_body"):
        pass


async def _swallow(_: Any) -> None:
    """The answer to a request whose connection is going to break."""


async def _answer(send: Any, status: int, body: bytes, headers: Any = ()) -> None:
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain"), *headers]}
    )
    await send({"type": "http.response.body", "body": body})
