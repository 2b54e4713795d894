"""Tools over HTTP: calls in the ways that endpoints send them, and what an endpoint without tools gets."""

from dataclasses import replace

import pytest
from standins.model import asking_of, prompt

from reviewbot.control import Control
from reviewbot.model.prompt import Call, Message, Tool
from reviewbot.standin.model_script import Behaviour, always, calling

READ = Tool("read_file", "Reads a file.", '{"type":"object","properties":{"path":{"type":"string"}}}')
FIND = Tool("find", "Finds.", '{"type":"object","properties":{}}')
TWO = calling(("read_file", {"path": "src/ä.py", "start": 1}), ("find", {"name": "total"}), text="I look.")


def with_tools(*more, over=False):
    asked = prompt()
    return replace(asked, messages=(*asked.messages, *more), tools=(READ, FIND), calls_over=over)


@pytest.mark.parametrize("way", ["parts", "whole", "same index", "no ids", "bare"])
def test_calls_are_put_together_however_they_are_sent(way):
    with asking_of(always(replace(TWO, calls_as=way))) as (standin, models):
        answer = models.ask(with_tools(), Control())
    assert [(call.name, call.arguments) for call in answer.calls] == list(TWO.calls)
    assert len({call.id for call in answer.calls}) == 2
    assert (answer.text, answer.finish) == ("I look.", "stop")
    assert [tool["function"]["name"] for tool in standin.requests[0].body["tools"]] == ["read_file", "find"]


def test_the_same_tool_may_be_called_twice_at_once():
    twice = calling(("find", {"name": "a"}), ("find", {"name": "b"}))
    for way in ("parts", "whole", "same index", "no ids", "bare"):
        with asking_of(always(replace(twice, calls_as=way))) as (_, models):
            answer = models.ask(with_tools(), Control())
        assert [call.arguments for call in answer.calls] == ['{"name":"a"}', '{"name":"b"}']


def test_results_go_back_as_the_protocol_wants_them_and_the_prefix_stays():
    with asking_of(always(TWO)) as (standin, models):
        first = models.ask(with_tools(Message("user", "word " * 1000)), Control())
        turn = Message("assistant", first.text, first.calls)
        results = [Message("tool", f"result {call.name}", call_id=call.id) for call in first.calls]
        second = models.ask(with_tools(Message("user", "word " * 1000), turn, *results), Control())
    body = standin.requests[1].body
    assert [message["role"] for message in body["messages"]][-3:] == ["assistant", "tool", "tool"]
    assert standin.requests[1].results == ["result read_file", "result find"]
    assert second.usage.cached_tokens >= first.usage.prompt_tokens - 128
    assert not {call.id for call in second.calls} & {call.id for call in first.calls}


def test_ids_that_are_left_out_are_new_in_each_turn():
    with asking_of(always(replace(TWO, calls_as="no ids"))) as (_, models):
        first = models.ask(with_tools(), Control())
        results = [Message("tool", "nothing", call_id=call.id) for call in first.calls]
        second = models.ask(with_tools(Message("assistant", "", first.calls), *results), Control())
    assert len({call.id for call in (*first.calls, *second.calls)}) == 4


def test_when_calls_are_over_the_tools_are_sent_all_the_same():
    with asking_of() as (standin, models):
        models.ask(with_tools(), Control())
        models.ask(with_tools(over=True), Control())
    free, over = (received.body for received in standin.requests)
    assert free["tools"] == over["tools"]
    assert ("tool_choice" in free, over["tool_choice"]) == (False, "none")


def test_without_tools_nothing_of_them_is_sent_and_calls_are_not_believed():
    with asking_of(always(TWO)) as (standin, models):
        answer = models.ask(prompt(), Control())
    assert answer.calls == ()
    assert "tools" not in standin.requests[0].body


def test_calls_that_were_cut_off_do_not_count():
    with asking_of(always(replace(TWO, finish="length"))) as (_, models):
        answer = models.ask(with_tools(), Control())
    assert (answer.calls, answer.finish) == ((), "length")


def test_an_endpoint_that_knows_no_tools_is_asked_without_from_then_on():
    turn = Message("assistant", "", (Call("c1", "find", '{"name":"a"}'),))
    with asking_of(always(Behaviour()), rejects=["tools"]) as (standin, models):
        models.ask(with_tools(), Control())
        models.ask(with_tools(turn, Message("tool", "It is in line 3.", call_id="c1")), Control())
    assert len(standin.refused) == 1
    assert all("tools" not in received.body for received in standin.requests)
    assert [message["role"] for message in standin.requests[1].body["messages"]][-2:] == ["assistant", "user"]
    assert "It is in line 3." in standin.requests[1].text
    assert standin.requests[1].schema == "findings"


def test_an_endpoint_that_knows_no_tool_choice_keeps_its_tools():
    with asking_of(rejects=["tool_choice"]) as (standin, models):
        models.ask(with_tools(over=True), Control())
    assert "tools" in standin.requests[0].body
    assert "tool_choice" not in standin.requests[0].body


def test_results_stay_apart_where_roles_must_alternate():
    turn = Message("assistant", "", (Call("c1", "find", "{}"), Call("c2", "find", "{}")))
    results = (Message("tool", "one", call_id="c1"), Message("tool", "two", call_id="c2"))
    with asking_of(rejects=["neighbours"]) as (standin, models):
        models.ask(with_tools(Message("user", "and this"), turn, *results), Control())
    assert [message["role"] for message in standin.requests[-1].body["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
    ]


@pytest.mark.parametrize("arguments", ["", "{", "[1]", "nonsense", '{"a": 1} trailing', "{" * 50_000])
def test_arguments_that_are_no_object_are_not_sent_back(arguments):
    with asking_of(always(calling(("find", arguments)))) as (standin, models):
        answer = models.ask(with_tools(), Control())
        (call,) = answer.calls
        models.ask(with_tools(Message("assistant", "", (call,)), Message("tool", "no", call_id=call.id)), Control())
    sent = standin.requests[1].body["messages"][-2]["tool_calls"][0]["function"]["arguments"]
    assert sent == "{}"


def test_strange_names_and_ids_can_be_sent_back():
    with asking_of(always(calling(("rm -rf /\n" * 40, "{}"), ("", "{}")))) as (_, models):
        answer = models.ask(with_tools(), Control())
    assert len(answer.calls[0].name) == 64
    assert answer.calls[0].name.startswith("rm_-rf__")
    assert answer.calls[1].name == "unnamed"
