"""Code in ast-grep patterns that does not parse."""

from pathlib import Path

import pytest

from reviewbot.core import rule_reports, rule_warnings, rules
from reviewbot.core.pattern_doubts import broken

SHIPPED = Path(__file__).parents[2] / "rules"


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "foo($A)"),
        ("python", "def $F($$$): $$$BODY"),
        ("c", "free($P)"),
        ("c", "$A + $B < $A"),
        ("java", "if ($A) { $$$ }"),
        ("java", "foo($A)"),
        ("go", "fmt.Println($$$)"),
        ("php", "eval($A)"),
        ("rust", "$A.unwrap()"),
        ("kotlin", "foo($A)"),
        ("css", "a { color: $A }"),
        ("ruby", "eval $A"),
        ("bash", "rm -rf $A"),
        ("typescript", "$A as any"),
    ],
)
def test_a_pattern_that_parses_is_not_doubted(language, code):
    assert broken(code, language) == ""


@pytest.mark.parametrize("language", ["python", "typescript", "java", "go", "c"])
def test_code_that_does_not_parse_is_told_wherever_it_stands(language):
    assert broken("foo($A", language) == "foo($A"
    deep = {"rule": {"all": [{"pattern": "foo($A)"}, {"not": {"inside": {"pattern": {"context": "if ($A {"}}}}]}}
    assert broken(deep, language) == "if ($A {"
    assert broken({"kind": "foo(", "regex": "if ("}, language) == ""


def test_both_checks_tell_of_it_on_the_line_of_the_pattern():
    text = "---\nid: a\ntitle: A\nlanguages: [python]\npattern:\n  ast: foo($A\n---\nWords.\n"
    rule = rules.parse(text, "a.md")
    read = rule_reports.of_rule(".reviewbot/rules/a.md", text.encode(), {})
    told = "pattern.ast: 'foo($A' does not parse in python: it finds nothing, or not what is meant"
    assert [(one.line, one.text) for one in read.remarks] == [(6, told)]
    assert ("a.md", read.remarks[0]) in list(rule_warnings.of_rules([rule], {"a.md": text}))


def test_no_shipped_rule_is_doubted():
    shipped = [rules.parse(path.read_text("utf-8"), path.name) for path in sorted(SHIPPED.rglob("*.md"))]
    assert sum(rule.pattern is not None and rule.pattern.ast is not None for rule in shipped) > 10
    assert [(rule.id, doubt) for rule in shipped for doubt in rule_warnings.of_pattern(rule)] == []
