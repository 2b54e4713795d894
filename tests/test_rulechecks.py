"""Changed rule files and configuration: every mistake on its line, or as near to it as the change goes."""

from dataclasses import replace

import pytest
from making_findings import diff_of

from reviewbot import rulechecks
from reviewbot.control import Control
from reviewbot.core import claims, configuration, holding, rules, suppressing
from reviewbot.core.packs import Pack, Shelf
from reviewbot.core.threads import Opinion
from reviewbot.errors import SourceUnavailable, TooHard
from reviewbot.isolated import shared
from reviewbot.model.finding import Severity
from reviewbot.model.merge_request import MergeRequestRef, Person, RawChange
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import RULE_FILE
from reviewbot.ports import Tree
from reviewbot.rulechecks import MOST, check

PATH = ".reviewbot/rules/a.md"
BROKEN = """---
id: a
title: A
pattern:
  regex: '('
examples:
  bad:
    - one
    - 7
colour: red
---
Words.
"""
GOOD = "---\nid: a\ntitle: A\npattern: {regex: 'forbidden'}\n---\nWords.\n"


class Files:
    """A head that holds these files."""

    def __init__(self, files):
        self.files = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}

    def read(self, sha, paths, *limit):
        return {path: self.files[path] for path in paths if path in self.files}


class Away:
    def read(self, sha, paths, *limit):
        raise SourceUnavailable("git is away")


def added(path, text):
    lines = text.split("\n")[:-1]
    return RawChange(
        path, path, f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines), new_file=True
    )


def changed(path, text, *numbers):
    """A change of these lines of a file, without anything around them."""
    lines = text.split("\n")
    hunks = "".join(f"@@ -{at} +{at} @@\n-old\n+{lines[at - 1]}\n" for at in numbers)
    return RawChange(path, path, hunks)


def checked(*changes, files=None, known=(), tree=None, **policy):
    diff = diff_of(*changes)
    tree = tree or Tree(Files(files or {}), "a" * 40)
    return check(diff, tree, known, ReviewPolicy(**policy), shared(1), Control(60))


def test_a_pack_that_does_not_exist_is_told_on_its_line_and_the_configuration_counts():
    path, shelf = configuration.FILES[0], Shelf((Pack("python", "", "", ()), Pack("sql", "", "", ())))
    text = "language: German\npacks:\n  - '!sql'\n  - pyton\n  - other\n"
    tree = Tree(Files({path: text}), "a" * 40)
    reports = check(diff_of(added(path, text)), tree, (), ReviewPolicy(), shared(1), Control(60), shelf)
    assert [(one.anchor.start[1], one.title, one.body) for one in reports.findings] == [
        (4, "packs[1]: there is no pack 'pyton'", "Mend: did you mean python?"),
        (5, "packs[2]: there is no pack 'other'", "Mend: there are python, sql"),
    ]
    assert checked(added(path, text), files={path: text}).findings == ()


def test_a_disabled_rule_that_does_not_exist_is_told_where_all_rules_are_known():
    path, rule = configuration.FILES[0], "---\nid: own/new\ntitle: A\n---\nWords.\n"
    text = (
        "disabled:\n  - own/old\n  - own/new\n  - own/odl\n  - reviewbot/rule-file\n  - guidance/agents-md/x\n  - zzz\n"
    )
    there = {path: text, PATH: rule}

    def told(files, known):
        tree, policy = Tree(Files(files), "a" * 40), ReviewPolicy(disabled_rules=("gone",))
        diff = diff_of(*(added(name, said) for name, said in files.items()))
        reports = check(diff, tree, (), policy, shared(1), Control(60), known=known)
        return [(one.anchor.path, one.anchor.start[1], one.title, one.body) for one in reports.findings]

    assert told(there, ("own/old",)) == [
        (path, 4, "disabled[2]: there is no rule 'own/odl'", "Mend: did you mean own/old?"),
        (path, 7, "disabled[5]: there is no rule 'zzz'", "Mend: take it out"),
    ]
    assert told(there, ()) == []
    broken = told({**there, PATH: "---\nid: own/new\n---\nWords.\n"}, ("own/old",))
    assert [place for place, *_ in broken] == [PATH]
    taken_in = f"{text}include_rules:\n  - project: team/rules\n    ref: main\n"
    assert told({**there, path: taken_in}, ("own/old",)) == []


def places(reports):
    return [(one.anchor.path, one.anchor.start[1], one.title.split(": ")[0]) for one in reports.findings]


def test_every_mistake_of_a_new_rule_file_is_a_finding_on_its_own_line():
    reports = checked(added(PATH, BROKEN), files={PATH: BROKEN})
    assert places(reports) == [(PATH, 5, "pattern.regex"), (PATH, 9, "examples.bad[1]"), (PATH, 10, "colour")]
    one = reports.findings[0]
    assert (one.rule, one.source, one.severity, one.quote) == (RULE_FILE, "pattern", Severity.WARNING, "  regex: '('")
    assert "Mend: see RE2's syntax: no look-around, no back-references" in one.body
    assert "reviews go on without this rule" in one.body
    assert reports.notices == ()


def test_what_the_change_does_not_show_is_told_on_the_nearest_added_line_with_its_own_number():
    reports = checked(changed(PATH, BROKEN, 3, 8), files={PATH: BROKEN})
    assert places(reports) == [(PATH, 3, "pattern.regex"), (PATH, 8, "examples.bad[1]"), (PATH, 8, "colour")]
    assert "It is on line 5 of the file" in reports.findings[0].body


def test_what_has_no_line_at_all_is_a_notice():
    latin = b"---\nid: caf\xe9\n---\nWords.\n"
    reports = checked(RawChange(PATH, PATH, ""), files={PATH: latin})
    assert reports.findings == ()
    assert reports.notices == (f"{PATH}:2: no UTF-8 text (save the file as UTF-8)",)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("---\nid: a\n".encode("utf-16"), "UTF-16, not UTF-8 text"),
        (b"---\nid: a\ntitle: \0\n---\nWords\n", "a NUL character"),
        (b"x" * 5_000_000, "larger than 64 kB"),
        (b"---\nid: a\n", "the front matter does not end"),
        (b"---\nid: a\ntitle: &a [*a]\n---\nWords\n", "YAML anchors and aliases are not allowed"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_finding(data, told):
    reports = checked(added(PATH, "---\nid: a\ntitle: A\n"), files={PATH: data})
    (one,) = reports.findings
    assert one.title.startswith(told)


def test_a_rule_that_is_fine_and_other_files_say_nothing():
    readme = added(".reviewbot/rules/README.md", "Hello\n")
    reports = checked(added(PATH, GOOD), readme, added("docs/a.md", "---\nid: x\n"), files={PATH: GOOD})
    assert reports.findings == ()
    assert reports.paths == {PATH}


def test_an_id_that_another_file_of_the_folder_has_is_told_on_the_line_of_the_id():
    known = rules.parse(GOOD, ".reviewbot/rules/old.md")
    mine = [rule_of(known, "project", ""), rule_of(known, "built-in", "")]
    for standing, found in ((mine[:1], 1), (mine[1:], 0)):
        reports = checked(added(PATH, GOOD), files={PATH: GOOD}, known=standing)
        assert len(reports.findings) == found
    reports = checked(added(PATH, GOOD), files={PATH: GOOD}, known=mine[:1])
    assert places(reports) == [(PATH, 2, "id")]
    assert "'a' is taken by .reviewbot/rules/old.md" in reports.findings[0].title
    gone = RawChange(".reviewbot/rules/old.md", ".reviewbot/rules/old.md", "@@ -1 +0,0 @@\n-x\n", deleted_file=True)
    assert checked(added(PATH, GOOD), gone, files={PATH: GOOD}, known=mine[:1]).findings == ()


def rule_of(rule, layer, folder):
    return replace(rule, layer=layer, folder=folder)


def test_two_changed_files_with_one_id_are_told_and_folders_are_apart():
    other, inner = ".reviewbot/rules/b.md", "shop/.reviewbot/rules/a.md"
    files = {PATH: GOOD, other: GOOD, inner: GOOD}
    reports = checked(*(added(path, GOOD) for path in files), files=files)
    assert places(reports) == [(other, 2, "id")]


def test_examples_that_a_changed_pattern_fails_are_told_on_their_lines():
    text = GOOD.replace(
        "---\nWords", "examples:\n  bad:\n  - allowed(1)\n  - forbidden(1)\n  good: ['forbidden']\n---\nWords"
    )
    reports = checked(added(PATH, text), files={PATH: text})
    assert [(one.anchor.start[1], one.title) for one in reports.findings] == [
        (7, "examples.bad[0]: the pattern finds nothing in it"),
        (9, "examples.good[0]: the pattern finds something in it"),
    ]
    assert "The rule counts all the same" in reports.findings[0].body


@pytest.mark.parametrize("path", [".reviewbot.yml", ".gitlab/reviewbot.yml"])
def test_mistakes_of_the_configuration_are_told_likewise(path):
    text = "language: German\nexlude: [x]\nlabels:\n  verdict.approved: reviewbot\n"
    reports = checked(added(path, text), files={path: text})
    assert places(reports) == [(path, 2, "exlude")]
    assert "Mend: did you mean exclude?\n" in reports.findings[0].body
    assert "without this configuration" in reports.findings[0].body
    fine = text.replace("exlude", "exclude")
    reports = checked(added(path, fine), files={path: fine})
    assert [one.title for one in reports.findings] == [
        "labels.verdict.approved: 'reviewbot' asks for reviews or is ignored"
    ]


def test_a_line_that_is_no_id_in_a_list_of_disabled_rules_is_told():
    path, text = "shop/.reviewbot/rules/disabled", "# ours\npython-eval\nNot an id\n"
    reports = checked(added(path, text), files={path: text})
    assert [(one.anchor.start[1], one.title) for one in reports.findings] == [(3, "'Not an id' is no id of a rule")]
    assert reports.findings[0].body == "Mend: write one id a line"


def test_people_dismiss_one_mistake_and_no_other():
    one, other = checked(added(PATH, BROKEN), files={PATH: BROKEN}).findings[:2]
    other = replace(other, anchor=one.anchor, quote=one.quote)
    ref = MergeRequestRef(7, 3)
    said = suppressing.remember(
        one, None, ref, Opinion("", "thumbs_down", Person(7, "dev"), ""), 0.0, project_wide=True
    )
    assert suppressing.suppressed(one, None, [said], ref) is said
    assert suppressing.suppressed(other, None, [said], ref) is None
    assert not claims.same_claim(one, other)
    kinds = [holding.kind(each.title, each.rule, each.category, PATH) for each in (one, other)]
    assert [holding.alike(kinds[0], kind) for kind in kinds] == [True, False]


def test_without_a_repository_new_files_are_checked_as_the_diff_shows_them():
    diff = diff_of(added(PATH, BROKEN), changed(".reviewbot/rules/b.md", BROKEN, 3))
    reports = check(diff, None, (), ReviewPolicy(), shared(1), Control(60))
    assert [place[1] for place in places(reports)] == [5, 9, 10]


def test_a_repository_that_is_away_is_told_and_a_flood_is_bounded():
    reports = checked(added(PATH, BROKEN), tree=Tree(Away(), ""))
    assert reports.notices == ("The changed rule files could not be read, so not checked: git is away",)
    many = {f".reviewbot/rules/{number}.md": BROKEN for number in range(MOST + 3)}
    reports = checked(*(added(path, BROKEN) for path in many), files=many)
    assert len(reports.paths) == MOST
    assert reports.notices == ("3 more changed rule files were not checked.",)


class Stuck:
    """An isolation in which nothing comes to its end."""

    def run(self, work, *args):
        raise TooHard("It took longer than 10 s")


def test_rule_files_that_are_too_hard_are_told_and_after_a_few_no_more_are_tried():
    many = {f".reviewbot/rules/{number}.md": GOOD for number in range(5)}
    diff = diff_of(*(added(path, GOOD) for path in many), added(".reviewbot.yml", "exlude: []\n"))
    tree = Tree(Files({**many, ".reviewbot.yml": "exlude: []\n"}), "")
    reports = check(diff, tree, (), ReviewPolicy(), Stuck(), Control(60))
    hard = "it could not be checked: It took longer than 10 s"
    assert [one.title for one in reports.findings if one.anchor.path != ".reviewbot.yml"] == [hard] * 3
    assert ".reviewbot.yml" in reports.paths
    assert reports.notices == ("2 more changed rule files were not checked.",)


def test_all_files_together_have_their_time(monkeypatch):
    monkeypatch.setattr(rulechecks, "_SECONDS", 0.0)
    reports = checked(added(PATH, BROKEN), files={PATH: BROKEN})
    assert (reports.findings, reports.notices) == ((), ("1 more changed rule files were not checked.",))


def test_it_can_be_switched_off_like_a_rule():
    assert checked(added(PATH, BROKEN), files={PATH: BROKEN}, disabled_rules=(RULE_FILE,)).findings == ()
    assert configuration.strange_rules([RULE_FILE], ["one"]) == ()


def test_it_speaks_the_projects_language():
    reports = checked(added(PATH, BROKEN), files={PATH: BROKEN}, language="German")
    assert "laufen Prüfungen ohne diese Regel" in reports.findings[0].body
