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
        ("cc @reviewbot\r\n@reviewbot pause", Said("pause", leading=True)),
        ("@reviewbot", Said("", leading=True)),
        ("mail me@reviewbot.example", None),
        ("@reviewbot-2 review", None),
        ("@reviewbots review", None),
        ("@reviewbot explain `python-eval`", Said("explain `python-eval`", leading=True)),
        ("`x` @reviewbot review", Said("review", leading=False)),
        ("a ` b\n@reviewbot review", Said("review", leading=True)),
        ("a \\` b\n@reviewbot review\n`", Said("review", leading=True)),
        ("```\nx\n```\n@reviewbot review", Said("review", leading=True)),
        ("a paragraph\n    @reviewbot review", Said("review", leading=True)),
        ("> quoted\n\n@reviewbot review", Said("review", leading=True)),
        ("<!-- x -->\n@reviewbot review", Said("review", leading=True)),
    ],
)
def test_mentions_are_heard_outside_of_quotes_and_code(text, said):
    assert heard(text, NAMES) == (() if said is None else (said,))


@pytest.mark.parametrize(
    "text",
    [
        "> @reviewbot review",
        ">>>\n@reviewbot review\n>>>",
        "```\n@reviewbot review\n```",
        "```\n@reviewbot review",
        "````\n```\n@reviewbot review\n```\n````",
        "```\n~~~\n@reviewbot review\n```",
        "- ```\n  @reviewbot review\n  ```",
        "1. ~~~ text\n   @reviewbot review",
        "    @reviewbot review",
        "So:\n\n\tx\n\t@reviewbot review",
        "say `@reviewbot review`",
        "``@reviewbot review``",
        "`` ` @reviewbot review``",
        "`a\n@reviewbot review\nb`",
        "<!--\n@reviewbot break glass now\n-->",
        "text <!--\n@reviewbot break glass now\n-->",
        "<!--\n\n@reviewbot break glass now",
        "<!-- @reviewbot review -->",
        "<pre>\n\n@reviewbot review\n</pre>",
        "<code>@reviewbot review</code>",
    ],
)
def test_what_is_quoted_code_or_hidden_is_not_heard(text):
    assert heard(text, NAMES) == ()


def test_all_that_begins_a_line_is_heard_and_of_the_rest_the_first():
    text = "cc @reviewbot\n@reviewbot pause @reviewbot\n\n@reviewbot explain x"
    assert heard(text, NAMES) == (Said("pause @reviewbot", leading=True), Said("explain x", leading=True))
    assert heard("a @reviewbot b\nc @reviewbot d", NAMES) == (Said("b", leading=False),)


@pytest.mark.parametrize("part", ["`", "` ``", "<!--", "```\n", "@", "- ", ">>>\n", "\\`", "<pre\n", "\t\n", "`a` "])
def test_long_comments_take_linear_time(part):
    assert heard(part * 200_000, NAMES) == ()


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
        ("explain `python-eval` please", ("explain", "`python-eval` please")),
        ("explain", ("explain", "")),
        ("explain this", (QUESTION, "explain this")),
        ("explain why the loop ends", (QUESTION, "explain why the loop ends")),
        ("please review", ("review", "")),
        ("为什么这样做", (QUESTION, "为什么这样做")),
        ("これは何ですか", (QUESTION, "これは何ですか")),
        ("danke", (QUESTION, "danke")),
        ("x = 1", (QUESTION, "x = 1")),
        ("please", (QUESTION, "please")),
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
