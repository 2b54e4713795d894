"""What a model wrote, read strictly and never fatally."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core.answers import MAX_BODY, MAX_FINDINGS, MAX_SUGGESTION, MAX_TITLE, findings
from reviewbot.errors import AnswerUnusable
from reviewbot.model.finding import Category, Severity

ENTRY = {
    "path": "a.py",
    "start": "12ab",
    "end": "14cd",
    "quote": "x = 1",
    "severity": "warning",
    "category": "security",
    "rule": None,
    "title": "Wrong",
    "body": "Because.",
    "suggestion": None,
}


def answer(*entries):
    return json.dumps({"findings": list(entries)})


def one(**changes):
    read, dropped = findings(answer(ENTRY | changes))
    assert not dropped
    return read[0]


def test_an_answer_as_asked_for():
    read, dropped = findings(answer(ENTRY))
    assert not dropped
    assert (read[0].path, read[0].start, read[0].end, read[0].quote) == ("a.py", "12ab", "14cd", "x = 1")
    assert (read[0].severity, read[0].category) == (Severity.WARNING, Category.SECURITY)
    assert (read[0].rule, read[0].suggestion) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "```json\n{}\n```",
        "Sure! Here are {{ my }} findings {of today}:\n\n{}\n\nHope this helps {really}.",
        '{"thought": "first"}\n{}',
        "\ufeff{}",
        "{}{}",
    ],
)
def test_fences_and_prose_around_one_object(text):
    read, _ = findings(text.replace("{}", answer(ENTRY)))
    assert [entry.title for entry in read] == ["Wrong"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no complete JSON object"),
        ("Der Code sieht gut aus.", "no complete JSON object"),
        (answer(ENTRY)[:-2], "no complete JSON object"),
        ("[" + json.dumps(ENTRY) + "]", "no complete JSON object"),
        ('{"findings": null}', "must be a list, not null"),
        ('{"findings": {"path": "a.py"}}', "must be a list, not an object"),
        ('{"findings": ["none", 3]}', "must be objects, not a string"),
        (answer(ENTRY) + answer(), "2 different JSON objects"),
        (answer(ENTRY)[:-1] + ', "findings": []}', "more than once"),
        ("[" * 100_000, "no complete JSON object"),
        ('{"a":' * 100_000, "no complete JSON object"),
        ('{"findings": [' + "9" * 5_000 + "]}", "no complete JSON object"),
    ],
)
def test_an_unreadable_whole_is_told_in_words(text, words):
    with pytest.raises(AnswerUnusable, match=words):
        findings(text)


def test_a_name_that_an_entry_gives_twice_costs_nothing():
    text = answer(ENTRY).replace('"title":', '"title": "First", "title":')
    assert findings(text) == findings(answer(ENTRY))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"severity": "catastrophic"}, 'entry 2: "severity" is "catastrophic"'),
        ({"title": "  "}, '"title" is empty or missing'),
        ({"path": None}, '"path" is empty or missing'),
        ({"body": ["a"]}, '"body" is a list, not a string'),
        ({"quote": 3}, '"quote" is a number, not a string'),
        ({"start": {}}, '"start" is an object, not a string'),
    ],
)
def test_a_bad_entry_costs_only_itself(changes, reason):
    read, dropped = findings(answer(ENTRY, ENTRY | changes, ENTRY | {"title": "Last"}))
    assert [entry.title for entry in read] == ["Wrong", "Last"]
    assert [each.stage for each in dropped] == ["parse"]
    assert reason in dropped[0].reason


def test_an_entry_that_is_no_object_is_dropped():
    read, dropped = findings(answer("nothing", ENTRY))
    assert len(read) == 1
    assert dropped[0].reason == "entry 1: the entry is a string, not an object"


def test_words_are_read_in_any_case_and_an_unknown_category_is_kept():
    assert one(severity="CRITICAL ").severity is Severity.CRITICAL
    assert one(category="AGENTS.md").category is Category.AGENTS_MD
    assert one(category="style").category is Category.MAINTAINABILITY


def test_a_missing_end_is_the_start():
    assert one(end=None).end == "12ab"
    assert one(start=12, end=None).end == "12"


def test_texts_are_bounded_and_cleaned():
    long = one(title="t" * 999, body="b" * 99_999, quote="q\ud800\0")
    assert (len(long.title), len(long.body), long.quote) == (MAX_TITLE, MAX_BODY, "q")
    assert one(title="two\nlines").title == "two lines"


def test_a_suggestion_is_whole_or_absent():
    assert one(suggestion="s" * MAX_SUGGESTION).suggestion == "s" * MAX_SUGGESTION
    assert one(suggestion="s" * (MAX_SUGGESTION + 1)).suggestion is None
    assert one(suggestion=" ").suggestion is None
    assert one(suggestion="  indented\r\n").suggestion == "  indented\n"


def test_a_flood_of_findings_is_bounded_and_counted():
    read, dropped = findings(answer(*[ENTRY] * 10_000))
    assert len(read) == MAX_FINDINGS
    assert [each.reason for each in dropped] == [
        f"9800 more findings in one answer than the {MAX_FINDINGS} that are read"
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(ENTRY)), inner, max_size=10),
    max_leaves=12,
)


@given(st.one_of(st.text(), st.lists(JSON).map(lambda entries: json.dumps({"findings": entries}))))
def test_garbage_raises_nothing_but_the_documented_error(text):
    try:
        read, dropped = findings(text)
    except AnswerUnusable:
        return
    assert len(read) + len(dropped) == len(json.loads(text)["findings"])
