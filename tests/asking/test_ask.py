import json
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from standins.model import KeptInMemory, Words, asking_of, prompt, seen

from reviewbot.asking.ask import Asker
from reviewbot.asking.budget import Budget
from reviewbot.asking.conversation import Patience
from reviewbot.asking.questions import Question, content_keys
from reviewbot.asking.turns import FairExecutor
from reviewbot.control import Control
from reviewbot.errors import (
    AnswerUnusable,
    BudgetExceeded,
    Cancelled,
    ContextOverflow,
    DeadlineExceeded,
    LeaseLost,
    ModelRefused,
    Superseded,
    TransientError,
)
from reviewbot.model.prompt import Message, Prefix, Prompt
from reviewbot.standin.model_script import Behaviour, always, failing, in_turn, rate_limited, truncated

pytestmark = pytest.mark.timeout(30)

QUICK = Patience(attempts=3, first=0.001, longest=0.002, longest_wish=5)
GOOD = Behaviour(text='{"findings": ["good"]}')


def read(text):
    try:
        return json.loads(text)["findings"]
    except (ValueError, KeyError, TypeError) as error:
        raise AnswerUnusable(f"not readable: {error}") from error


def with_words(original, *more):
    return Prompt((*original.messages, *more), original.schema, original.prefixes, original.version)


def repair(original, text, problem):
    return with_words(original, Message("assistant", text), Message("user", f"Repair JSON: {problem}"))


def shorter(original):
    return with_words(original, Message("user", "Answer in fewer words"))


def question(text="Review", prefix="", **options):
    return Question(prompt(text, prefix), read, repair, **options)


def questions(count, prefix=""):
    return [question(f"number {index}", prefix) for index in range(count)]


@contextmanager
def asker_of(script=None, *, limit=8, answers=None, patience=QUICK, **options):
    executor = FairExecutor(limit)
    with asking_of(script, **options) as (standin, models):
        yield standin, Asker(models, KeptInMemory() if answers is None else answers, executor, Words(), patience)
        executor.close()


def by_number(received):
    return Behaviour(text=json.dumps({"findings": [received.text.rpartition(" ")[2]]}))


def test_replies_come_in_the_order_of_the_questions():
    progress = []
    with asker_of(by_number) as (_, asker):
        replies = asker.ask_all(questions(20), 8, Control(), Budget(), lambda *counts: progress.append(counts))
    assert [reply.value for reply in replies] == [[str(index)] for index in range(20)]
    assert {reply.problem for reply in replies} == {""}
    assert progress == [(done, 20) for done in range(1, 21)]


def test_the_first_question_is_asked_while_the_next_is_made():
    with asker_of(by_number) as (standin, asker):

        def made():
            yield question("number 0")
            seen(standin, ("asked", 1))
            yield question("number 1")

        progress = []
        replies = asker.ask_all(made(), 8, Control(), Budget(), lambda *counts: progress.append(counts))
    assert [reply.value for reply in replies] == [["0"], ["1"]]
    assert progress[-1] == (2, 2)


def test_questions_made_after_the_asking_has_ended_are_left():
    with asker_of(key="another") as (standin, asker):

        def made():
            yield question("number 0")
            while not standin.refused:
                threading.Event().wait(0.002)
            yield from questions(9)[1:]

        replies = asker.ask_all(made(), 1, Control(), Budget())
    assert standin.refused == ["invalid_api_key"]
    assert [isinstance(reply.error, ModelRefused) for reply in replies] == [True] * 9


def test_no_question_no_request():
    with asker_of() as (standin, asker):
        assert asker.ask_all([], 8, Control(), Budget()) == []
    assert standin.events == []


def test_a_review_stays_within_its_own_limit():
    with asker_of(always(Behaviour(latency=0.01))) as (standin, asker):
        asker.ask_all(questions(12), 3, Control(), Budget())
    assert standin.most_at_once <= 3


def test_a_restart_pays_nothing():
    answers = KeptInMemory()
    with asker_of(answers=answers) as (standin, asker):
        first = asker.ask_all(questions(5, "shared"), 8, Control(), Budget())
        again = asker.ask_all(questions(5, "shared"), 8, Control(), Budget())
    assert len(standin.requests) == 5
    assert [reply.value for reply in again] == [reply.value for reply in first]
    assert {reply.kept for reply in again} == {True}
    assert sum(reply.usage.requests for reply in again) == 0


def test_kept_answers_come_although_the_budget_is_used_up():
    answers = KeptInMemory()
    with asker_of(answers=answers) as (_, asker):
        asker.ask_all(questions(5), 8, Control(), Budget())
        mixed = [question("new"), *questions(5)]
        replies = asker.ask_all(mixed, 8, Control(), Budget(0.0, price=lambda usage: 1.0))
    assert isinstance(replies[0].error, BudgetExceeded)
    assert [reply.kept for reply in replies] == [False] + [True] * 5


def test_a_kept_answer_that_cannot_be_read_any_more_is_asked_anew():
    answers = KeptInMemory()
    with asker_of(answers=answers) as (standin, asker):
        lenient = Question(prompt(), str, repair)
        asker.ask_all([lenient], 8, Control(), Budget())
        key, kept = answers.kept.popitem()
        answers.kept[key] = type(kept)("not json", kept.finish, kept.usage, kept.model)
        (reply,) = asker.ask_all([question("Review this change")], 8, Control(), Budget())
    assert (reply.value, reply.kept, len(standin.requests)) == ([], False, 2)


@pytest.mark.parametrize("text", ["no json", 'Here it is: {"findings": []}', '{"findings"', "[]"])
def test_a_broken_answer_is_repaired_once_and_kept_under_the_first_question(text):
    answers = KeptInMemory()
    with asker_of(in_turn([Behaviour(text=text), GOOD]), answers=answers) as (standin, asker):
        (reply,) = asker.ask_all([question()], 8, Control(), Budget())
        (again,) = asker.ask_all([question()], 8, Control(), Budget())
    assert (reply.value, reply.problem, reply.usage.requests) == (["good"], "", 2)
    assert standin.requests[1].body["messages"][-2] == {"role": "assistant", "content": text}
    assert (again.value, again.kept, len(standin.requests)) == (["good"], True, 2)


def test_an_answer_that_stays_broken_is_a_problem_of_its_own():
    with asker_of(always(Behaviour(text="prose"))) as (standin, asker):
        replies = asker.ask_all(questions(3), 1, Control(), Budget())
    assert len(standin.requests) == 6
    assert {reply.value for reply in replies} == {None}
    assert "not readable" in replies[0].problem
    assert all(isinstance(reply.error, AnswerUnusable) for reply in replies)


def test_a_truncated_answer_is_asked_again_for_a_shorter_one():
    answers = KeptInMemory()
    with asker_of(in_turn([truncated(), GOOD]), answers=answers) as (standin, asker):
        (reply,) = asker.ask_all([question(again=shorter)], 8, Control(), Budget())
        (kept,) = asker.ask_all([question(again=shorter)], 8, Control(), Budget())
    assert standin.requests[1].body["messages"][-1]["content"] == "Answer in fewer words"
    assert (reply.value, reply.problem) == (["good"], "")
    assert (kept.value, kept.kept) == (["good"], True)


def test_what_can_be_read_of_a_truncated_answer_comes_with_the_problem_and_is_not_kept():
    answers = KeptInMemory()
    part = truncated('{"findings": ["only one"]}')
    with asker_of(in_turn([truncated(), part]), answers=answers) as (_, asker):
        (reply,) = asker.ask_all([question(again=shorter)], 8, Control(), Budget())
    assert reply.value == ["only one"]
    assert "cut off" in reply.problem
    assert answers.kept == {}


def test_a_truncated_answer_that_may_not_be_asked_again_is_a_problem():
    with asker_of(always(truncated())) as (standin, asker):
        (reply,) = asker.ask_all([question()], 8, Control(), Budget())
    assert (reply.value, len(standin.requests)) == (None, 1)
    assert "REVIEWBOT_LLM_MAX_OUTPUT_TOKENS" in reply.problem


def test_a_refusal_is_a_problem_and_is_not_kept():
    answers = KeptInMemory()
    with asker_of(in_turn([Behaviour(refusal="I would rather not")], then=GOOD), answers=answers) as (_, asker):
        replies = asker.ask_all(questions(2), 1, Control(), Budget())
    assert "I would rather not" in replies[0].problem
    assert replies[1].value == ["good"]
    assert len(answers.kept) == 1


@pytest.mark.parametrize(
    "passing",
    [failing(500), failing(503), rate_limited(), rate_limited("0"), Behaviour(text="x" * 99, drop_after=1)],
    ids=["500", "503", "429", "429 with a wish", "dropped in mid-stream"],
)
def test_what_passes_is_asked_again(passing):
    with asker_of(in_turn([passing, passing], then=GOOD)) as (standin, asker):
        (reply,) = asker.ask_all([question()], 8, Control(), Budget())
    assert (reply.value, reply.usage.requests, len(standin.requests)) == (["good"], 3, 3)


def test_a_prompt_that_was_read_before_the_stream_broke_is_paid_for():
    dropping = Behaviour(text="x" * 99, drop_after=1)
    with asker_of(in_turn([dropping], then=GOOD)) as (_, asker):
        budget = Budget(price=lambda usage: float(usage.prompt_tokens))
        (reply,) = asker.ask_all([question("three more words")], 8, Control(), budget)
    assert reply.usage.cost_usd > 9
    assert budget.used == reply.usage


def test_attempts_are_bounded():
    with asker_of(always(failing())) as (standin, asker):
        (reply,) = asker.ask_all([question()], 8, Control(), Budget())
    assert len(standin.requests) == 3
    assert isinstance(reply.error, TransientError)


def test_a_wish_beyond_patience_is_not_waited_for():
    with asker_of(always(rate_limited("3600"))) as (standin, asker):
        (reply,) = asker.ask_all([question()], 8, Control(), Budget())
    assert len(standin.requests) == 1
    assert "429" in reply.problem


def test_a_wrong_key_costs_one_request():
    with asker_of(key="another") as (standin, asker):
        replies = asker.ask_all(questions(80, "shared"), 8, Control(), Budget())
    assert standin.refused == ["invalid_api_key"]
    assert all(isinstance(reply.error, ModelRefused) for reply in replies)
    assert {reply.problem for reply in replies} == {replies[0].problem}
    assert [reply.usage.requests for reply in replies] == [1] + [0] * 79


def test_a_wrong_key_costs_one_wave_where_no_prefix_is_shared():
    with asker_of(key="another") as (standin, asker):
        asker.ask_all(questions(80), 4, Control(), Budget())
    assert len(standin.refused) <= 4


def test_a_dead_endpoint_is_not_asked_eighty_times():
    with asker_of(always(failing())) as (standin, asker):
        replies = asker.ask_all(questions(80), 1, Control(), Budget())
    assert len(standin.requests) == 3
    assert all(isinstance(reply.error, TransientError) for reply in replies)


def test_one_refused_request_between_answers_is_its_own_problem():
    odd = Behaviour(status=400, message="odd")
    with asker_of(in_turn([GOOD, odd], then=GOOD)) as (_standin, asker):
        replies = asker.ask_all(questions(4), 1, Control(), Budget())
    assert [reply.value for reply in replies] == [["good"], None, ["good"], ["good"]]
    assert isinstance(replies[1].error, ModelRefused)


def test_two_refused_requests_in_a_row_end_the_asking():
    odd = Behaviour(status=400, message="odd")
    with asker_of(in_turn([GOOD, odd, odd], then=GOOD)) as (standin, asker):
        replies = asker.ask_all(questions(9), 1, Control(), Budget())
    assert len(standin.requests) == 3
    assert all("odd" in reply.problem for reply in replies[1:])


def test_a_question_too_long_is_split_by_the_collector():
    parts = [question(f"part {index}") for index in range(2)]
    whole = question("too long " * 200, split=lambda: parts)
    progress = []
    with asker_of(by_number, context_tokens=100) as (_standin, asker):
        replies = asker.ask_all(
            [question("number 7"), whole, question("number 8")], 1, Control(), Budget(), lambda *p: progress.append(p)
        )
    assert [reply.value for reply in replies] == [["7"], ["0"], ["1"], ["8"]]
    assert [reply.question for reply in replies[1:3]] == parts
    assert sum(reply.usage.requests for reply in replies) == 5
    assert progress[-1] == (4, 4)


def test_a_question_too_long_that_cannot_be_split_is_a_problem_of_its_own():
    with asker_of(by_number, context_tokens=100) as (_, asker):
        replies = asker.ask_all([question("too long " * 200), question("number 8")], 1, Control(), Budget())
    assert isinstance(replies[0].error, ContextOverflow)
    assert replies[1].value == ["8"]


def test_the_budget_stops_asking_and_what_there_is_comes_back():
    with asker_of(by_number) as (standin, asker):
        budget = Budget(3.5, price=lambda usage: 1.0)
        models_cost = [asker.ask_all([question(f"number {index}")], 1, Control(), budget) for index in range(3)]
        budget.add(type(budget.used)(cost_usd=3.0))
        replies = asker.ask_all(questions(9), 8, Control(), budget)
    assert [reply[0].value for reply in models_cost] == [["0"], ["1"], ["2"]]
    assert [reply.kept for reply in replies[:3]] == [True] * 3
    assert all(isinstance(reply.error, BudgetExceeded) for reply in replies[3:])
    assert len(standin.requests) == 3


def test_a_fan_out_does_not_pass_the_budget():
    def price(usage):
        return usage.prompt_tokens * 2.5e-6 + usage.completion_tokens * 10e-6

    limit = price(type(Budget().used)(prompt_tokens=2000, completion_tokens=600)) * 3
    big = [question("word " * 2000 + str(index)) for index in range(20)]
    with asker_of() as (standin, asker):
        budget = Budget(limit, price=price)
        replies = asker.ask_all(big, 8, Control(), budget)
    assert 0 < len(standin.requests) < 20
    assert budget.used.cost_usd <= limit
    assert sum(not reply.problem for reply in replies) == len(standin.requests)


def test_a_budget_for_a_model_without_a_price_asks_nothing():
    with asker_of(model="our-own") as (standin, asker):
        replies = asker.ask_all(questions(3), 8, Control(), Budget(1.0, price=lambda usage: None))
    assert standin.requests == []
    assert all("remove REVIEWBOT_MAX_COST_PER_REVIEW" in reply.problem for reply in replies)


def test_the_deadline_gives_back_what_there_is():
    def script(received):
        return by_number(received) if "number 0" in received.text else Behaviour(silent_after=0)

    with asker_of(script) as (_, asker):
        replies = asker.ask_all(questions(20), 4, Control(seconds=0.5), Budget())
    assert replies[0].value == ["0"]
    assert all(isinstance(reply.error, (DeadlineExceeded, TransientError)) for reply in replies[1:])


@pytest.mark.parametrize("reason", [Superseded("newer"), Cancelled("down"), LeaseLost("lost")])
def test_a_stopped_run_raises_while_requests_hang(reason):
    control = Control()
    with asker_of(always(Behaviour(silent_after=0))) as (standin, asker):
        stopper = threading.Thread(target=lambda: (seen(standin, ("asked", 4)), control.stop(reason)))
        stopper.start()
        with pytest.raises(type(reason)):
            asker.ask_all(questions(20), 4, control, Budget())
        stopper.join()
        assert len(standin.requests) == 4


def test_a_superseded_run_cuts_its_streams():
    control, gate = Control(), threading.Event()
    with asker_of(always(Behaviour(text="x" * 4000, rate=50, gate=gate, gate_at=1))) as (standin, asker):

        def stop():
            seen(standin, ("started", 1))
            control.stop(Superseded("newer"))
            gate.set()

        stopper = threading.Thread(target=stop)
        stopper.start()
        with pytest.raises(Superseded):
            asker.ask_all([question()], 4, control, Budget())
        seen(standin, ("left", 1))
        stopper.join()


def test_siblings_start_at_the_first_token_of_their_leader():
    gate = threading.Event()

    def script(received):
        # The leader ends only after all its siblings were asked: they cannot have waited for its end.
        return Behaviour(gate=gate, gate_at=1) if received.number == 1 else Behaviour()

    with asker_of(script) as (standin, asker):
        watcher = threading.Thread(target=lambda: (seen(standin, ("asked", 4)), gate.set()))
        watcher.start()
        replies = asker.ask_all(questions(4, "shared"), 8, Control(), Budget())
        watcher.join()
    assert standin.events[:2] == [("asked", 1), ("started", 1)]
    assert standin.events.index(("ended", 1)) > standin.events.index(("asked", 4))
    assert [reply.problem for reply in replies] == [""] * 4


def test_siblings_do_not_wait_for_a_first_token_longer_than_reading_takes():
    gate = threading.Event()

    def script(received):
        # The leader is silent until all its siblings were asked: they cannot have waited for its first token.
        return Behaviour(gate=gate) if received.number == 1 else Behaviour()

    shared = [Question(prompt(f"number {index}", "shared", tokens=100), read, repair) for index in range(4)]
    with asker_of(script) as (standin, asker):
        watcher = threading.Thread(target=lambda: (seen(standin, ("asked", 4)), gate.set()))
        watcher.start()
        replies = asker.ask_all(shared, 8, Control(), Budget())
        watcher.join()
    assert standin.events.index(("started", 1)) > standin.events.index(("asked", 4))
    assert [reply.problem for reply in replies] == [""] * 4


def test_specialists_of_a_chunk_wait_for_its_first_question_and_chunks_for_the_first_of_all():
    asked = []

    def script(received):
        asked.append(received.text.rpartition("\n")[2])
        return Behaviour()

    def about(chunk, specialist):
        messages = (Message("system", "JSON"), Message("user", f"{chunk}{specialist}"))
        prefixes = (Prefix("merge request", 10**9), Prefix(f"chunk {chunk}", 10**9))
        return Question(Prompt(messages, "findings", prefixes, "v"), read, repair)

    with asker_of(script) as (_, asker):
        replies = asker.ask_all([about(chunk, one) for chunk in "ab" for one in "123"], 1, Control(), Budget())
    assert asked == ["a1", "a2", "a3", "b1", "b2", "b3"]
    assert {reply.problem for reply in replies} == {""}


def test_siblings_read_the_prefix_of_their_leader_from_the_cache():
    shared = [
        Question(
            Prompt(
                (Message("system", "shared JSON " * 500), Message("user", str(index))),
                "findings",
                (Prefix("p", 10**9),),
                "v",
            ),
            read,
            repair,
        )
        for index in range(4)
    ]
    with asker_of() as (_, asker):
        replies = asker.ask_all(shared, 8, Control(), Budget())
    assert [reply.usage.cached_tokens > 1000 for reply in replies] == [False, True, True, True]


def test_prefixes_do_not_wait_for_each_other():
    barrier = threading.Event()

    def script(received):
        return Behaviour(gate=barrier)

    mixed = [question(f"{prefix} {index}", prefix) for prefix in "abc" for index in range(3)]
    with asker_of(script) as (standin, asker):
        watcher = threading.Thread(target=lambda: (seen(standin, ("asked", 3)), barrier.set()))
        watcher.start()
        replies = asker.ask_all(mixed, 8, Control(), Budget())
        watcher.join()
    first = {standin.requests[index].text.rpartition("\n")[2][0] for index in range(3)}
    assert first == {"a", "b", "c"}
    assert len(replies) == 9


def test_a_leader_that_fails_hands_on_to_its_siblings():
    def script(received):
        return failing() if "number 1" in received.text else by_number(received)

    with asker_of(script) as (_, asker):
        replies = asker.ask_all([*questions(1), *questions(4, "shared")[1:]], 1, Control(), Budget())
    assert [reply.value for reply in replies] == [["0"], None, ["2"], ["3"]]


def test_a_kept_leader_hands_on_to_its_siblings():
    answers = KeptInMemory()
    with asker_of(by_number, answers=answers) as (_, asker):
        asker.ask_all(questions(1, "shared"), 8, Control(), Budget())
        replies = asker.ask_all(questions(4, "shared"), 8, Control(), Budget())
    assert [reply.kept for reply in replies] == [True, False, False, False]
    assert [reply.value for reply in replies] == [["0"], ["1"], ["2"], ["3"]]


def test_a_leader_too_long_hands_on_to_its_siblings_and_parts():
    whole = question("too long " * 200, "shared", split=lambda: questions(2, "shared"))
    with asker_of(by_number, context_tokens=100) as (_, asker):
        replies = asker.ask_all([whole, question("number 5", "shared")], 8, Control(), Budget())
    assert [reply.value for reply in replies] == [["0"], ["1"], ["5"]]


def test_leaders_queued_behind_another_review_block_nobody():
    gate = threading.Event()

    def script(received):
        return Behaviour(gate=gate) if "large" in received.text else by_number(received)

    with asker_of(script, limit=2) as (standin, asker):
        large = [question(f"large {index}") for index in range(6)]
        threads = [threading.Thread(target=asker.ask_all, args=(large, 2, Control(), Budget()))]
        threads[0].start()
        seen(standin, ("asked", 2))
        replies = []
        small = threading.Thread(
            target=lambda: replies.extend(asker.ask_all(questions(3, "shared"), 2, Control(), Budget()))
        )
        small.start()
        gate.set()
        small.join()
        threads[0].join()
    assert [reply.value for reply in replies] == [["0"], ["1"], ["2"]]


def test_reviews_take_turns_at_the_endpoint():
    gate = threading.Event()

    def script(received):
        return Behaviour(gate=gate) if received.number == 1 else Behaviour()

    with asker_of(script, limit=1) as (standin, asker):
        large = threading.Thread(
            target=asker.ask_all, args=([question(f"large {n}") for n in range(30)], 8, Control(), Budget())
        )
        large.start()
        seen(standin, ("asked", 1))
        small = [
            threading.Thread(target=asker.ask_all, args=([question(f"small {n}")], 8, Control(), Budget()))
            for n in range(3)
        ]
        for thread in small:
            thread.start()
        while len(asker._executor._turns) < 4:
            threading.Event().wait(0.002)
        gate.set()
        for thread in [large, *small]:
            thread.join()
    served = ["small" in received.text for received in standin.requests]
    assert len(served) == 33
    assert all(index <= 5 for index, small_one in enumerate(served) if small_one)


def test_a_closing_pool_cancels_the_run():
    gate = threading.Event()
    with asker_of(always(Behaviour(gate=gate)), limit=1) as (standin, asker):
        closer = threading.Thread(target=lambda: (seen(standin, ("asked", 1)), asker._executor.close()))
        closer.start()
        with pytest.raises(Cancelled):
            asker.ask_all(questions(5), 5, Control(), Budget())
        closer.join()
        gate.set()


def test_an_error_of_the_reader_is_not_swallowed():
    def broken(text):
        raise ZeroDivisionError

    with asker_of() as (_, asker), pytest.raises(ZeroDivisionError):
        asker.ask_all([Question(prompt(), broken, repair)], 1, Control(), Budget())


def test_asking_from_a_job_of_the_pool_is_refused():
    with asker_of() as (_, asker), asker._executor.lane(1) as lane:
        job = lane.submit(lambda: asker.ask_all([question()], 1, Control(), Budget()))
        with pytest.raises(RuntimeError, match="must not submit"):
            job.result()


def test_a_key_tells_everything_apart_that_shapes_an_answer():
    base = question("text")
    keys = {
        content_keys("m", "p", base),
        content_keys("n", "p", base),
        content_keys("m", "q", base),
        content_keys("m", "p", question("other")),
        content_keys("m", "p", question("text", round=2)),
        content_keys("m", "p", Question(prompt("text", system=""), read, repair)),
        content_keys("m", "p", Question(Prompt(base.prompt.messages, "summary", (), "v1"), read, repair)),
    }
    assert len(keys) == 7
    assert content_keys("m", "p", base) == content_keys("m", "p", question("text", prefix="elsewhere"))


def test_an_occasion_asks_everything_anew_and_the_same_one_pays_once():
    with asker_of(always(GOOD)) as (standin, asker):
        asked = []
        for occasion in ("", "", "note 1", "note 1", "note 2", ""):
            before = len(standin.requests)
            again = asker.anew(occasion) if occasion else asker
            again.ask_all([question()], 1, Control(), Budget())
            asked.append(len(standin.requests) - before)
    assert asked == [1, 0, 1, 0, 1, 0]


def test_what_follows_from_a_reply_is_asked_and_its_reply_stands_last():
    def after(replies):
        return [question(f"after x{number}") for (number,) in [reply.value for reply in replies] if number in "13"]

    with asker_of(by_number) as (standin, asker):
        replies = asker.ask_all(questions(4), 1, Control(), Budget(), after=after)
    assert [reply.question.prompt.messages[-1].content for reply in replies] == [
        *(f"number {index}" for index in range(4)),
        *("after x1", "after x3"),
    ]
    assert len(standin.requests) == 6


def test_what_follows_from_a_question_in_parts_waits_for_all_of_them():
    heard = []

    def after(replies):
        heard.append([reply.value for reply in replies])
        return ()

    whole = question("long " * 300, split=lambda: [question("number 1"), question("number 2")])
    with asker_of(by_number, context_tokens=200) as (_, asker):
        asker.ask_all([whole, question("number 3")], 4, Control(), Budget(), after=after)
    assert sorted(heard) == [[["1"], ["2"]], [["3"]]]


def test_what_is_last_is_asked_with_what_the_others_leave():
    """Each costs 1 of 4; with a quarter kept, three of five are asked, and one that is last."""
    with asker_of(by_number) as (_, asker):
        budget = Budget(4.0, price=lambda usage: 1.0)
        real = budget.add
        budget.add = lambda usage, hold=None: real(replace(usage, cost_usd=1.0), hold)
        asked = [*questions(5), question("number 5", last=True), question("number 6", last=True)]
        replies = asker.ask_all(asked, 1, Control(), budget, reserve=0.25)
    assert [reply.value for reply in replies] == [["0"], ["1"], ["2"], None, None, ["5"], None]
    assert isinstance(replies[-1].error, BudgetExceeded)


def test_what_is_last_is_asked_in_the_time_that_the_others_leave():
    def script(received):
        return by_number(received) if "number 1" in received.text else Behaviour(silent_after=0)

    with asker_of(script) as (_, asker):
        asked = [question("number 0"), question("number 1", last=True)]
        replies = asker.ask_all(asked, 1, Control(seconds=2), Budget(), reserve=0.75)
    assert isinstance(replies[0].error, DeadlineExceeded)
    assert replies[1].value == ["1"]
