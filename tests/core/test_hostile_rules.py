"""Rule files that somebody wrote to do harm: each is refused by file and line, at a bounded cost, beside the others."""

import json

import pytest

from reviewbot.core import configuration, matchers, rulebooks, rules, scopes
from reviewbot.errors import ConfigurationError, InvalidFile
from reviewbot.model.policy import ReviewPolicy

GOOD = "---\nid: good\ntitle: Good\npattern: {regex: 'forbidden'}\n---\nWords.\n"


def rule(front, body="Words."):
    return f"---\nid: r\ntitle: T\n{front}\n---\n{body}\n"


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
GLOBS = ["*a" * 140 + str(at) for at in range(100)]
DEEP = {"not": {"kind": "call"}}
for _ in range(33):
    DEEP = {"not": DEEP}

HOSTILE = {
    "larger": (rule("", "x" * 5_000_000), 1, "larger than 64 kB"),
    "laughs": (rule(LAUGHS), 4, "anchors and aliases"),
    "anchor": (rule("severity: &x warning"), 4, "anchors and aliases"),
    "merge key": (rule("<<: {severity: warning}"), 4, "not plain text"),
    "no end": ("---\nid: r\ntitle: T\n", 1, "does not end"),
    "deep": (rule("paths: " + "[" * 50 + "]" * 50), 4, "nested too deeply"),
    "many": (rule("paths: [" + "a," * 30_000 + "]"), 4, "keys and values"),
    "huge int": (rule("severity: " + "9" * 50_000), 4, "digits"),
    "sexagesimal": (rule("severity: 1" + ":59" * 20_000), 4, "digits"),
    "huge float": (rule("severity: 1e" + "9" * 400), 4, "severity"),
    "no date": (rule("severity: 2024-99-99"), 4, "month"),
    "tag": (rule("severity: !!python/object/apply:os.system [x]"), 4, "not allowed"),
    "set": (rule("paths: !!set {a}"), 4, "not allowed"),
    "tab": (rule("paths:\n\t- a"), 5, "a tab at the beginning"),
    "twice": (rule("severity: warning\nseverity: critical"), 5, "there twice"),
    "twice within": (rule("examples:\n  bad: [a]\n  bad: [b]"), 6, "there twice"),
    "control": (rule("message: \x07"), 4, "does not allow"),
    "catastrophic": (rule("pattern: {regex: '(a{1,1000}){1,1000}'}"), 4, "RE2"),
    "look-around": (rule("pattern: {regex: '(?=a)'}"), 4, "RE2"),
    "wide": (rule("pattern: {regex: '\\pL{1,900}'}"), 4, "too large"),
    "glob of glob": (rule(f"paths: ['{'**/' * 1000}']"), 4, "at most 300 characters"),
    "globs together": (rule(f"paths: {GLOBS}"), 4, "too large together"),
    "no kind": (rule("languages: [python]\npattern: {ast: {kind: no_such}}"), 5, "no_such"),
    "deep tree": (rule(f"languages: [python]\npattern:\n  ast: {json.dumps(DEEP)}"), 6, "nested too deeply"),
    "long tree": (rule(f"languages: [python]\npattern: {{ast: '{'f(' * 900}'}}"), 5, "more than 500 characters"),
    "many trees": (
        rule(f"languages: [python, go, java]\npattern: {{ast: {{any: {[{'pattern': 'f($A)'}] * 90}}}}}"),
        5,
        "for all its languages",
    ),
    "examples": (rule("examples: {bad: [" + "'x'," * 51 + "]}"), 4, "at most 50 items"),
    "example": (rule(f"examples: {{bad: ['{'x' * 9000}']}}"), 4, "at most 8000 characters"),
    "title": (f"---\nid: r\ntitle: {'x' * 400}\n---\nWords.\n", 3, "at most 300 characters"),
    "id": ("---\nid: '@all ![x](http://evil)'\ntitle: T\n---\nWords.\n", 2, "is no id"),
    "emoji id": ("---\nid: 🚀\ntitle: T\n---\nWords.\n", 2, "is no id"),
    "key": (rule("\u202eyek: x"), 4, "no such field"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_on_its_line_and_shortly(name):
    text, line, told = HOSTILE[name]
    with pytest.raises(InvalidFile, match=told) as error:
        rules.parse(text, ".reviewbot/rules/bad.md")
    assert error.value.message.startswith(f".reviewbot/rules/bad.md:{line}: ")
    assert len(str(error.value)) < 1_500
    assert error.value.mend


def test_what_is_hostile_costs_itself_only():
    files = [(f"{name}.md", text) for name, (text, _, _) in HOSTILE.items()]
    layer = rulebooks.layer("project", [*files, ("zz-good.md", GOOD)])
    assert [one.id for one in layer.rules] == ["good"]
    assert len(layer.problems) == len(HOSTILE)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("---\nid: a\n".encode("utf-16"), "bad.md:1: UTF-16, not UTF-8 text (save the file as UTF-8)"),
        (b"---\nid: caf\xe9\n", "bad.md:2: no UTF-8 text (save the file as UTF-8)"),
        (b"---\nid: a\ntitle: \0\n", "bad.md:3: a NUL character: no text (save the file as UTF-8)"),
        (b"x" * 70_000, "bad.md:1: larger than 64 kB (keep one rule per file)"),
    ],
)
def test_what_is_no_text_is_named(data, told):
    with pytest.raises(ConfigurationError) as error:
        rulebooks.decoded("bad.md", data)
    assert str(error.value) == told


def test_a_byte_order_mark_and_windows_line_ends_are_fine():
    written = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert rules.parse(rulebooks.decoded("a.md", written), "a.md") == rules.parse(GOOD, "a.md")
    policy = configuration.configure(ReviewPolicy(), {".reviewbot.yml": "\ufefflanguage: German\r\ntools: false\r\n"})
    assert (policy.language, policy.tools) == ("German", False)


def test_globs_that_work_alone_are_tried_together_in_the_configuration_too():
    with pytest.raises(ConfigurationError, match=r"\.reviewbot\.yml:1: exclude: the globs are too large together"):
        configuration.configure(ReviewPolicy(), {".reviewbot.yml": f"exclude: {GLOBS}"})
    half = {".reviewbot.yml": f"exclude: {GLOBS[:5]}"}
    assert len(configuration.configure(ReviewPolicy(), half).exclude) == 5
    with pytest.raises(ConfigurationError, match=r"\.reviewbot\.yml: exclude: the globs are too large together"):
        configuration.configure(ReviewPolicy(exclude=tuple(GLOBS[:50])), {".reviewbot.yml": f"exclude: {GLOBS[50:]}"})


def test_rules_that_cost_little_alone_and_much_together_are_left_out_from_there_on():
    tree = "f($A, " + "x, " * 150 + "$B)"
    heavy = rule(f"languages: [python, go, java, rust, c, cpp, ruby, php]\npattern: {{ast: '{tree}'}}")
    weight = matchers.weight(tree, 8)
    many = [(f"{at:03}.md", heavy.replace("id: r", f"id: r{at}")) for at in range(rulebooks.MOST_WEIGHT // weight + 5)]
    layer = rulebooks.layer("project", [*many, ("zz-good.md", GOOD)])
    left = [problem for problem in layer.problems if "of all rules together are too large" in problem]
    assert len(layer.rules) == rulebooks.MOST_WEIGHT // weight
    assert len(left) == 6


def test_a_path_that_is_long_is_matched_by_globs_that_were_accepted():
    accepted = rules.parse(rule(f"paths: {['**/*?' * 50 + str(at) for at in range(20)]}"), "a.md")
    assert scopes.applicable((accepted,), "a/b/" * 500 + "c1") in {(), (accepted,)}
