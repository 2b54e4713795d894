"""Runs an ASGI application on a real loopback socket in a thread of this process."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

_PATIENCE = 20.0  # seconds for start and end, only ever used up when something is broken


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve `app` on 127.0.0.1 (port 0: any free one) and yield its base URL without a slash at the end.

    A handler may call `await scope["drop"]()`: the connection is cut where it stands, what is sent afterwards is lost.
    At the end open connections, streams among them, are cut, the application's lifespan ends and the thread is joined.
    Raises `OSError` when the port is taken, `RuntimeError` when the application's start-up fails.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = _Server(app)
        thread = threading.Thread(target=server.serve_on, args=(listener,), name=f"standin {url}")
        thread.start()
        try:
            if not server.settled.wait(_PATIENCE) or not server.started:
                raise RuntimeError(f"The application did not start on {url}")
            yield url
        finally:
            server.stop()
            thread.join(_PATIENCE)


class _Server(uvicorn.Server):
    """Says when it listens, so that nobody has to poll, and ends at once instead of waiting for streams."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                self._answer, log_config=None, access_log=False, ws="none", interface="asgi3", proxy_headers=False
            )
        )
        self.settled = threading.Event()
        self._app = app
        self._end = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve_on(self, listener: socket.socket) -> None:
        try:
            self.run(sockets=[listener])
        except SystemExit:  # uvicorn's way to say that the application's start-up failed
            return
        finally:
            self.settled.set()

    def stop(self) -> None:
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.settled.set()

    async def main_loop(self) -> None:
        """As uvicorn's, but woken by `stop`."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 10) % 864_000  # it counts tenths of seconds
            try:
                await asyncio.wait_for(self._end.wait(), 1)
            except TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)  # lets the protocols learn that their connections are gone
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.lifespan.shutdown()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def drop() -> None:
            cycle = getattr(send, "__self__", None)  # uvicorn's, it knows the connection
            if cycle is not None:
                cycle.transport.abort()
            await asyncio.sleep(0)  # lets the protocol learn it

        try:
            await self._app({**scope, "drop": drop}, receive, send)
        except asyncio.CancelledError:
            if not self.should_exit:
                raise
