import pytest

from reviewbot.core import rules, scopes
from reviewbot.errors import ConfigurationError, InvalidFile
from reviewbot.model.finding import Category, Severity
from reviewbot.model.rule import Pattern, Rule

WHOLE = """---
id: no-sleep
title: No sleep in handlers
severity: critical
category: performance
enforcement: block
paths: ["src/**", "!src/jobs/"]
languages: [py, TypeScript]
pattern:
  ast: sleep($SECONDS)
message: Sleeping blocks the worker.
examples:
  bad: ["sleep(1)"]
  good: ["nap(1)"]
---

A handler never sleeps.

It schedules a job instead.
"""


def rule_file(front, body="Words."):
    return f"---\n{front}\n---\n{body}\n"


def small(**fields):
    given = {"id": "r", "title": "T", **fields}
    return rule_file("\n".join(f"{key}: {value}" for key, value in given.items()))


def test_every_field_is_read():
    assert rules.parse(WHOLE, "a.md") == Rule(
        id="no-sleep",
        title="No sleep in handlers",
        severity=Severity.CRITICAL,
        category=Category.PERFORMANCE,
        enforcement="block",
        body="A handler never sleeps.\n\nIt schedules a job instead.",
        paths=("src/**", "!src/jobs/"),
        languages=("python", "typescript"),
        pattern=Pattern(ast="sleep($SECONDS)"),
        message="Sleeping blocks the worker.",
        bad=("sleep(1)",),
        good=("nap(1)",),
        origin="a.md",
        status="enforced",
        level="must",
    )


def test_rule_of_words_alone_is_enough():
    rule = rules.parse(small(), "a.md")
    assert (rule.severity, rule.enforcement, rule.pattern, rule.paths) == (Severity.WARNING, "advise", None, ())


def test_windows_line_ends_and_byte_order_mark_do_not_matter():
    changed = rules.parse("\ufeff" + WHOLE.replace("\n", "\r\n"), "a.md")
    assert changed == rules.parse(WHOLE, "a.md")


@pytest.mark.parametrize(
    ("text", "where", "mention"),
    [
        ("just words", "a.md:1", "front matter"),
        ("---\nid: x\n", "a.md:1", "does not end"),
        ("---\n---\nwords", "a.md:2", "not a mapping"),
        ("---\n- id\n---\nwords", "a.md:2", "not a mapping"),
        (rule_file("id: r\ntitle: [unclosed"), "a.md:", "YAML"),
        (rule_file("title: T"), "a.md", "id"),
        (small(colour="red"), "a.md:4", "colour"),
        (small(severity="high"), "a.md:4", "severity"),
        (small(category="taste"), "a.md:4", "taste"),
        (small(enforcement="maybe"), "a.md:4", "enforcement"),
        (small(title="7"), "a.md:3", "title"),
        (small(languages="[no]"), "a.md:4", "languages"),
        (small(languages="[vb6]"), "a.md:4", "vb6"),
        (small(languages="python"), "a.md:4", "languages"),
        (small(id="'Not an id'"), "a.md:2", "id"),
        (small(pattern="{}"), "a.md:4", "exactly one"),
        (small(pattern="{regex: a, ast: b}"), "a.md:4", "exactly one"),
        (small(pattern="{regex: '('}"), "a.md:4", "RE2"),
        (small(pattern="{regex: '(?=a)'}"), "a.md:4", "RE2"),
        (small(pattern="{regex: 'a*'}"), "a.md:4", "empty"),
        (small(pattern="{regex: 'k\\pL{1,400}'}"), "a.md:4", "too large"),
        (small(pattern="{ast: 'f($A)'}"), "a.md:4", "languages"),
        (small(languages="[sql]", pattern="{ast: 'f($A)'}"), "a.md:5", "syntax tree"),
        (small(languages="[python]", pattern="{ast: {kind: nothing}}"), "a.md:5", "nothing"),
        (small(languages="[python]", pattern="{ast: {kinds: call}}"), "a.md:5", "kinds"),
        (small(paths="['[']", examples="{worse: [a]}"), "a.md", "worse"),
        (rule_file("id: r\nid: s\ntitle: T"), "a.md:3", "twice"),
        (rule_file("id: &a r\ntitle: *a"), "a.md:2", "aliases"),
        (rule_file("id: r\ntitle: T\n1: x"), "a.md:4", "key"),
        (rule_file("id: r\ntitle: !!python/object:os.system x"), "a.md:3", "python/object"),
        (rule_file("id: r\ntitle: 2024-99-99"), "a.md", "month"),
        (rule_file("id: r\ntitle: " + "[" * 100 + "]" * 100), "a.md:3", "deeply"),
        (rule_file("id: r\ntitle: " + "9" * 10_000), "a.md", "digits"),
        (rule_file("id: r\ntitle: T", body=""), "a.md", "words"),
        (rule_file("id: r\ntitle: T", body="x" * 70_000), "a.md", "larger"),
    ],
)
def test_wrong_file_is_refused_with_place_and_mend(text, where, mention):
    with pytest.raises(ConfigurationError) as error:
        rules.parse(text, "a.md")
    assert error.value.message.startswith(where)
    assert mention in str(error.value)
    assert error.value.mend


def test_all_wrong_fields_are_told_at_once():
    with pytest.raises(ConfigurationError) as error:
        rules.parse(rule_file("id: a\ntitle: A\nseverity: high\nlevel: 3"), "a.md")
    assert error.value.message.startswith("a.md:4: severity: ")
    assert "; line 5: level: there is no such field" in error.value.message
    assert "known fields: id, title" in error.value.mend


NESTED = """---
id: a
title: A
paths:
  - src/
  - "!"
languages: [python, cobol]
pattern:
  regex: '('
examples:
  bad:
    - one
    - 7
colour: red
verify: maybe
---
Words.
"""


def test_each_mistake_is_told_on_its_own_line_however_deep():
    with pytest.raises(InvalidFile) as error:
        rules.parse(NESTED, "a.md")
    told = [(one.line, one.text.split(": ")[0]) for one in error.value.problems]
    assert told == [
        (6, "paths[1]"),
        (7, "languages[1]"),
        (9, "pattern.regex"),
        (13, "examples.bad[1]"),
        (14, "colour"),
        (15, "verify"),
    ]
    assert all(one.mend for one in error.value.problems)
    assert str(error.value).startswith("a.md:6: paths[1]: not a gitignore glob")
    assert "and 1 more" in str(error.value)


def test_only_so_many_mistakes_of_a_file_are_told():
    many = "".join(f"key{number}: x\n" for number in range(500))
    with pytest.raises(InvalidFile) as error:
        rules.parse(rule_file(f"id: r\ntitle: T\n{many}"), "a.md")
    assert len(error.value.problems) == InvalidFile.MOST
    assert len(str(error.value)) < 1_000


def test_verify_needs_a_pattern():
    assert rules.parse(small(pattern="{regex: x}", verify="true"), "a.md").verify
    with pytest.raises(InvalidFile, match=r"a\.md:4: verify: there is no `pattern`"):
        rules.parse(small(verify="true"), "a.md")


@pytest.mark.parametrize(
    ("globs", "path", "applies"),
    [
        ("[]", "any/where.txt", True),
        ("['*.py']", "deep/down/a.py", True),
        ("['/*.py']", "deep/down/a.py", False),
        ("['src/**', '!src/gen/']", "src/a.c", True),
        ("['src/**', '!src/gen/']", "src/gen/a.c", False),
        ("['!tests/']", "src/a.py", True),
        ("['!tests/']", "pkg/tests/a.py", False),
        ("['docs/']", "docs/a/b.md", True),
        ("['*.PY']", "a.py", False),
    ],
)
def test_paths_are_gitignore_globs(globs, path, applies):
    rule = rules.parse(small(paths=globs), "a.md")
    assert (scopes.applicable((rule,), path) == (rule,)) is applies


def test_languages_limit_a_rule_and_typescript_includes_tsx():
    rule = rules.parse(small(languages="[typescript]"), "a.md")
    fitting = [path for path in ("a.ts", "a.tsx", "a.js", "a") if scopes.applicable((rule,), path)]
    assert fitting == ["a.ts", "a.tsx"]


@pytest.mark.parametrize(
    "globs", ["['src/**/*.py']", "['*.test.*']", "['__tests__/']", "['!a/']", "['Dockerfile*']", "['/x/?.txt']"]
)
def test_sample_path_is_one_that_the_rule_applies_to(globs):
    rule = rules.parse(small(paths=globs), "a.md")
    assert scopes.applicable((rule,), rules.sample_path(rule))


@pytest.mark.parametrize(
    ("fields", "body", "status", "enforcement", "blocks"),
    [
        ({}, "Words.", "approved", "advise", False),
        ({"status": "draft"}, "It MUST hold.", "draft", "advise", False),
        ({"status": "draft", "enforcement": "block"}, "It MUST hold.", "draft", "block", False),
        ({"status": "enforced"}, "It MUST NOT fail.", "enforced", "block", True),
        ({"enforcement": "block"}, "Words.", "enforced", "block", True),
        ({"status": "enforced", "enforcement": "block"}, "It SHALL hold.", "enforced", "block", True),
    ],
)
def test_status_and_enforcement_say_one_thing(fields, body, status, enforcement, blocks):
    front = "\n".join(f"{key}: {value}" for key, value in {"id": "r", "title": "T", **fields}.items())
    rule = rules.parse(rule_file(front, body), "a.md")
    assert (rule.status, rule.enforcement, rule.blocks) == (status, enforcement, blocks)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "enforced"}, "a.md:4: status: an enforced rule says what MUST hold"),
        ({"status": "approved", "enforcement": "block"}, "contradict each other"),
        ({"status": "enforced", "enforcement": "advise"}, "contradict each other"),
        ({"status": "retired"}, "a.md:4: status"),
    ],
)
def test_a_contradiction_in_a_rules_force_is_refused(fields, told):
    with pytest.raises(ConfigurationError, match=told):
        rules.parse(small(**fields), "a.md")


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ("You MUST, and you MAY.", "must"),
        ("You SHOULD NOT.", "should"),
        ("It is OPTIONAL.", "may"),
        ("you must", "should"),
        ("MUSTARD", "should"),
    ],
)
def test_the_strongest_word_in_capitals_gives_the_level(body, level):
    assert rules.parse(rule_file("id: r\ntitle: T", body), "a.md").level == level
