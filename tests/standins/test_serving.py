import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from reviewbot.standin.serving import serving


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def forever(request: Request) -> StreamingResponse:
    async def drip() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.Event().wait()

    return StreamingResponse(drip())


ROUTES = [Route("/", hello), Route("/forever", forever)]


def test_serves_while_the_block_lasts_and_not_after():
    with serving(Starlette(routes=ROUTES)) as url:
        assert httpx.get(url).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_an_endless_stream_is_cut_when_the_block_ends():
    with httpx.Client() as client, serving(Starlette(routes=ROUTES)) as url:
        stream = client.stream("GET", f"{url}/forever")
        response = stream.__enter__()
        parts = response.iter_raw()
        assert next(parts) == b"first"
    with pytest.raises(httpx.HTTPError):
        next(parts)
    stream.__exit__(None, None, None)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("standin")]


def test_the_lifespan_of_the_application_is_kept():
    events = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        events.append("up")
        yield
        events.append("down")

    with serving(Starlette(routes=ROUTES, lifespan=lifespan)):
        assert events == ["up"]
    assert events == ["up", "down"]


def test_a_failing_start_is_told():
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        raise OSError("no disk")
        yield

    with pytest.raises(RuntimeError, match="did not start"), serving(Starlette(lifespan=lifespan)):
        pass


def test_a_taken_port_is_told():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"), serving(Starlette(), port=other.getsockname()[1]):
            pass
