"""What 200 pattern rules cost on a change of 5,000 lines, parsers in their own processes as in a review."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from benchmarks.making import Order, make
from benchmarks.measuring import median, own_cpu_seconds
from benchmarks.patches import changes_of
from benchmarks.table import Result, Row, at_most, told
from reviewbot import scanning
from reviewbot.control import Control
from reviewbot.core import diffs, patterns, rules
from reviewbot.core.rule_trials import added
from reviewbot.isolated import Isolated
from reviewbot.model.diff import FileDiff
from reviewbot.model.rule import Pattern, Rule
from reviewbot.wiring import packs

RULES = 200
ORDER = Order(130, 3_600, 36, seed=9)
SMALL = Order(9, 200, 6, seed=9)


def run(quick: bool) -> Result:
    shipped = [rule for rule in every_rule() if rule.pattern is not None]
    active = tuple((*shipped, *(varied(rule) for rule in shipped))[:RULES])
    change = changed(shipped, SMALL if quick else ORDER)
    lines = sum(file.added + file.removed for file in change.files)
    found = [_measured(change, active) for _ in range(1 if quick else 5)]
    trees = sum(rule.pattern is not None and rule.pattern.ast is not None for rule in active)
    rows = (
        at_most(
            f"{len(active)} rules, {lines:,} lines: first change of a process",
            median([one.first for one in found]),
            2,
            " s",
        ),
        told("the same change once more", median([one.again for one in found]), " s"),
        told("CPU of the first, parsers included", median([one.cpu for one in found]), " s"),
        Row("rules on a syntax tree; regular expressions", f"{trees}; {len(active) - trees}"),
        Row("files; of which parsed", f"{len(change.files)}; {found[0].parsed}"),
        told("hits", found[0].hits, digits=0),
    )
    notes = (
        "the shipped rules and a variant of each, all on, over a made change in eight languages and a file with the "
        "examples of each shipped rule, so that there is something to parse and to find; whole files at hand",
        "wall time of `scanning.hits`, helper processes warm, nothing compiled; median of five processes' firsts",
    )
    return Result("matching", rows, notes)


def every_rule() -> list[Rule]:
    """All that is shipped, on by default or not."""
    return [packs.rule_of(pack.name, name) for pack in packs.shipped() for name in pack.ids]


def varied(rule: Rule) -> Rule:
    """The rule with another id and a pattern that finds a little more, as hard to match as its own."""
    assert rule.pattern is not None
    name = f"{rule.id}-more"
    if rule.pattern.regex is not None:
        return replace(rule, id=name, pattern=Pattern(regex=f"(?:{rule.pattern.regex})|\\bdeprecated_{len(name)}\\b"))
    tree = rule.pattern.ast
    whole = (
        {"rule": {"pattern": tree}} if isinstance(tree, str) else tree if tree and "rule" in tree else {"rule": tree}
    )
    assert isinstance(whole, dict)
    return replace(
        rule, id=name, pattern=Pattern(ast={**whole, "rule": {"any": [whole["rule"], {"regex": "^deprecated$"}]}})
    )


@dataclass(frozen=True)
class Changed:
    files: tuple[FileDiff, ...]
    texts: Mapping[str, str]


def changed(shipped: Iterable[Rule], order: Order) -> Changed:
    """A made change, and for each rule a new file that holds its examples."""
    made = make(order)
    texts = dict(made.head)
    files = list(diffs.parse_changes(changes_of(made)).files)
    for rule in shipped:
        path, text = f"rules/{rule.id}/{rules.sample_path(rule)}", "\n".join((*rule.bad, *rule.good))
        files.append(added(path, text))
        texts[path] = text
    return Changed(tuple(files), texts)


@dataclass(frozen=True)
class Measured:
    first: float
    again: float
    cpu: float
    parsed: int
    hits: int


def _measured(change: Changed, active: tuple[Rule, ...]) -> Measured:
    """In fresh helper processes, with nothing compiled yet in this one."""
    isolation = Isolated()
    try:
        isolation.run(patterns.scan_all, [])
        isolation.warm(patterns.scan_all)
        time.sleep(0.5)
        spent, began = own_cpu_seconds(), time.monotonic()
        found, _ = scanning.hits(change.files, active, change.texts, isolation, Control())
        first, cpu = time.monotonic() - began, own_cpu_seconds() - spent
        began = time.monotonic()
        scanning.hits(change.files, active, change.texts, isolation, Control())
        again = time.monotonic() - began
    finally:
        isolation.close()
    parsed = sum(patterns.needs_tree(file, active) for file in change.files)
    return Measured(first, again, cpu, parsed, len(found))
