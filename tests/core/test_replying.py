"""What counts as an answer that was given, and when it was enough."""

import pytest

from reviewbot.core import markers, replying
from reviewbot.core.replying import Answered
from reviewbot.core.sanitising import fenced
from reviewbot.model.merge_request import Discussion, MergeRequestRef

KEY, REF = b"k" * 32, MergeRequestRef(1, 2)
HERE = Discussion("d1", ())


def given(*whats, where="d1"):
    return [Answered(f"{number}", what, where) for number, what in enumerate(whats)]


def test_a_thread_has_its_answers_and_so_has_the_merge_request():
    assert replying.cap(given("answer", "conceded"), HERE, 3) == ""
    assert replying.cap(given("answer", "conceded", "failed"), HERE, 3) == "cap"
    elsewhere = given(*["answer"] * 30, where="d2")
    assert replying.cap(elsewhere[:29], HERE, 3) == ""
    assert replying.cap(elsewhere, HERE, 3) == "cap-all"


@pytest.mark.parametrize("what", ["help", "config", "unknown", "budget", "no-model", "outsider", "cap", "gave-up"])
def test_what_asked_no_model_uses_up_no_answer(what):
    assert replying.cap(given(*[what] * 99), HERE, 3) == ""


def test_what_was_told_last_in_a_thread_is_not_told_again_there():
    answers = [*given("budget"), *given("answer", where="d2")]
    assert replying.just_told(answers, "budget", "d1")
    assert not replying.just_told(answers, "budget", "d2")
    assert not replying.just_told(answers, "budget", "d3")
    assert not replying.just_told([*answers, *given("answer")], "budget", "d1")


@pytest.mark.parametrize(
    "text",
    [
        "word " * 10_000,
        "a line\n" * 10_000,
        f"Like this:\n\n{fenced('x = 1' + chr(10) * 30_000, 'python')}",
        f"{fenced('a')}\n\n{fenced('```' + chr(10) + 'y' * 30_000)}",
        fenced("z\n" * 30_000),
    ],
)
def test_a_long_answer_is_clipped_and_known_again(text):
    body = replying.body(text, "5", "explain", run="7", key=KEY, ref=REF)
    marker = markers.read(body, KEY, REF)
    assert marker is not None
    assert (marker.fingerprint, marker.extra) == ("5", "explain")
    assert len(body) < 21_000
