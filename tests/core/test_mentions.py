"""Who a comment speaks to, and what it commands."""

import pytest

from reviewbot.core.commands import BY_NAME, DEVELOPER, GUEST, MAINTAINER, QUESTION, UNKNOWN, kind_of, may, parse
from reviewbot.core.mentions import Said, heard, speaks_to_somebody

NAMES = ("review-bot", "reviewbot")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@reviewbot review", Said("review", leading=True)),
        ("  @ReviewBot:  full   review", Said("full review", leading=True)),
        ("@review-bot, why?", Said("why?", leading=True)),
        ("Is this right, @reviewbot?", Said("?", leading=False)),
        ("Thanks @reviewbot. Go on", Said("Go on", leading=False)),
        ("cc @reviewbot\n@reviewbot pause", Said("pause", leading=True)),
        ("@reviewbot", Said("", leading=True)),
        ("mail me@reviewbot.example", None),
        ("@reviewbot-2 review", None),
        ("@reviewbots review", None),
        ("> @reviewbot review", None),
        ("```\n@reviewbot review\n```", None),
        ("say `@reviewbot review`", None),
    ],
)
def test_mentions_are_heard_outside_of_quotes_and_code(text, said):
    assert heard(text, NAMES) == said


def test_a_mention_of_somebody_is_seen():
    assert speaks_to_somebody("see @bob")
    assert not speaks_to_somebody("see `@bob`, bob@example.com")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("", ("help", "")),
        ("Review", ("review", "")),
        ("review the auth part please", ("review", "the auth part please")),
        ("full review", ("full review", "")),
        ("break glass the shop is down", ("break glass", "the shop is down")),
        ("Break Glass", ("break glass", "")),
        ("explain python-eval", ("explain", "python-eval")),
        ("pause please", ("pause", "please")),
        ("resolve the second finding, it is fixed", (QUESTION, "resolve the second finding, it is fixed")),
        ("ignore this line", (QUESTION, "ignore this line")),
        ("reveiw", (UNKNOWN, "reveiw")),
        ("dance", (UNKNOWN, "dance")),
        ("why", (QUESTION, "why")),
        ("dance?", (QUESTION, "dance?")),
        ("are you sure", (QUESTION, "are you sure")),
    ],
)
def test_words_are_a_command_a_question_or_neither(words, command):
    assert parse(words) == command


def test_each_kind_of_words_has_its_kind_of_job():
    assert [kind_of(one) for one in ("review", "pause", UNKNOWN, QUESTION)] == ["review", "command", "command", "talk"]


@pytest.mark.parametrize(
    ("name", "level", "author", "allowed"),
    [
        ("help", 0, False, True),
        ("pause", DEVELOPER, False, True),
        ("pause", GUEST, True, True),
        ("pause", GUEST, False, False),
        ("pause", 0, True, False),
        ("resume", GUEST, True, False),
        ("break glass", DEVELOPER, True, False),
        ("break glass", MAINTAINER, False, True),
    ],
)
def test_a_command_is_checked_against_the_role(name, level, author, allowed):
    assert may(BY_NAME[name], level, author=author, glass_level=MAINTAINER) is allowed
