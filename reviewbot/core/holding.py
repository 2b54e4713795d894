"""What people said of a project's comments -> the kinds of findings that are held back there, and which findings are.

A kind is held back when at least `ENOUGH` comments of it were dismissed, in two merge requests or by two people, for
each that was valued `OUTWEIGHED` were, and nobody gave one of them 👍 since (docs/decisions/0019). Critical findings,
those of security, those of blocking rules, and graver ones than any that was dismissed are never held back.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from reviewbot.core.claims import NEAR, words
from reviewbot.core.commands import DEVELOPER
from reviewbot.core.grouping import is_test
from reviewbot.model.finding import Category, Dropped, Finding, Severity
from reviewbot.model.holding import Hold, Kind, Voice
from reviewbot.model.rule import RULE_FILE

ENOUGH = 3  # dismissed comments
OUTWEIGHED = 3  # dismissed comments for each one that was valued
_APART = 2  # merge requests, or people
_EXAMPLES = 5
_MOST_ASKED = 20  # people whose role is asked in one run
_DOCS = frozenset({".md", ".rst", ".txt", ".adoc", ".tex"})
_SETTINGS = frozenset({".yml", ".yaml", ".toml", ".json", ".ini", ".cfg", ".xml", ".env", ".properties", ".conf"})
# What names a place in the code and not a kind of defect: quoted code, calls, paths, names with a digit, an underscore
# or an inner capital.
_QUOTED = re.compile(r"`[^`]*`")
_NAME = re.compile(r"\S*(?:[\d_./\\()]|[a-z][A-Z])\S*")


def area(path: str) -> str:
    """The kind of a file: tests, docs, configuration, or code with its extension."""
    if is_test(path):
        return "tests"
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _DOCS:
        return "docs"
    return "configuration" if suffix in _SETTINGS else f"code{suffix}"[:40]


def kind(title: str, rule: str | None, category: Category, path: str) -> Kind:
    """What a finding is alike to others by. Names of the code are left out of the claim where enough else is said."""
    plain = words(_NAME.sub(" ", _QUOTED.sub(" ", title)))
    return Kind(rule, category, area(path), tuple(sorted(plain if len(plain) > 1 else words(title))))


def alike(first: Kind, second: Kind) -> bool:
    """One rule in one kind of file (of mistakes in rule files: the same one); without a rule on both sides one
    category, and nearly the same claim.
    """
    if first.area != second.area:
        return False
    if first.rule and second.rule:
        own = RULE_FILE not in {first.rule, second.rule} or first.claim == second.claim
        return own and first.rule == second.rule
    mine, other = set(first.claim), set(second.claim)
    if first.category != second.category or not mine:
        return False
    return mine == other or (len(mine & other) > 1 and len(mine & other) >= NEAR * len(mine | other))


@dataclass(slots=True)
class _Group:
    kind: Kind
    known: Hold | None = None
    words: list[Voice] = field(default_factory=list)


def holds(said: Iterable[Voice], known: Sequence[Hold]) -> tuple[Hold, ...]:
    """The kinds that are held back or lifted, oldest first. `known` are those that were kept: they stay what they are.

    Only words of people with the Developer role or more count.
    """
    groups = _groups([word for word in said if (word.level or 0) >= DEVELOPER], known)
    return tuple(hold for group in groups if (hold := _hold(group)) is not None)


def unsure(said: Sequence[Voice], known: Sequence[Hold]) -> list[int]:
    """The people whose role has to be asked, as what they said may decide: a few, those who spoke last first."""
    asked: dict[int, float] = {}
    if not any(word.level is None for word in said):
        return []
    trusted = [word for word in said if word.level is None or word.level >= DEVELOPER]
    for group in _groups(trusted, known):
        if _enough([word for word in group.words if word.kind == "no"]):
            for word in group.words:
                if word.level is None and word.by:
                    asked[word.by] = max(word.at, asked.get(word.by, 0.0))
    return sorted(asked, key=lambda user: -asked[user])[:_MOST_ASKED]


def hold_back(
    found: Sequence[Finding], held: Sequence[Hold], blocks: Callable[[Finding], bool] = lambda finding: False
) -> tuple[list[Finding], list[Dropped]]:
    """The findings that are told, and those that are held back. `blocks`: whether one may stop a merge."""
    active = [hold for hold in held if hold.lifted_at is None]
    kept, dropped = [], []
    for finding in found:
        one = None if blocks(finding) else next((each for each in active if _covers(each, finding)), None)
        if one is None:
            kept.append(finding)
        else:
            told = (_reason(one), finding.anchor.path, finding.title, finding.rule, finding.fingerprint)
            dropped.append(Dropped("held_back", *told))
    return kept, dropped


def why(hold: Hold) -> str:
    """What people said, in a sentence for a list."""
    people = f" by {hold.people} people" if hold.people > 1 else ""
    where = f"{hold.merge_requests} merge request{'s' if hold.merge_requests != 1 else ''}"
    valued = f", {hold.valued} valued" if hold.valued else ""
    return f"{hold.dismissed} dismissed in {where}{people}{valued}"


def _covers(hold: Hold, finding: Finding) -> bool:
    if finding.severity is Severity.CRITICAL or finding.category is Category.SECURITY:
        return False
    mine = kind(finding.title, finding.rule, finding.category, finding.anchor.path)
    return finding.severity.rank >= hold.severity.rank and alike(hold.kind, mine)


def _reason(hold: Hold) -> str:
    if not hold.id:
        return f"{hold.dismissed} comments like it were dismissed in this project: held back"
    return f"{hold.dismissed} comments like it were dismissed in this project: held back as number {hold.id}"


def _groups(said: Iterable[Voice], known: Sequence[Hold]) -> list[_Group]:
    """Each word goes to the first group that is alike; groups are found by what all that are alike have in common."""
    groups = [_Group(hold.kind, hold) for hold in known]
    index: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        _enter(index, group.kind, number)
    for word in sorted(said, key=lambda word: (word.at, word.iid, word.fingerprint)):
        mine = kind(word.title, word.rule, word.category, word.path)
        near = sorted({number for key in _keys(mine) for number in index.get(key, ())})
        found = next((groups[number] for number in near if alike(groups[number].kind, mine)), None)
        if found is None:
            _enter(index, mine, len(groups))
            groups.append(found := _Group(mine))
        found.words.append(word)
    return groups


def _enter(index: dict[tuple[str, str], list[int]], one: Kind, number: int) -> None:
    for key in _keys(one):
        index[key].append(number)


def _keys(one: Kind) -> list[tuple[str, str]]:
    return [(one.area, part) for part in (*one.claim, *((f"rule {one.rule}",) if one.rule else ()))]


def _hold(group: _Group) -> Hold | None:
    latest_up = max((word.at for word in group.words if word.kind == "up"), default=0.0)
    noes = [word for word in group.words if word.kind == "no" and word.at > latest_up]
    comments = {(word.iid, word.fingerprint) for word in noes}
    valued = {(word.iid, word.fingerprint) for word in group.words if word.kind != "no"} - comments
    held = _enough(noes) and OUTWEIGHED * len(valued) <= len(comments)
    if not held and (group.known is None or group.known.lifted_at is None):
        return None
    newest = {(word.iid, word.fingerprint): word for word in noes}  # in order of time
    last = sorted(newest.values(), key=lambda word: -word.at)
    known = group.known or Hold(group.kind, last[0].title)
    return replace(
        known,
        dismissed=len(comments),
        merge_requests=len({word.iid for word in noes}),
        people=len({word.by for word in noes} - {0}),
        valued=len(valued),
        severity=min((word.severity for word in noes), key=lambda each: each.rank, default=Severity.SUGGESTION),
        examples=tuple((word.iid, word.path, word.title) for word in last[:_EXAMPLES]),
    )


def _enough(noes: Sequence[Voice]) -> bool:
    comments = {(word.iid, word.fingerprint) for word in noes}
    merge_requests, people = {word.iid for word in noes}, {word.by for word in noes} - {0}
    return len(comments) >= ENOUGH and max(len(merge_requests), len(people)) >= _APART
