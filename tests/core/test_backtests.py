"""Rules on past merge requests: what has changed, what became of what was said, and the table."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import backtest_facts, backtest_notes, backtest_tables, backtests, diffs, phrases, scopes
from reviewbot.model.backtest import Past, RuleChange, Side, Tried, WouldBe
from reviewbot.model.diff import Diff
from reviewbot.model.feedback import PostedComment
from reviewbot.model.finding import Anchor, Category, Finding, Severity
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.rule import Pattern, Rule

ENGLISH = phrases.of("English")
REF = MergeRequestRef(1, 7)


def rule(name="one", **more):
    base = {"severity": Severity.WARNING, "category": Category.CORRECTNESS, "enforcement": "advise"}
    return Rule(id=name, **{**base, "title": "T", "body": "Words.", "pattern": Pattern("x"), **more})


def told(line=10, **more):
    base = {
        "ref": REF,
        "fingerprint": "f" * 16,
        "note_id": 1,
        "severity": Severity.WARNING,
        "category": Category.CORRECTNESS,
        "source": "pattern",
        "rule": "one",
        "reviewer": "",
        "prompts": "",
        "model": "",
        "file": "a.py",
        "line": line,
        "title": "T",
        "placed": "",
        "posted_at": 1.0,
    }
    return PostedComment(**{**base, **more})


def would(first=10, last=None, name="one", **more):
    return WouldBe(name, more.pop("path", "a.py"), first, last or first, more.pop("fingerprint", "a" * 16), **more)


def tried(before=(), after=(), **more):
    past = Past("!7", "T", "b" * 40, "c" * 40, ref=REF, url="https://gitlab.example.com/g/p/-/merge_requests/7")
    return Tried(replace(past, web="https://gitlab.example.com/g/p"), Side(tuple(before)), Side(tuple(after)), **more)


def report(ones, comments=(), kind="changed"):
    change = RuleChange("one", kind, (rule(),), (rule(),))
    return backtests.report("g/p", "merge request", 0.0, [change], ones, {REF: comments}, wanted=len(ones))


def test_a_rule_has_changed_when_it_says_something_else():
    before = (rule("same"), rule("words", pattern=None), rule("gone"), rule("moved", layer="built-in"))
    after = (
        rule("same", bad=("x",), good=("y",), origin="elsewhere"),
        rule("words", pattern=None, body="Others."),
        rule("moved", layer="project"),
        rule("new"),
        rule("gone", status="off"),
        rule("never", status="off"),
    )
    found = backtests.changes(before, after)
    assert [(one.id, one.kind) for one in found] == [("new", "added"), ("words", "changed"), ("gone", "deleted")]
    every = backtests.changes(before, after, everything=True)
    assert {one.id: one.kind for one in every if one.kind == "same"} == {"same": "same", "moved": "same"}


def test_rules_laid_over_others_take_the_place_of_their_id_and_folders_keep_theirs():
    inner = rule("one", folder="src", title="inner")
    found = backtests.overlaid((rule("one"), rule("two"), inner), (rule("one", title="new"), rule("three")))
    assert [(one.id, one.title) for one in scopes.applicable(found, "a.py")] == [
        ("one", "new"),
        ("two", "T"),
        ("three", "T"),
    ]
    assert {one.id: one.title for one in scopes.applicable(found, "src/a.py")}["one"] == "inner"


@pytest.mark.parametrize(
    ("more", "fate"),
    [
        ({}, "unknown"),
        ({"fate": "fixed"}, "addressed"),
        ({"fate": "fixed", "downs": 1}, "addressed"),
        ({"fate": "dismissed"}, "dismissed"),
        ({"fate": "dismissed", "ups": 1}, "dismissed"),
        ({"ups": 1}, "liked"),
        ({"ups": 1, "downs": 1}, "dismissed"),
        ({"gone_at": 2.0}, "dismissed"),
        ({"state": "merged", "read_last": True}, "unknown"),
        ({"resolved_by": 5}, "unknown"),
    ],
)
def test_what_a_comment_was_worth(more, fate):
    assert backtest_facts.fate(told(**more)) == fate


def test_the_same_finding_counts_wherever_it_stood_and_near_ones_of_the_same_rule_first():
    far = told(500, fingerprint="a" * 16, file="b.py")
    near, nearer = told(13, note_id=2), told(11, note_id=3, rule="other")
    assert backtest_facts.earlier(would(), [near, nearer, far]) == far
    assert backtest_facts.earlier(would(fingerprint="b" * 16), [nearer, near, far]) == near
    assert backtest_facts.earlier(would(fingerprint="b" * 16), [told(14)]) is None
    assert backtest_facts.earlier(would(fingerprint="b" * 16), [told(10, file="b.py")]) is None
    assert backtest_facts.earlier(would(4, 8, fingerprint="b" * 16), [told(11)]) is not None


LATER = """diff --git a/a.py b/b.py
--- a/a.py
+++ b/b.py
@@ -10,3 +10,3 @@
 same
-old
+new
 same
"""


def test_a_line_is_changed_later_within_three_lines_and_through_a_rename():
    later = backtest_facts.Later(diffs.parse_git(LATER.encode()))
    assert [first for first in range(1, 20) if later.changed("a.py", first, first)] == list(range(8, 15))
    assert later.changed("a.py", 1, 8)
    assert not later.changed("b.py", 11, 11)


@given(st.sets(st.integers(1, 60), max_size=8), st.integers(1, 60), st.integers(0, 9))
def test_a_line_is_changed_later_when_one_near_it_was(gone, first, length):
    body = "".join(f"@@ -{line} +{line} @@\n-x\n+y\n" for line in sorted(gone))
    later = backtest_facts.Later(diffs.parse_git(f"--- a/a.py\n+++ b/a.py\n{body}".encode()) if gone else Diff(()))
    near = any(first - 3 <= line <= first + length + 3 for line in gone)
    assert later.changed("a.py", first, first + length) == near


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 30), st.integers(0, 5)), min_size=1, max_size=8))
def test_rules_speak_beside_each_other_when_their_lines_are_near(places):
    found = [finding(name, first, first + length) for name, first, length in places]
    spoken = backtest_facts.Spoken(found)
    for one in found:
        low, high = one.anchor.lines[0] - 3, one.anchor.lines[1] + 3
        near = {each.rule for each in found if each.anchor.lines[0] <= high and low <= each.anchor.lines[1]}
        assert spoken.beside(one) == tuple(sorted(near - {one.rule}))
    assert spoken.beside(finding("z", 1, 1, path="b.py")) == ()


def finding(name, first, last, path="a.py"):
    anchor = Anchor(path, (None, first), (None, last))
    return Finding(anchor, Severity.WARNING, Category.CORRECTNESS, "T", "B", rule=name)


@given(st.lists(st.tuples(st.sampled_from("+ "), st.text("ab", max_size=2)), min_size=1, max_size=30), st.data())
def test_all_lines_of_a_change_count_as_single_ones_do(lines, data):
    """What any line is up to is counted by the same measure as what a rule says of one."""
    body = "".join(f"{sign}{text}\n" for sign, text in lines)
    added = sum(sign == "+" for sign, _ in lines)
    head = f"--- a/a.py\n+++ b/a.py\n@@ -1,{len(lines) - added} +1,{len(lines)} @@\n"
    file = diffs.parse_git((head + body).encode()).files
    gone = data.draw(st.integers(1, len(lines)))
    later = backtest_facts.Later(diffs.parse_git(f"--- a/a.py\n+++ b/a.py\n@@ -{gone} +{gone} @@\n-x\n+y\n".encode()))
    numbers = [line.new for one in file for line in one.lines() if line.sign == "+"]
    assert later.lines(file) == (len(numbers), sum(abs(number - gone) <= 3 for number in numbers))


def test_a_row_counts_each_side_and_shows_what_is_new_first():
    one = tried(
        before=[would(10), would(90, later=False)],
        after=[would(10), would(30, later=True, also=("two",)), would(31, later=None)],
        lines=40,
        lines_later=10,
    )
    other = tried(before=[], after=[would(5, name="two")])
    made = report([one, other], [told(10, rule="other", fate="fixed")])
    (row,) = made.rows
    assert (row.before.comments, row.before.merge_requests, row.before.watched, row.before.later) == (2, 1, 1, 0)
    assert (row.after.comments, row.after.merge_requests, row.after.watched, row.after.later) == (3, 1, 1, 1)
    assert (row.after.verdicts.addressed, row.after.overlap) == (1, 2)
    assert [(each.where, each.new) for each in row.examples] == [
        ("a.py:30", True),
        ("a.py:31", True),
        ("a.py:90", False),
    ]
    assert made.control == (40, 10)


def test_a_merge_request_that_could_not_be_tried_is_counted_nowhere():
    sick = tried(after=[would()])
    made = report([replace(sick, problem="gone"), tried()])
    assert (made.rows[0].after.comments, made.tried, made.problems) == (0, 1, (("!7", "gone"),))


def test_examples_come_from_as_many_merge_requests_as_there_are():
    many = [tried(after=[would(line) for line in range(1, 9)]), tried(after=[would(70)])]
    places = [one.where for one in report(many).rows[0].examples]
    assert len(places) == backtests.MOST_EXAMPLES
    assert places[:2] == ["a.py:1", "a.py:70"]


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_bar_is_never_longer_than_the_longest_and_shows_every_count(count, longest):
    drawn = backtest_tables.bar(count, longest)
    assert bool(drawn) == bool(count)
    assert len(drawn) <= len(backtest_tables.bar(longest, longest)) or count > longest


def test_a_share_is_shown_from_twenty_on_with_its_interval():
    few = [tried(after=[would(fingerprint="f" * 16)]) for _ in range(19)]
    comments = [told(fate="fixed")]
    text = backtest_tables.as_text(report(few, comments))
    assert "worth it, after: 19 addressed (n 19, below 20: no share)" in text
    enough = [*few, *few[:1]]
    assert "100 % (95 %: 84 to 100; n 20): 20 addressed" in backtest_tables.as_text(report(enough, comments))
    (row,) = backtest_tables.as_json(report(enough, comments))["rows"]
    assert row["after"]["precision"]["share"] == 1.0
    assert backtest_tables.as_json(report(few, comments))["rows"][0]["after"]["precision"] is None


_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_LINK = re.compile(r"\]\(https://gitlab\.example\.com/g/p/-/blob/c{40}/[^()<>\s]*#L10\)")


@pytest.mark.parametrize(
    "path", ["a|b.py", "a`b.py", "a](https://evil.example).py", "<img src=x>", "@all !12 #1\n/close"]
)
def test_markdown_mentions_nobody_and_no_other_merge_request(path):
    """GitLab would write into a merge request that it was mentioned here."""
    made = report([tried(after=[would(path=path)])])
    made = replace(made, where="g/p !12 @all", notices=("!13: @ada https://gitlab.example.com/g/p/-/merge_requests/9",))
    text = backtest_notes.as_markdown(made, ENGLISH)
    assert "`!7`" in text
    plain = _LINK.sub("]", _SPAN.sub("", text))
    assert not [sign for sign in ("!7", "!12", "!13", "@", "://", "evil", "#1", "<img") if sign in plain]
    assert not [line for line in text.split("\n") if line.lstrip().startswith("/")]


def test_money_is_told_where_the_price_is_known():
    before, after = Side(tokens={"one": 1_000}), Side(tokens={"one": 3_000}, unasked=2, unasked_tokens=9_000)
    made = report([replace(tried(), before=before, after=after), tried()])
    assert "tokens of a review: 500 → 1,500\n" in backtest_tables.as_text(made)
    assert "(9,000 tokens)" in backtest_tables.as_text(made)
    dear = backtests.priced(made, lambda tokens: tokens / 1_000_000)
    assert "tokens of a review: 500 ($0.0005) → 1,500 ($0.0015)\n" in backtest_tables.as_text(dear)
    assert "(9,000 tokens, at most $0.0090 and the answers)" in backtest_tables.as_text(dear)
    assert "| 500 ($0.0005) → 1,500 ($0.0015) |" in backtest_notes.as_markdown(dear, ENGLISH)
    unknown = backtests.priced(made, lambda tokens: None)
    assert backtest_tables.as_text(unknown) == backtest_tables.as_text(made)


def test_hits_that_the_judge_verifies_are_called_so():
    change = RuleChange("one", "added", (), (rule(verify=True),))
    made = backtests.report("g/p", "commit", 0.0, [change], [tried()], {}, wanted=1)
    assert "one  (added, pattern that the judge verifies, approved)" in backtest_tables.as_text(made)


@pytest.mark.parametrize("language", ["English", "German", "French", "Spanish", "Portuguese", "Japanese", "Chinese"])
def test_a_note_is_in_the_projects_language(language):
    ones = [tried(after=[would(fingerprint="f" * 16), would(60, later=True)]) for _ in range(20)]
    made = report(ones, [told(fate="fixed")], kind="added")
    made = replace(made, interrupted=True, left_out=1_200, asked=3, unasked=2, unasked_tokens=9_000)
    text = backtest_notes.as_markdown(made, phrases.of(language))
    english = backtest_notes.as_markdown(made, ENGLISH)
    assert (text == english) == (language == "English")
    assert text.count("|") == english.count("|")
    assert "100 % (95 %" in text
    if language != "English":
        shared = {line for line in english.split("\n") if line.startswith("- ")} & set(text.split("\n"))
        assert not shared


def test_a_list_that_was_not_read_to_its_end_says_at_least():
    made = replace(report([tried()], []), left_out=900)
    assert "Left out: 900 merge requests" in backtest_notes.as_markdown(made, ENGLISH)
    assert "Left out: ≥ 900 merge requests" in backtest_notes.as_markdown(replace(made, more=True), ENGLISH)
