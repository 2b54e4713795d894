"""What a model's endpoint may send that no endpoint should: the question fails in a stated way, money counts right."""

import contextlib
import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reviewbot.control import Control
from reviewbot.core.tokens import Counter
from reviewbot.errors import ModelRateLimited, ModelRefused, ModelUnavailable
from reviewbot.llm.client import OpenAIModels
from reviewbot.model.prompt import Message, Prompt

PROMPT = Prompt((Message("user", "What is wrong here?"),), "findings", (), "a test")
ANSWER = '{"findings": []}'
MB = 1 << 20


def event(content=ANSWER, finish="stop", **more):
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(head | more).encode() + b"\n\n"


@contextlib.contextmanager
def endpoint(parts, status=200, kind="text/event-stream", **headers):
    """A model whose endpoint answers every request with `parts`; it stops sending when nobody listens any more."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            for name, value in ({"content-type": kind} | headers).items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for part in parts:
                    self.wfile.write(part)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    model = OpenAIModels(
        base_url=f"http://127.0.0.1:{server.server_port}/v1",
        api_key="key-of-the-tests",
        model="gpt-4o",
        schemas={"findings": {}},
        counter=Counter(),
    )
    try:
        yield model
    finally:
        model.close()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -1_000_000, "completion_tokens": -5},
        {"prompt_tokens": 10**30, "completion_tokens": 10**30},
        {"prompt_tokens": "many", "completion_tokens": []},
        {"prompt_tokens": 1.5, "completion_tokens": 1e300},
    ],
)
def test_usage_that_cannot_be_true_is_estimated_instead(usage):
    with endpoint([event(usage=usage), b"data: [DONE]\n\n"]) as model:
        used = model.ask(PROMPT, Control()).usage
    counter = Counter()
    assert (used.prompt_tokens, used.completion_tokens) == (
        counter.count(PROMPT.messages[0].content),
        counter.count(ANSWER),
    )
    assert used.cost_usd > 0


def test_a_negative_number_of_cached_tokens_makes_nothing_cheaper():
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": -50}}
    with endpoint([event(usage=usage), b"data: [DONE]\n\n"]) as model:
        assert model.ask(PROMPT, Control()).usage.cached_tokens == 0


@pytest.mark.parametrize(
    "sent",
    [
        event(content=[{"a": 1}]),
        event(content=5),
        event(finish={"a": 1}),
        event(choices=5),
        event(choices=["a"]),
        event(usage=[1]),
        b"data: 5\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
    ],
)
def test_an_event_of_another_shape_is_a_fault_of_the_endpoint(sent):
    with endpoint([sent]) as model, pytest.raises(ModelUnavailable):
        model.ask(PROMPT, Control())


def delta(**parts):
    choice = {"index": 0, "delta": parts, "finish_reason": "tool_calls"}
    return b"data: " + json.dumps({"id": "x", "choices": [choice]}).encode() + b"\n\n"


@pytest.mark.parametrize(
    "call",
    [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "shell", "arguments": '{"run": "id"}'}},
        {"index": 10**9, "function": None},
        {"index": -1, "function": {"name": None, "arguments": None}},
    ],
)
def test_a_tool_that_nobody_offered_is_not_called(call):
    with endpoint([delta(tool_calls=[call]), b"data: [DONE]\n\n"]) as model:
        answer = model.ask(PROMPT, Control())
    assert (answer.text, answer.calls) == ("", ())


@pytest.mark.parametrize(
    "sent",
    [
        delta(tool_calls=5),
        delta(tool_calls=["x"]),
        delta(tool_calls=[{"index": 0, "id": 5, "function": {"name": [1], "arguments": {"a": 1}}}]),
        delta(refusal=5),
        b'data: {"error": {"message": "boom", "code": 500}}\n\n',
        b'data: {"error": [1]}\n\n',
        b'data: {"error": null}\n\n',
        b'data: {"choices": []}\n\n',
        b"data: \xff\xff\n\n",
        b"\x00\xff garbage\n\n" * 100,
        b"event: error\ndata: x\n\n",
        b": alive\n\n" * 100,
        b"",
    ],
)
def test_a_stream_of_anything_else_is_a_fault_of_the_endpoint(sent):
    with endpoint([sent]) as model, pytest.raises(ModelUnavailable):
        model.ask(PROMPT, Control())


def test_an_error_with_status_200_is_told_with_the_mend():
    body = b'{"error": {"message": "no such deployment"}}'
    with endpoint([body], kind="application/json") as model, pytest.raises(ModelRefused) as raised:
        model.ask(PROMPT, Control())
    assert "REVIEWBOT_LLM_BASE_URL" in raised.value.mend


@pytest.mark.parametrize("wish", ["9" * 400, "-5", "1e400", "inf", "nan", "Mon, 01 Jan 0001 00:00:00 GMT", "²"])
def test_a_wish_to_wait_that_is_none_is_none(wish):
    with endpoint([b"{}"], status=429, retry_after=wish) as model, pytest.raises(ModelRateLimited) as raised:
        model.ask(PROMPT, Control())
    assert raised.value.retry_after in {None, 0.0}


def test_a_line_without_an_end_does_not_fill_the_memory():
    with (
        endpoint([b"data: ", *[b"x" * MB] * 200]) as model,
        pytest.raises(ModelUnavailable, match="more than 128 MB"),
    ):
        model.ask(PROMPT, Control())


def test_a_compressed_answer_is_not_unpacked():
    bomb = gzip.compress(bytes(16 * MB))
    with endpoint([bomb], content_encoding="gzip") as model, pytest.raises(ModelUnavailable, match="compressed"):
        model.ask(PROMPT, Control())


def test_of_an_endless_error_only_the_beginning_is_read():
    sent = []

    def endless():
        while len(sent) < 100:
            sent.append(1)
            yield b"x" * MB

    with endpoint(endless(), status=500) as model, pytest.raises(ModelUnavailable, match="answered 500"):
        model.ask(PROMPT, Control())
    assert len(sent) < 100
