"""Which findings are alike, how many dismissals hold them back, and what ends it."""

from dataclasses import replace

import pytest

from reviewbot.core import holding
from reviewbot.model.finding import Anchor, Category, Finding, Severity
from reviewbot.model.holding import Hold, Voice

C, S = Category, Severity


def word(iid=1, fingerprint=None, *, at=None, kind="no", by=None, level=30, title="Missing docstring", **more):
    return Voice(
        iid=iid,
        fingerprint=fingerprint or f"f{iid}",
        title=title,
        rule=more.get("rule"),
        category=more.get("category", C.DOCUMENTATION),
        severity=more.get("severity", S.WARNING),
        path=more.get("path", f"src/part{iid}.py"),
        kind=kind,
        at=10.0 * iid if at is None else at,
        by=iid if by is None else by,
        level=level,
    )


def finding(title="Missing docstring", severity=S.WARNING, category=C.DOCUMENTATION, path="src/new.py", rule=None):
    return Finding(Anchor(path, (None, 1), (None, 1)), severity, category, title, "Body", rule=rule, fingerprint="new")


THREE = [word(1), word(2), word(3)]


def held(words, found=None, known=(), blocks=lambda one: False):
    return [one.reason for one in holding.hold_back([found or finding()], holding.holds(words, known), blocks)[1]]


def test_three_dismissed_comments_hold_a_fourth_back_with_their_number():
    assert held(THREE) == ["3 comments like it were dismissed in this project: held back"]
    assert held(THREE[:2]) == []


def test_what_is_held_back_has_the_number_under_which_it_is_lifted():
    (hold,) = holding.holds(THREE, ())
    (dropped,) = holding.hold_back([finding()], [replace(hold, id=4)])[1]
    assert (dropped.stage, dropped.path, dropped.title) == ("held_back", "src/new.py", "Missing docstring")
    assert dropped.reason.endswith("held back as number 4")


def test_several_words_about_one_comment_are_one():
    assert held([word(1, by=5), word(1, by=6), word(1, by=7), word(2)]) == []


def test_one_person_in_one_merge_request_is_not_enough():
    mine = [word(1, name, by=5) for name in ("a", "b", "c")]
    assert held(mine) == []
    assert held([*mine[:2], word(1, "c", by=6)]) != []  # two people
    assert held([*mine[:2], word(2, "c", by=5)]) != []  # two merge requests
    assert held([replace(one, by=0) for one in mine]) == []  # people whose id was taken off are nobody


@pytest.mark.parametrize("level", [None, 0, 10, 20])
def test_words_of_people_without_the_role_do_not_count(level):
    assert held([*THREE[:2], word(3, level=level)]) == []


@pytest.mark.parametrize(
    "found",
    [
        finding(severity=S.CRITICAL),
        finding(category=C.SECURITY),
        finding(severity=S.CRITICAL, category=C.SECURITY),
    ],
)
def test_critical_findings_and_those_of_security_are_never_held_back(found):
    words = [word(n, severity=found.severity, category=found.category) for n in (1, 2, 3, 4)]
    assert held(words, found) == []


def test_a_graver_finding_than_any_that_was_dismissed_is_told():
    words = [word(n, severity=S.SUGGESTION) for n in (1, 2, 3)]
    assert held(words) == []
    assert held(words, finding(severity=S.SUGGESTION)) != []
    assert held([*words, word(4)]) != []


def test_a_rule_that_stops_a_merge_is_never_held_back():
    words = [word(n, rule="docs-needed") for n in (1, 2, 3)]
    assert held(words, finding(rule="docs-needed")) != []
    assert held(words, finding(rule="docs-needed"), blocks=lambda one: one.rule == "docs-needed") == []


def test_a_thumbs_up_ends_it_until_there_are_enough_new_words():
    ended = [*THREE, word(2, kind="up", at=100.0)]
    assert held(ended) == []
    assert held([*ended, word(4, at=110.0), word(5, at=120.0)]) == []
    assert held([*ended, word(4, at=110.0), word(5, at=120.0), word(6, at=130.0)]) != []
    assert held([*THREE, word(2, kind="up", at=100.0, level=10)]) != []  # of somebody without the role


def test_comments_that_were_valued_outweigh_dismissed_ones():
    valued = [word(8, kind="valued"), word(9, kind="valued")]
    assert held([*THREE, valued[0]]) != []
    assert held([*THREE, *valued]) == []
    assert held([*THREE, *valued, word(4), word(5), word(6)]) != []


@pytest.mark.parametrize(
    ("title", "alike"),
    [
        ("missing docstring!", True),
        ("Missing docstring for `load_all`", True),
        ("Missing docstring for load_all()", True),
        ("Missing docstring in src/part9.py", True),
        ("Missing type annotation", False),
        ("Docstring is wrong and misleads readers", False),
        ("Unchecked division", False),
    ],
)
def test_titles_are_alike_without_the_names_of_the_code(title, alike):
    assert bool(held(THREE, finding(title))) == alike


def test_category_and_kind_of_file_make_another_kind():
    assert held(THREE, finding(category=C.MAINTAINABILITY)) == []
    for path in ("tests/test_new.py", "src/new.go", "docs/new.md", "deploy/new.yaml"):
        assert held(THREE, finding(path=path)) == [], path


def test_one_rule_is_one_kind_whatever_its_findings_say_and_another_rule_is_not():
    words = [word(n, rule="no-print", title=f"Print {'abcdef'[n]}") for n in (1, 2, 3)]
    assert held(words, finding("Something else", rule="no-print")) != []
    assert held(words, finding("Print a", rule="no-log")) == []


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("src/app.py", "code.py"),
        ("src/app_test.go", "tests"),
        ("tests/helper.py", "tests"),
        ("README.md", "docs"),
        (".gitlab-ci.yml", "configuration"),
        ("Makefile", "code"),
        ("a." + "x" * 99, "code." + "x" * 35),
    ],
)
def test_the_kind_of_a_file(path, area):
    assert holding.area(path) == area


def test_a_kept_kind_keeps_its_number_and_title_and_a_lifted_one_is_told_again():
    (hold,) = holding.holds(THREE, ())
    kept = replace(hold, id=4, title="As it was")
    (again,) = holding.holds([word(2), word(3), word(5)], [kept])
    assert (again.id, again.title, again.dismissed, again.merge_requests) == (4, "As it was", 3, 3)
    lifted = replace(kept, lifted_at=50.0)
    assert held(THREE, known=[lifted]) == []
    assert [one.id for one in holding.holds([], [lifted])] == [4]  # somebody's decision, whatever is said
    assert holding.holds([], [kept]) == ()


def test_the_list_has_examples_and_counts():
    (hold,) = holding.holds([*THREE, word(8, kind="valued")], ())
    assert (hold.dismissed, hold.merge_requests, hold.people, hold.valued, hold.severity) == (3, 3, 3, 1, S.WARNING)
    assert hold.examples[0] == (3, "src/part3.py", "Missing docstring")


def test_a_role_is_asked_only_where_it_may_decide():
    assert holding.unsure(THREE, ()) == []
    assert holding.unsure([word(1, level=None), word(2, level=None)], ()) == []
    assert holding.unsure([word(1, level=None), word(2, level=None), word(3)], ()) == [2, 1]
    assert holding.unsure([*THREE, word(7, kind="up", level=None)], ()) == [7]
    assert holding.unsure([word(n, level=None) for n in range(1, 60)], ()) == list(range(59, 39, -1))


def test_many_words_fall_into_their_groups():
    words = [word(n, title=f"Wrong {'abcdefghij'[n % 10] * 5} of {'klmnopqrst'[n % 7] * 5}") for n in range(1, 2001)]
    assert len(holding.holds(words, ())) == 70


def test_a_hold_without_words_holds_nothing():
    empty = Hold(holding.kind("", None, C.CORRECTNESS, "a.py"), "")
    assert holding.hold_back([finding("")], [empty])[1] == []
