"""Pattern rules on the added lines of a file: regular expressions line by line, ast-grep patterns on its tree."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from reviewbot.core import languages, matchers
from reviewbot.core.scopes import applicable
from reviewbot.model.diff import Change, FileDiff, Hunk, Line
from reviewbot.model.finding import Anchor, Finding
from reviewbot.model.rule import Rule

# Memory of one compiled set of expressions, in bytes; RE2 falls back to slower matching below its need.
_SET_MEMORY = 32 << 20


@dataclass(frozen=True, slots=True)
class Scanned:
    """`unparsed`: a rule that needs a syntax tree could match, and the text is none that a parser is given."""

    findings: tuple[Finding, ...]
    unparsed: bool = False


@dataclass(frozen=True, slots=True)
class _Source:
    """A piece of new text: line `first` of the new file is its first line, `hunks` are those it may hold."""

    text: str
    first: int
    hunks: tuple[Hunk, ...]


def scan(file: FileDiff, rules: Sequence[Rule], text: str | None) -> tuple[Finding, ...]:
    """What `scanned` finds."""
    return scanned(file, rules, text).findings


def scanned(file: FileDiff, rules: Sequence[Rule], text: str | None) -> Scanned:
    """Findings of all pattern rules that apply to the file, in the order of its lines, then of the rules.

    Only what touches an added line counts; it is anchored from the first added line it touches to the last one
    in the same hunk. `text` is the file at the head commit: without it, or when it does not agree with the diff,
    trees are built from what each hunk shows of the new side. Rules without a pattern are passed over.
    """
    active = [rule for rule in applicable(rules, file.path) if rule.pattern is not None]
    if not active or file.change is Change.DELETED or not file.added:
        return Scanned(())
    order = {rule.id: index for index, rule in enumerate(active)}
    by_tree = _by_tree(file, active, text)
    found = {_key(finding, order): finding for finding in (*_by_line(file, active), *by_tree.findings)}
    return Scanned(tuple(found[key] for key in sorted(found)), by_tree.unparsed)


def scan_all(batch: Sequence[tuple[FileDiff, Sequence[Rule], str | None]]) -> list[Scanned]:
    """`scanned` for each; one call for a batch, where calls go to another process."""
    return [scanned(file, rules, text) for file, rules, text in batch]


def needs_tree(file: FileDiff, rules: Sequence[Rule]) -> bool:
    """Whether `scan` would build a syntax tree: a tree pattern's words stand on an added line or near one."""
    trees = [rule.pattern.ast for rule in rules if rule.pattern is not None and rule.pattern.ast is not None]
    if not trees or languages.language_of(file.path) is None:
        return False
    shown = "\n".join(line.text for line in file.lines() if line.new is not None)
    return any(_possible(pattern, shown) for pattern in trees)


def scan_lines(file: FileDiff, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """What `scan` finds without any syntax tree: for files that no parser gets through."""
    by_line = [rule for rule in rules if rule.pattern is not None and rule.pattern.regex is not None]
    return scan(file, by_line, None)


def _key(finding: Finding, order: Mapping[str, int]) -> tuple[int, int, int]:
    """Sorts by place, and makes equal what one rule says twice about the same lines."""
    first, last = finding.anchor.lines
    return first, order[finding.rule or ""], last


def _finding(rule: Rule, path: str, first: Line, last: Line) -> Finding:
    return Finding(
        anchor=Anchor(path, first.key, last.key),
        severity=rule.severity,
        category=rule.category,
        title=rule.title,
        body=rule.message or rule.body,
        rule=rule.id,
        source="pattern",
        quote=first.text,
        candidate=rule.verify,
    )


def _by_line(file: FileDiff, rules: Sequence[Rule]) -> Iterator[Finding]:
    by_regex: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.pattern and rule.pattern.regex:
            by_regex.setdefault(rule.pattern.regex, []).append(rule)
    matching = _matching(tuple(by_regex))
    patterned = list(by_regex.values())
    for line in file.lines():
        if line.sign == "+":
            for index in matching(line.text):
                yield from (_finding(rule, file.path, line, line) for rule in patterned[index])


@lru_cache(maxsize=64)
def _matching(regexes: tuple[str, ...]) -> Callable[[str], Sequence[int]]:
    """All expressions in one automaton: the cost of a line hardly depends on their number."""
    if not regexes:
        return lambda _: ()
    try:
        together = _set(regexes)
    except re2.error:  # together they need more memory than one set may have
        half = len(regexes) // 2
        if not half:
            raise
        first, second = _matching(regexes[:half]), _matching(regexes[half:])
        return lambda text: (*first(text), *(half + index for index in second(text)))

    def match(text: str) -> Sequence[int]:
        # A lone surrogate has no UTF-8; it stands for a byte that no pattern means.
        return together.Match(text.encode("utf-8", "replace")) or ()

    return match


def _set(regexes: Sequence[str]) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _SET_MEMORY
    together = re2.Set.SearchSet(options)
    for regex in regexes:
        together.Add(regex)
    together.Compile()
    return together


def _by_tree(file: FileDiff, rules: Sequence[Rule], text: str | None) -> Scanned:
    language = languages.language_of(file.path)
    wanted = [(rule, rule.pattern.ast) for rule in rules if rule.pattern and rule.pattern.ast]
    if language is None or not wanted:
        return Scanned(())
    from reviewbot.core import syntax

    found: list[Finding] = []
    unparsed = False
    for source in _sources(file, text, language):
        near = [(rule, pattern) for rule, pattern in wanted if _possible(pattern, source.text)]
        if near and not syntax.parseable(source.text, language):
            unparsed = True
        elif near:
            found.extend(_in_source(file.path, source, near, language))
    return Scanned(tuple(found), unparsed)


def _possible(pattern: str | dict[str, object], text: str) -> bool:
    words = matchers.words(pattern)
    return words is None or any(word in text for word in words)


def _sources(file: FileDiff, text: str | None, language: str) -> Iterator[_Source]:
    from reviewbot.core import syntax

    if text is not None and syntax.parseable(text, language) and agrees(file, text):
        yield _Source(text, 1, file.hunks)
        return
    for hunk in file.hunks:
        shown = [line.text for line in hunk.lines if line.new is not None]
        yield _Source("\n".join(shown), hunk.new_start, (hunk,))


def agrees(file: FileDiff, text: str) -> bool:
    """Whether `text` is the new side of the diff: every line that the diff shows stands there at its number."""
    lines = text.split("\n")
    return all(
        line.new <= len(lines) and lines[line.new - 1] == line.text for line in file.lines() if line.new is not None
    )


def _in_source(
    path: str, source: _Source, wanted: Sequence[tuple[Rule, str | dict[str, object]]], language: str
) -> Iterator[Finding]:
    from reviewbot.core import syntax

    matches = syntax.find_each(source.text, language, [pattern for _, pattern in wanted])
    for (rule, _), hits in zip(wanted, matches, strict=True):
        for hit in hits:
            span = (hit.start_line + source.first - 1, hit.end_line + source.first - 1)
            touched = _touched(source.hunks, *span)
            if touched:
                yield _finding(rule, path, touched[0], touched[-1])


def _touched(hunks: Sequence[Hunk], first: int, last: int) -> list[Line]:
    """Added lines among `first`..`last` of the new file, of the first hunk that has any."""
    for hunk in hunks:
        if hunk.new_start > last:
            break
        if hunk.new_start + hunk.new_count <= first:
            continue
        touched = [line for line in hunk.lines if line.sign == "+" and line.new and first <= line.new <= last]
        if touched:
            return touched
    return []
