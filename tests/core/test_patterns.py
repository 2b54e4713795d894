import pytest

from reviewbot.core import diffs, patterns, rules
from reviewbot.model.diff import Change, FileDiff, Hunk, Line
from reviewbot.model.finding import Severity
from reviewbot.model.merge_request import RawChange


def rule(pattern, languages="[python]", **fields):
    front = "\n".join(f"{key}: {value}" for key, value in {"id": "r", "title": "T", **fields}.items())
    return rules.parse(f"---\n{front}\nlanguages: {languages}\npattern: {pattern}\n---\nIn words.\n", "r.md")


def hunk(start, *lines):
    """A hunk from signed lines; the old and the new side start at the same number."""
    old = new = start
    made = []
    for line in lines:
        sign, text = line[0], line[1:]
        made.append(Line(sign, None if sign == "+" else old, None if sign == "-" else new, text))
        old += sign != "+"
        new += sign != "-"
    return Hunk(start, old - start, start, new - start, "", tuple(made))


def changed(*hunks, path="a.py"):
    return FileDiff(path, path, Change.MODIFIED, hunks=hunks)


def places(findings):
    return [(finding.rule, finding.anchor.lines, finding.quote) for finding in findings]


CALL = rule("{ast: 'danger($$$A)'}")
WORD = rule("{regex: 'danger'}", languages="[]", id="word", message="Said plainly.", severity="critical")


def test_only_added_lines_count():
    file = changed(hunk(1, " danger(1)", "-danger(2)", "+safe()", "+danger(3)"))
    text = "danger(1)\nsafe()\ndanger(3)\n"
    assert places(patterns.scan(file, [CALL, WORD], text)) == [
        ("r", (3, 3), "danger(3)"),
        ("word", (3, 3), "danger(3)"),
    ]


def test_finding_speaks_the_rules_words():
    finding = patterns.scan(changed(hunk(1, "+danger()")), [WORD], None)[0]
    assert (finding.title, finding.body, finding.severity) == ("T", "Said plainly.", Severity.CRITICAL)
    assert (finding.source, finding.suggestion, finding.anchor.start) == ("pattern", None, (None, 1))
    assert patterns.scan(changed(hunk(1, "+danger()")), [CALL], None)[0].body == "In words."


def test_match_is_anchored_from_its_first_to_its_last_added_line():
    file = changed(hunk(10, " danger(", "-    1,", "+    2,", "+    3,", "     4,", "+    5,", " )", "+x = 1"))
    text = "\n" * 9 + "danger(\n    2,\n    3,\n    4,\n    5,\n)\nx = 1\n"
    (finding,) = patterns.scan(file, [CALL], text)
    assert (finding.anchor.start, finding.anchor.end, finding.quote) == ((None, 11), (None, 14), "    2,")


def test_match_over_two_hunks_stays_in_the_first_it_touches():
    file = changed(hunk(1, " danger(", "+    1,"), hunk(8, "+    8,", " )"))
    text = "danger(\n    1,\n    2,\n    3,\n    4,\n    5,\n    6,\n    8,\n)\n"
    assert places(patterns.scan(file, [CALL], text)) == [("r", (2, 2), "    1,")]


@pytest.mark.parametrize("line", ["# danger(1)", "x = 'danger(1)'", "danger"])
def test_tree_sees_no_code_in_comments_and_strings(line):
    assert patterns.scan(changed(hunk(1, "+" + line)), [CALL], line + "\n") == ()


def test_without_the_file_the_hunk_is_parsed():
    file = changed(hunk(40, "     def f(self):", "+        danger(1)", "         return 2"))
    assert places(patterns.scan(file, [CALL], None)) == [("r", (41, 41), "        danger(1)")]


def test_text_that_is_not_the_diffs_new_side_is_not_trusted():
    file = changed(hunk(2, "+danger(1)"))
    assert places(patterns.scan(file, [CALL], "something\nelse\ndanger(1)\n")) == [("r", (2, 2), "danger(1)")]


def test_file_too_large_for_a_tree_is_read_by_hunks():
    text = "".join(f"x{number} = {number}\n" for number in range(40_000)) + "danger(1)\n"
    file = changed(hunk(40_000, " x39999 = 39999", "+danger(1)"))
    assert places(patterns.scan(file, [CALL], text)) == [("r", (40_001, 40_001), "danger(1)")]


def test_same_lines_are_said_once_for_each_rule():
    twin = rule("{regex: 'danger'}", languages="[]", id="twin")
    found = patterns.scan(changed(hunk(1, "+danger(danger(1)); danger(2)")), [CALL, WORD, twin], None)
    assert [finding.rule for finding in found] == ["r", "word", "twin"]


def test_rules_for_other_files_and_rules_of_words_alone_are_passed_over():
    words = rules.parse("---\nid: w\ntitle: T\n---\nWords.\n", "w.md")
    elsewhere = rule("{regex: danger}", languages="[]", paths="['lib/']")
    assert patterns.scan(changed(hunk(1, "+danger()")), [words, elsewhere], None) == ()
    assert patterns.scan(changed(hunk(1, "+danger()"), path="a.rb"), [CALL], None) == ()


def test_deleted_file_has_no_findings():
    file = FileDiff("a.py", "a.py", Change.DELETED, hunks=(hunk(1, "-danger()"),))
    assert patterns.scan(file, [CALL, WORD], None) == ()


def test_expression_sees_the_line_as_it_is():
    ends = rule("{regex: 'danger$'}", languages="[]")
    lines = ("+danger", "+danger\r", "+d\udcffanger", "+danger\u2028", "+ danger")
    assert [one.anchor.lines[0] for one in patterns.scan(changed(hunk(1, *lines)), [ends], None)] == [1, 5]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("{any: [{pattern: 'danger($A)'}, {pattern: 'risk($A)'}]}", "risk(1)"),
        ("{kind: call, has: {pattern: risk, stopBy: end}}", "risk(1)"),
        ("{rule: {pattern: '$F($A)'}, constraints: {F: {regex: '^risk$'}}}", "risk(1)"),
        ("{pattern: {context: 'class A: $X = 1', selector: assignment}}", "risk = 1"),
        ("{kind: call, inside: {pattern: 'with danger(): $$$B', stopBy: end}}", "with danger():\n    risk(1)"),
    ],
)
def test_looking_for_words_first_loses_no_match(pattern, text):
    file = changed(hunk(1, *("+" + line for line in text.split("\n"))))
    assert patterns.scan(file, [rule(f"{{ast: {pattern}}}")], text + "\n")


def test_findings_stand_on_lines_of_a_parsed_diff():
    text = "def f():\n    danger(1)\n\n\ndef g():\n    danger(2,\n           3)\n"
    diff = "@@ -1,2 +1,7 @@\n def f():\n-    pass\n+    danger(1)\n+\n+\n+def g():\n+    danger(2,\n+           3)\n"
    (file,) = diffs.parse_changes([RawChange("a.py", "a.py", diff)]).files
    keys = {line.key for line in file.lines()}
    found = patterns.scan(file, [CALL], text)
    assert [finding.anchor.lines for finding in found] == [(2, 2), (6, 7)]
    assert all({finding.anchor.start, finding.anchor.end} <= keys for finding in found)


@pytest.mark.parametrize("text", ["danger(1)\n" * 400, "x = '" + "y" * 20_000 + "'; danger(1)\n"])
def test_a_text_that_no_parser_is_given_is_told_if_a_rule_could_match(text):
    file = changed(hunk(1, *("+" + line for line in text.split("\n")[:-1])))
    assert patterns.scanned(file, [CALL], text) == patterns.Scanned((), unparsed=True)
    assert not patterns.scanned(file, [rule("{ast: 'risk($A)'}")], text).unparsed
    assert not patterns.scanned(changed(hunk(1, "+danger(1)")), [CALL], text).unparsed


def test_expressions_that_are_too_large_for_one_set_are_matched_in_several():
    many = [rule(f"{{regex: 'k{n}[a-z]{{1,999}}y|danger{n}!'}}", languages="[]", id=f"r{n}") for n in range(300)]
    file = changed(hunk(1, "+danger0!", "+danger299! danger7!"))
    assert [(rule, at) for rule, at, _ in places(patterns.scan(file, many, None))] == [
        ("r0", (1, 1)),
        ("r7", (2, 2)),
        ("r299", (2, 2)),
    ]
