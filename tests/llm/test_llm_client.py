import threading
from email.utils import formatdate

import httpx2
import pytest
from standins.model import SCHEMAS, Words, asking_of, prompt, seen

from reviewbot.control import Control
from reviewbot.errors import (
    ConfigurationError,
    ContextOverflow,
    DeadlineExceeded,
    ModelRateLimited,
    ModelRefused,
    ModelUnavailable,
    Superseded,
)
from reviewbot.llm.client import OpenAIModels
from reviewbot.model.prompt import Message, Prompt
from reviewbot.standin.model_script import Behaviour, always, failing, in_turn, rate_limited


def test_an_answer_comes_with_its_usage_and_cost():
    with asking_of(always(Behaviour(text='{"findings": []}' * 20))) as (standin, models):
        answer = models.ask(prompt("word " * 2000), Control())
    assert answer.text == '{"findings": []}' * 20
    assert answer.finish == "stop"
    assert answer.model == "gpt-4o"
    assert answer.usage.requests == 1
    assert answer.usage.prompt_tokens == standin.prompt_tokens
    assert answer.usage.completion_tokens == 80
    assert answer.usage.cost_usd == pytest.approx(standin.prompt_tokens * 2.5e-6 + 80 * 10e-6)


def test_a_request_has_the_strict_schema_and_asks_for_usage():
    with asking_of() as (standin, models):
        models.ask(prompt(), Control())
    body = standin.requests[0].body
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "findings", "strict": True, "schema": SCHEMAS["findings"]},
    }
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert (body["temperature"], body["max_tokens"]) == (0, 8000)


def test_a_prefix_that_was_read_before_is_counted_as_cached():
    with asking_of() as (_standin, models):
        first = models.ask(prompt("first", system="shared " * 1000), Control())
        second = models.ask(prompt("second", system="shared " * 1000), Control())
    assert first.usage.cached_tokens == 0
    assert second.usage.cached_tokens == 1664  # 7,000 characters in whole blocks of 128 tokens
    assert second.usage.cost_usd < first.usage.cost_usd


def test_the_cost_of_an_unknown_model_is_unknown():
    with asking_of(model="our-own") as (_, models):
        assert models.ask(prompt(), Control()).usage.cost_usd is None


def test_tokens_are_estimated_where_none_are_reported():
    with asking_of(always(Behaviour(text="one two three", usage=False))) as (_, models):
        usage = models.ask(prompt("four words are here"), Control()).usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (10, 3)
    assert usage.cost_usd > 0


def test_the_first_token_is_told_once_and_before_the_end():
    gate, told = threading.Event(), []

    def first_token():
        told.append(list(standin.events))
        gate.set()

    with asking_of(always(Behaviour(gate=gate, gate_at=1))) as (standin, models):
        models.ask(prompt(), Control(), first_token)
    assert told == [[("asked", 1), ("started", 1)]]


@pytest.mark.parametrize(
    ("rejects", "absent", "requests"),
    [
        (["json_schema"], set(), 2),
        (["json_schema", "json_object"], {"response_format"}, 3),
        (["temperature"], {"temperature"}, 2),
        (["max_tokens"], {"max_tokens"}, 2),
        (["max_tokens", "max_completion_tokens"], {"max_tokens", "max_completion_tokens"}, 3),
        (["stream_options"], {"stream_options"}, 2),
        (["json_schema", "temperature", "max_tokens", "stream_options"], {"temperature", "max_tokens"}, 5),
    ],
    ids=lambda value: "+".join(sorted(map(str, value))) if not isinstance(value, int) else str(value),
)
def test_what_an_endpoint_rejects_is_left_out_from_then_on(rejects, absent, requests):
    with asking_of(rejects=rejects) as (standin, models):
        for _ in range(2):
            assert models.ask(prompt(), Control()).finish == "stop"
    assert len(standin.refused) == requests - 1
    for received in standin.requests:
        assert not absent & received.body.keys()


def test_in_json_mode_the_schema_is_told_after_all_shared_text():
    with asking_of(rejects=["json_schema"]) as (standin, models):
        models.ask(prompt("Look at this"), Control())
    messages = standin.requests[0].body["messages"]
    assert standin.requests[0].body["response_format"] == {"type": "json_object"}
    assert messages[0]["content"] == "You review code. Answer in JSON."
    assert messages[-1]["content"].startswith("Look at this\n\n")
    assert '"required":["findings"]' in messages[-1]["content"]


def turns(*messages):
    return Prompt(tuple(Message(role, text) for role, text in messages), "findings", "", "v1")


@pytest.mark.parametrize("status", [400, 500])
def test_where_roles_must_alternate_neighbours_are_joined_in_their_order(status):
    words = "You review code. Answer in JSON."
    asked = [("system", words), ("user", "The merge request"), ("user", "The chunk"), ("user", "The task")]
    question = turns(*asked, ("assistant", "{"), ("user", "Once more"))
    with asking_of(rejects=["neighbours", "json_schema"], template_status=status) as (standin, models):
        for _ in range(2):
            assert models.ask(question, Control()).finish == "stop"
    assert len(standin.refused) == 2
    first, second, third, last = standin.requests[1].body["messages"]
    assert first == {"role": "system", "content": words}
    assert second == {"role": "user", "content": "The merge request\n\nThe chunk\n\nThe task"}
    assert third == {"role": "assistant", "content": "{"}
    assert last["content"].startswith("Once more\n\nAnswer with one JSON object")


def test_joined_messages_share_their_prefix_as_separate_ones_do():
    with asking_of(rejects=["neighbours"]) as (_, models):
        cached = [
            models.ask(turns(("user", "diff " * 1000), ("user", task)), Control()).usage.cached_tokens
            for task in ("Look for bugs", "Look for holes")
        ]
    assert cached == [0, 1152]  # 5,000 characters in whole blocks of 128 tokens


def test_many_threads_learn_together():
    with asking_of(rejects=["json_schema", "temperature"]) as (standin, models):
        threads = [threading.Thread(target=models.ask, args=(prompt(), Control())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(standin.requests) == 8
    assert {received.body["response_format"]["type"] for received in standin.requests} == {"json_object"}


def test_an_answer_at_the_output_limit_is_told():
    with asking_of(always(Behaviour(text='{"find', finish="length"))) as (_, models):
        assert models.ask(prompt(), Control()).finish == "length"


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(text="", refusal="I cannot help with that"),
        Behaviour(text="", finish="content_filter"),
        Behaviour(status=400, code="content_filter", message="The prompt triggered the content management policy"),
    ],
    ids=["refusal", "filtered answer", "filtered prompt"],
)
def test_a_refusal_is_an_answer(behaviour):
    with asking_of(always(behaviour)) as (_, models):
        answer = models.ask(prompt(), Control())
    assert answer.finish == "refused"
    assert answer.usage.requests == 1


@pytest.mark.parametrize(
    ("behaviour", "kind", "mend"),
    [
        (failing(500), ModelUnavailable, ""),
        (failing(529), ModelUnavailable, ""),
        (failing(408), ModelUnavailable, ""),
        (Behaviour(drop_after=0), ModelUnavailable, ""),
        (Behaviour(text="x" * 100, drop_after=1), ModelUnavailable, ""),
        (Behaviour(finish=""), ModelUnavailable, ""),
        (rate_limited(), ModelRateLimited, ""),
        (
            Behaviour(status=429, code="insufficient_quota", message="You exceeded your current quota"),
            ModelRefused,
            "quota",
        ),
        (Behaviour(status=403, code="forbidden", message="no"), ModelRefused, "REVIEWBOT_LLM_API_KEY"),
        (Behaviour(status=404, code="model_not_found", message="no"), ModelRefused, "REVIEWBOT_LLM_MODEL"),
        (Behaviour(status=400, code="odd", message="no"), ModelRefused, "REVIEWBOT_LLM_MODEL"),
        (Behaviour(status=302, headers={"location": "http://127.0.0.1:9/"}), ModelRefused, "REVIEWBOT_LLM_BASE_URL"),
        (Behaviour(status=413, message="Request too large"), ContextOverflow, "REVIEWBOT_CHUNK_TOKENS"),
    ],
    ids=lambda value: getattr(value, "message", None) or str(getattr(value, "status", "")) or None,
)
def test_a_failure_is_told_by_its_kind(behaviour, kind, mend):
    with asking_of(always(behaviour)) as (standin, models):
        with pytest.raises(kind) as told:
            models.ask(prompt(), Control())
        assert len(standin.requests) == 1
    assert mend in told.value.mend


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "'max_tokens' is too large: 8000. This model's maximum context length is 4096 tokens",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "the request exceeds the available context size, try increasing it",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "Input is too long for requested model.",
    ],
)
def test_a_prompt_that_does_not_fit_is_told_in_every_servers_words(words):
    with asking_of(always(Behaviour(status=400, message=words))) as (_, models), pytest.raises(ContextOverflow):
        models.ask(prompt(), Control())


def test_the_context_window_of_an_endpoint_is_respected():
    told = pytest.raises(ContextOverflow, match="maximum context length is 100 tokens")
    with asking_of(context_tokens=100) as (standin, models), told:
        models.ask(prompt("word " * 200), Control())
    assert standin.refused == ["context_length_exceeded"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"retry-after-ms": "250", "Retry-After": "1"}, 0.25),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": formatdate(0, usegmt=True)}, 0),
    ],
)
def test_the_wish_of_a_rate_limit_is_read(headers, seconds):
    limited = Behaviour(status=429, message="slow down", headers=headers)
    with asking_of(always(limited)) as (_, models), pytest.raises(ModelRateLimited) as told:
        models.ask(prompt(), Control())
    assert told.value.retry_after == seconds


def test_a_wrong_key_is_told_without_the_key():
    with asking_of(key="wrong-key-123") as (standin, models), pytest.raises(ModelRefused) as told:
        models.ask(prompt(), Control())
    assert "wrong-key-123" not in str(told.value)
    assert "REVIEWBOT_LLM_API_KEY" in told.value.mend
    assert standin.requests == []


def test_an_echoed_key_is_cut_out_of_the_error_and_the_error_is_short():
    echo = Behaviour(
        status=400, message=f"bad key secret-key or sk-abc***xyz or Bearer secret-key {'x' * 5000}\n\x1b[31m"
    )
    with asking_of(always(echo)) as (_, models), pytest.raises(ModelRefused) as told:
        models.ask(prompt(), Control())
    assert "secret-key" not in str(told.value)
    assert "sk-abc" not in str(told.value)
    assert len(told.value.message) < 400
    assert told.value.message.isprintable()


def test_silence_after_some_words_ends_at_the_idle_limit():
    silent = Behaviour(text="x" * 100, silent_after=1)
    with asking_of(always(silent), client={"idle_seconds": 0.1}) as (_, models), pytest.raises(ModelUnavailable):
        models.ask(prompt(), Control())


def test_comments_that_keep_a_stream_alive_do_not_keep_it_forever():
    endless = always(Behaviour(comments=True))
    told = pytest.raises(ModelUnavailable, match=r"longer than 0\.1 s")
    with asking_of(endless, client={"request_seconds": 0.1}) as (_, models), told:
        models.ask(prompt(), Control())


def test_a_deadline_ends_a_silent_request():
    with asking_of(always(Behaviour(silent_after=0))) as (_, models), pytest.raises(DeadlineExceeded):
        models.ask(prompt(), Control(seconds=0.1))


def test_a_superseded_run_stops_in_mid_stream_and_the_endpoint_sees_it():
    control, gate = Control(), threading.Event()

    def first_token():
        control.stop(Superseded("A newer head"))
        gate.set()

    dripping = Behaviour(text="x" * 4000, rate=50, gate=gate, gate_at=1)
    with asking_of(always(dripping)) as (standin, models):
        with pytest.raises(Superseded):
            models.ask(prompt(), control, first_token)
        seen(standin, ("left", 1))
        assert ("ended", 1) not in standin.events


def test_a_stopped_run_sends_nothing():
    control = Control()
    control.stop(Superseded("A newer head"))
    with asking_of() as (standin, models), pytest.raises(Superseded):
        models.ask(prompt(), control)
    assert standin.events == []


def test_nobody_listening_is_told_with_the_mend():
    with asking_of() as (_, models):
        pass
    with pytest.raises(ModelUnavailable, match="REVIEWBOT_LLM_BASE_URL"):
        models.ask(prompt(), Control())


def test_a_web_page_instead_of_the_api_is_told():
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    from reviewbot.standin.serving import serving

    app = Starlette(routes=[Route("/{path:path}", lambda request: HTMLResponse("<p>hi"), methods=["POST"])])
    with serving(app) as url:
        models = OpenAIModels(base_url=url, api_key="", model="m", schemas=SCHEMAS, counter=Words())
        with pytest.raises(ModelRefused, match="text/html") as told:
            models.ask(prompt(), Control())
        models.close()
    assert "REVIEWBOT_LLM_BASE_URL" in told.value.mend


@pytest.mark.parametrize(
    "sent", [b"data: {oops\n\n", b'data: {"error": {"message": "overloaded", "code": 503}}\n\n', b""]
)
def test_a_broken_stream_is_unavailable(sent):
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    from reviewbot.standin.serving import serving

    def answer(request):
        return Response(sent, media_type="text/event-stream")

    with serving(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])) as url:
        models = OpenAIModels(base_url=url, api_key="k", model="m", schemas=SCHEMAS, counter=Words())
        with pytest.raises(ModelUnavailable):
            models.ask(prompt(), Control())
        models.close()


def test_an_address_that_is_none_is_a_configuration_error():
    models = OpenAIModels(base_url="llm.internal", api_key="k", model="m", schemas=SCHEMAS, counter=Words())
    with pytest.raises(ConfigurationError, match="REVIEWBOT_LLM_BASE_URL"):
        models.ask(prompt(), Control())


def test_a_proxy_of_the_environment_is_not_used_on_loopback(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with asking_of() as (_, models):
        assert models.ask(prompt(), Control()).finish == "stop"


def test_lone_surrogates_do_not_keep_a_prompt_from_being_sent():
    with asking_of() as (standin, models):
        models.ask(prompt("before \ud800 after"), Control())
    assert "before ? after" in standin.requests[0].text


def test_parameters_do_not_change_with_what_an_endpoint_understands():
    with asking_of(rejects=["temperature", "max_tokens"]) as (_, models):
        before = models.parameters
        models.ask(prompt(), Control())
        assert models.parameters == before


def test_the_sdk_is_not_loaded_before_it_is_needed():
    import subprocess
    import sys

    code = "import sys, reviewbot.llm.client; sys.exit('openai' in sys.modules or 'httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_stand_in_answers_without_a_stream_too():
    with asking_of() as (_standin, models):
        url = models._base_url
        headers = {"Authorization": "Bearer secret-key"}
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        answer = httpx2.post(f"{url}/chat/completions", json=body, headers=headers).json()
        listed = httpx2.get(f"{url}/models", headers=headers).json()
        nothing = httpx2.post(f"{url}/chat/completions", json={"model": "m"}, headers=headers)
    assert answer["choices"][0]["message"]["content"] == '{"findings": []}'
    assert listed["data"][0]["id"] == "stand-in"
    assert nothing.status_code == 400


def test_an_unknown_schema_name_is_rejected_by_the_stand_in():
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "poem", "schema": {}}},
    }
    with asking_of() as (_, models):
        answer = httpx2.post(
            f"{models._base_url}/chat/completions", json=body, headers={"Authorization": "Bearer secret-key"}
        )
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "response_format"


def test_a_script_answers_in_turn():
    with asking_of(in_turn([Behaviour(text="a"), Behaviour(text="b")], then=Behaviour(text="c"))) as (_, models):
        assert [models.ask(prompt(), Control()).text for _ in range(4)] == ["a", "b", "c", "c"]
