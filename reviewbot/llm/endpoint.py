"""One endpoint through the openai SDK: sends a request, hands its events on, brakes between them."""

import ipaddress
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
import openai.resources.chat  # else loaded with the first request
from openai.types.chat import ChatCompletionChunk

from reviewbot.control import Control
from reviewbot.errors import ConfigurationError, ModelRefused, ModelUnavailable
from reviewbot.llm.failures import safe, translated

OPENAI = "https://api.openai.com/v1"
_CONNECT = 15.0  # seconds
_ANSWER_BYTES = 128 << 20  # of one answer: events around 100,000 tokens take less
_ERROR_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """`idle`: seconds without a byte; `request`: seconds of one request; `concurrency`: requests at once."""

    idle: float = 60.0
    request: float = 300.0
    concurrency: int = 16


class Endpoint:
    """Thread-safe; one connection pool. The environment's proxies are not used for loopback addresses."""

    def __init__(self, base_url: str, api_key: str, limits: Limits, ca_bundle: Path | None = None) -> None:
        self._key = api_key
        self._limits = limits
        url = base_url or OPENAI
        _insist_on_address(url)
        http = httpx2.Client(
            verify=_trust(ca_bundle),
            limits=httpx2.Limits(
                max_connections=limits.concurrency, max_keepalive_connections=limits.concurrency, keepalive_expiry=60
            ),
            trust_env=not _is_loopback(url),
            follow_redirects=False,  # the key goes to the configured origin only
            headers={"Accept-Encoding": "identity"},  # a few compressed bytes could fill the memory
            event_hooks={"response": [self._bound]},
        )
        # Local servers take any key, the SDK insists on one.
        self._sdk = openai.OpenAI(base_url=url, api_key=api_key or "none", max_retries=0, http_client=http)

    @contextmanager
    def events(self, body: dict[str, Any], control: Control) -> Iterator[Iterator[ChatCompletionChunk]]:
        """The events of one streamed request; left early, the stream is closed and the endpoint sees it.

        Raises what `failures.translated` makes of the SDK's errors, and what `control.check` raises, at the latest
        with the next byte that arrives (comments that keep a stream alive count).
        """
        ends = time.monotonic() + self._limits.request

        def brake() -> None:
            control.check()
            if time.monotonic() > ends:
                raise ModelUnavailable(f"The model took longer than {self._limits.request:g} s for one answer")

        try:
            stream = self._sdk.chat.completions.create(**body, timeout=self._patience(control))
            with stream:
                self._insist_on_events(stream.response)
                stream.response.stream = _Braked(stream.response.stream, brake)
                yield iter(stream)
        except openai.OpenAIError as error:
            control.check()
            raise translated(error, self._key) from error
        except (ValueError, TypeError, AttributeError, RecursionError) as error:  # the SDK checks no event's shape
            words = safe(str(error), self._key)
            raise ModelUnavailable(f"The model's endpoint sent an event that cannot be read: {words}") from error

    def close(self) -> None:
        self._sdk.close()

    def _bound(self, response: httpx2.Response) -> None:
        """Called before the body of any answer is read, those of errors by the SDK itself among them."""
        if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise ModelUnavailable("The model's endpoint sent a compressed answer, which was not asked for")
        response.stream = _Bounded(response.stream, self._limits.request, cut=response.is_error)

    def _patience(self, control: Control) -> httpx2.Timeout:
        silence = max(0.01, min(self._limits.idle, self._limits.request, control.remaining()))
        return httpx2.Timeout(connect=min(_CONNECT, silence), read=silence, write=silence, pool=self._limits.request)

    def _insist_on_events(self, response: httpx2.Response) -> None:
        """A web page or a plain answer instead of a stream means that the address is not the API's."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in {"text/html", "application/json"}:
            raise ModelRefused(
                f"The model's endpoint sent {kind} instead of a stream of events",
                mend="check that REVIEWBOT_LLM_BASE_URL ends where /chat/completions begins (mostly with /v1)",
            )


class _Bounded(httpx2.SyncByteStream):
    """A response's bytes as long as they are few enough and come soon enough. `cut`: else end instead of raising."""

    def __init__(self, stream: Any, seconds: float, *, cut: bool) -> None:
        self._stream = stream
        self._cut = cut
        self._left = _ERROR_BYTES if cut else _ANSWER_BYTES
        self._ends = time.monotonic() + seconds

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            self._left -= len(part)
            if self._left < 0 or (self._cut and time.monotonic() > self._ends):
                if self._cut:
                    return
                raise ModelUnavailable(f"The model's endpoint sent more than {_ANSWER_BYTES >> 20} MB for one answer")
            yield part

    def close(self) -> None:
        self._stream.close()


class _Braked(httpx2.SyncByteStream):
    """A response's bytes with a check between them: the SDK shows events only, and not those that it skips."""

    def __init__(self, stream: Any, brake: Callable[[], None]) -> None:
        self._stream = stream
        self._brake = brake

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            self._brake()
            yield part

    def close(self) -> None:
        self._stream.close()


def _insist_on_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        sound = False
    if not sound:
        raise ConfigurationError(
            f"{url} is no address of a model's endpoint", mend="write REVIEWBOT_LLM_BASE_URL as https://HOST/v1"
        )


def _trust(ca_bundle: Path | None) -> ssl.SSLContext | bool:
    if ca_bundle is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:
        raise ConfigurationError(
            f"The CA bundle {ca_bundle} cannot be read: {error}", mend="correct REVIEWBOT_CA_BUNDLE"
        ) from error


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
