"""What is allowed in rules and configuration, and hardly meant so."""

import json
from collections.abc import Iterator, Sequence

from reviewbot.core import frontmatter, pattern_doubts, rule_fields
from reviewbot.core.glob_sets import in_paths
from reviewbot.errors import Problem
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule

_ANYWHERE = ("x", "a/b/c.d", ".hidden/file", "Makefile", "docs/e.md")  # no glob that means something takes in all
_LONGEST_CODE = 80  # characters


def of_rules(rules: Sequence[Rule], texts: dict[str, str]) -> Iterator[tuple[str, Problem]]:
    """(file, warning) for rules that are valid; `texts` are their files by `origin`."""
    first: dict[str, Rule] = {}
    for rule in rules:
        front = frontmatter.read(texts[rule.origin], rule.origin).front
        for place, text, mend in _of_rule(rule, first):
            yield rule.origin, rule_fields.problem(front, place, text, mend)


def of_pattern(rule: Rule) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """(place, what, mend) about the pattern of a rule alone: each language that code in it does not parse in."""
    ast = rule.pattern.ast if rule.pattern is not None else None
    for language in rule.languages if ast is not None else ():
        if code := pattern_doubts.broken(ast or "", language):
            text = f"{code[:_LONGEST_CODE]!r} does not parse in {language}: it finds nothing, or not what is meant"
            yield ("pattern", "ast"), text, "correct it, or write it as `context` and `selector`"


def _of_rule(rule: Rule, first: dict[str, Rule]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    for index, glob in enumerate(rule.paths):
        if everything(glob):
            yield ("paths", index), f"{glob!r} matches every file", "leave it out: a rule without `paths` is for all"
    if rule.pattern is None:
        if rule.status == "enforced" and not (rule.bad and rule.good):
            mend = "add what it must find and what it must leave alone"
            yield ("status",), "it fails the gate, and has no `bad` and `good` examples", mend
        return
    if not (rule.bad and rule.good):
        yield ("pattern",), "it has no `bad` and `good` examples: nobody tries it", "add one of each"
    yield from of_pattern(rule)
    pattern = json.dumps([rule.pattern.regex, rule.pattern.ast], sort_keys=True)
    other = first.setdefault(pattern, rule)
    shared = not (rule.languages and other.languages) or set(rule.languages) & set(other.languages)
    if other is not rule and shared:
        yield ("pattern",), f"{other.id} ({other.origin}) has the same one", "make one rule of both"


def of_configuration(policy: ReviewPolicy) -> Iterator[str]:
    """Sentences about a repository's configuration alone, read over an empty policy."""
    for glob in policy.exclude:
        if everything(glob):
            yield f"exclude: {glob!r} matches every file: nothing is reviewed (say which files are to be left out)"
    if policy.include and any(everything(glob) for glob in policy.include):
        yield "include: a glob matches every file: lock files and generated ones are reviewed, too (say which)"


def everything(glob: str) -> bool:
    """Whether a glob takes in whatever there is."""
    return not glob.startswith("!") and all(in_paths((glob,), path) for path in _ANYWHERE)
