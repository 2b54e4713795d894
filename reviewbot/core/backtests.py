"""Two sets of rules and what they say about past merge requests -> the rows of a table, by which a change is judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote

from reviewbot.core.backtest_facts import earlier, fate
from reviewbot.model.backtest import Count, Example, Fate, Kind, Report, Row, RuleChange, Side, Tried, Verdicts, WouldBe
from reviewbot.model.feedback import PostedComment
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule

MOST_EXAMPLES = 5
_ORDER: dict[Kind, int] = {"added": 0, "changed": 1, "deleted": 2, "same": 3}
_Told = Mapping[MergeRequestRef, Sequence[PostedComment]]


def changes(before: Sequence[Rule], after: Sequence[Rule], *, everything: bool = False) -> tuple[RuleChange, ...]:
    """The rules that are not the same on both sides, by kind and id; with `everything` the others, too.

    Where a rule comes from, and its examples, change nothing about what it says.
    """
    old, new = _by_id(before), _by_id(after)
    found = []
    for name in dict.fromkeys((*old, *new)):
        was, is_now = old.get(name, ()), new.get(name, ())
        lives = [any(rule.status != "off" for rule in rules) for rules in (was, is_now)]
        if not any(lives):
            continue
        same = [_bare(rule) for rule in was] == [_bare(rule) for rule in is_now]
        kind: Kind = "same" if same else "changed" if all(lives) else "added" if lives[1] else "deleted"
        if everything or kind != "same":
            found.append(RuleChange(name, kind, was, is_now))
    return tuple(sorted(found, key=lambda change: (_ORDER[change.kind], change.id)))


def name_of(found: Sequence[RuleChange], told: Sequence[str]) -> str:
    """Hexadecimal, 32 digits: the same for the same change of the same rules with the same mistakes `told` of it."""
    return sha256(repr((tuple(found), tuple(told))).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def overlaid(rules: Sequence[Rule], by: Sequence[Rule]) -> tuple[Rule, ...]:
    """`rules` as `scopes.applicable` takes them, each replaced by the one of equal id and folder in `by`, and the new
    ones of `by` behind them; those of folders stay last, inner ones behind outer ones.
    """
    laid = {(rule.folder, rule.id): rule for rule in rules}
    laid.update(((rule.folder, rule.id), rule) for rule in by)
    return tuple(sorted(laid.values(), key=lambda rule: rule.folder.count("/") + bool(rule.folder)))


def _by_id(rules: Sequence[Rule]) -> dict[str, tuple[Rule, ...]]:
    found: dict[str, tuple[Rule, ...]] = {}
    for rule in rules:
        found[rule.id] = (*found.get(rule.id, ()), rule)
    return found


def _bare(rule: Rule) -> Rule:
    return replace(rule, origin="", layer="", bad=(), good=())


def rows(found: Sequence[RuleChange], tried: Sequence[Tried], told: _Told) -> tuple[Row, ...]:
    """The table's rows, in the order of the changes. `told` are our earlier comments by merge request."""
    good = [one for one in tried if not one.problem]
    return tuple(_row(change, good, told) for change in found)


def _row(change: RuleChange, tried: Sequence[Tried], told: _Told) -> Row:
    return Row(
        rule=change.id,
        kind=change.kind,
        how="words" if change.newest.pattern is None else "pattern",
        status=change.newest.status,
        before=_count(change.id, [(one, one.before) for one in tried], told),
        after=_count(change.id, [(one, one.after) for one in tried], told),
        examples=_examples(change, tried, told),
        verify=change.newest.verify,
    )


def _count(rule: str, sides: Sequence[tuple[Tried, Side]], told: _Told) -> Count:
    fates: dict[Fate, int] = {"addressed": 0, "liked": 0, "dismissed": 0, "unknown": 0}
    comments = touched = overlap = watched = later = 0
    for one, side in sides:
        mine = [each for each in side.comments if each.rule == rule]
        comments += len(mine)
        touched += bool(mine)
        for each in mine:
            before = earlier(each, _told(one, told))
            overlap += bool(each.also) or (before is not None and before.rule != rule)
            if before is not None:
                fates[fate(before)] += 1
            elif each.later is not None:
                watched += 1
                later += each.later
    tokens = sum(side.tokens.get(rule, 0) for _, side in sides) / max(1, len(sides))
    silent = sum(side.silent.get(rule, 0) for _, side in sides)
    return Count(comments, touched, Verdicts(**fates), overlap, watched, later, tokens, silent=silent)


def _told(one: Tried, told: _Told) -> Sequence[PostedComment]:
    return told.get(one.past.ref, ()) if one.past.ref is not None else ()


def _examples(change: RuleChange, tried: Sequence[Tried], told: _Told) -> tuple[Example, ...]:
    """What is new with the change first, then what goes with it; one of each merge request before the second of any."""
    fresh: list[tuple[int, Example]] = []
    gone: list[tuple[int, Example]] = []
    for one in tried:
        old = {_place(each): each for each in one.before.comments if each.rule == change.id}
        new = {_place(each): each for each in one.after.comments if each.rule == change.id}
        shown = list(new) if change.kind == "same" else [place for place in new if place not in old]
        fresh += ((at, _example(one, new[place], told, new=True)) for at, place in enumerate(shown))
        lost = [place for place in old if place not in new]
        gone += ((at, _example(one, old[place], told, new=False)) for at, place in enumerate(lost))
    ordered = [each for side in (fresh, gone) for _, each in sorted(side, key=lambda pair: pair[0])]
    return tuple(ordered[:MOST_EXAMPLES])


def _place(comment: WouldBe) -> tuple[str, int, int]:
    return comment.path, comment.first, comment.last


def _example(one: Tried, comment: WouldBe, told: _Told, *, new: bool) -> Example:
    before = earlier(comment, _told(one, told))
    where = f"{comment.path}:{comment.first}"
    return Example(one.past.name, one.past.url, where, _link(one, comment), "" if before is None else fate(before), new)


def _link(one: Tried, comment: WouldBe) -> str:
    """The file at the commit. GitLab tells a merge request of each link to it, but a file of none."""
    if not one.past.web:
        return ""
    return f"{one.past.web}/-/blob/{one.past.head_sha}/{quote(comment.path, errors='replace')}#L{comment.first}"


def priced(report: Report, cost: Callable[[float], float | None]) -> Report:
    """The table with its money: `cost` tells US dollars for so many tokens of a prompt, None: unknown."""

    def count(side: Count) -> Count:
        return replace(side, cost_usd=cost(side.tokens)) if side.tokens else side

    rows = tuple(replace(row, before=count(row.before), after=count(row.after)) for row in report.rows)
    return replace(report, rows=rows, unasked_cost=cost(report.unasked_tokens))


def report(
    where: str,
    noun: str,
    since: float,
    found: Sequence[RuleChange],
    tried: Sequence[Tried],
    told: _Told,
    *,
    wanted: int,
    left_out: int = 0,
    more: bool = False,
    notices: Sequence[str] = (),
    interrupted: bool = False,
) -> Report:
    """The whole table, without its money. `wanted`: how many past merge requests there were to try."""
    good = [one for one in tried if not one.problem]
    problems = [(one.past.name, one.problem) for one in tried if one.problem]
    problems += [(one.past.name, why) for one in good for why in one.cut]
    sides = [side for one in good for side in (one.before, one.after)]
    return Report(
        where=where,
        noun=noun,
        since=since,
        rows=rows(found, tried, told),
        wanted=wanted,
        tried=len(good),
        left_out=left_out,
        more=more,
        problems=tuple(problems),
        notices=tuple(notices),
        control=(sum(one.lines for one in good), sum(one.lines_later for one in good)),
        asked=sum(side.asked for side in sides),
        kept=sum(side.kept for side in sides),
        unasked=sum(side.unasked for side in sides),
        unasked_tokens=sum(side.unasked_tokens for side in sides),
        stopped=next((one.stopped for one in good if one.stopped), ""),
        usage=sum((one.usage for one in tried), Usage()),
        interrupted=interrupted,
    )
