"""What became of comments -> which rules earn their place, and what to do about each.

Of a comment that was posted in the window it is told:

- no chance: its merge request is still open, or nothing was pushed after the comment. Counted apart, in no share;
- addressed: its finding was fixed; dismissed: a person whose word counts said no; silent: merged as it was; all three
  as `core.feedback.ending` has them, of merge requests that were merged with a head that was reviewed;
- unclear: its merge request was closed, or merged with a head that was not reviewed, or nobody has looked at its end
  yet: of such ones only fixes and refusals would be seen, never silence, and a rule would look better than it is. Also
  what nobody can tell: resolved by somebody who need not have looked, lines gone. Counted apart, in no share.

Shares, each with Wilson's 95 % interval:

- addressed = addressed / (addressed + dismissed + silent);
- precision proxy = valued / (valued + dismissed), valued: addressed, or silent with 👍 and without 👎.

Advice, the first that holds; the bounds decide, not the shares:

- too few: fewer than `ENOUGH` comments in addressed + dismissed + silent;
- mute: the upper bound of addressed, or of precision, is below `MUTE`;
- promote: the lower bound of addressed is above `PROMOTE`;
- tune: the upper bound of addressed is below `TUNE`, or that of precision below one half;
- keep: everything else.

What reviewers say without a rule can be neither muted nor promoted by an id: tune stands for mute there, keep for
promote.
"""

from collections import defaultdict
from collections.abc import Iterable

from reviewbot.core import wilson
from reviewbot.core.feedback import ending
from reviewbot.model.feedback import Ending
from reviewbot.model.rule_health import Advice, Counts, HealthFacts, RuleHealth, Share, Tally, Trend

ENOUGH = 20
MUTE, TUNE, PROMOTE = 0.15, 0.4, 0.6
_EVEN = 0.5
_Key = tuple[str | None, str]


def health(facts: HealthFacts) -> tuple[RuleHealth, ...]:
    """A row for each rule that has said anything in the window, or would have; those that said most first.

    What was said without a rule comes last, a row for each reviewer. A rule of the window before alone has no row.
    """
    groups: dict[_Key, list[Tally]] = defaultdict(list)
    for tally in facts.tallies:
        groups[tally.rule, "" if tally.rule else tally.reviewer].append(tally)
    spoke: list[_Key] = [key for key in groups if any(not one.before for one in groups[key])]
    unheard: list[_Key] = [(rule, "") for rule in (*(one.rule for one in facts.unsaid), *dict(facts.kinds))]
    keys = dict.fromkeys((*spoke, *unheard))
    rows = [_row(key, groups[key], facts) for key in keys]
    return tuple(sorted(rows, key=lambda row: (row.rule is None, -row.now.posted, -row.shadowed, row.name)))


def counts(tallies: Iterable[Tally]) -> Counts:
    """Every comment under exactly one of addressed, dismissed, silent, unclear and no_chance."""
    sums: dict[str, int] = defaultdict(int)
    for one in tallies:
        fate = _fate(one)
        sums[fate] += one.count
        sums["incorrect"] += one.count * one.no
        sums["ups"] += one.count * one.up
        sums["downs"] += one.count * one.down
        liked = fate == "silent" and one.up and not one.down
        sums["valued"] += one.count * (fate == "addressed" or liked)
    return Counts(**sums)


def share(hits: int, n: int) -> Share:
    return Share(hits, n, *wilson.interval(hits, n))


def advise(found: Counts) -> tuple[Advice, str]:
    """What to do about a rule with these counts, and why, in a sentence."""
    addressed, precision = share(found.addressed, found.eligible), share(found.valued, found.judged)
    if found.eligible < ENOUGH:
        return "too few", f"what became of {found.eligible} comments is known, {ENOUGH} are needed"
    if addressed.high < MUTE:
        return "mute", f"at most {_percent(addressed.high)} of its comments are addressed"
    if precision.high < MUTE:
        return "mute", f"people find at most {_percent(precision.high)} of its comments right"
    if addressed.low > PROMOTE:
        return "promote", f"at least {_percent(addressed.low)} of its comments are addressed"
    if precision.high < _EVEN:
        return "tune", "people dismiss more of it than they act on: say what it does not mean"
    if addressed.high < TUNE:
        return (
            "tune",
            f"at most {_percent(addressed.high)} are addressed, few are dismissed: say it of less, or clearer",
        )
    return "keep", f"{_percent(addressed.rate)} of its comments are addressed"


def trend(now: Counts, before: Counts) -> Trend:
    """Whether the addressed share changed beyond doubt: the two intervals do not touch. Empty: too few to tell."""
    if min(now.eligible, before.eligible) < ENOUGH:
        return ""
    here, there = (share(one.addressed, one.eligible) for one in (now, before))
    return "up" if here.low > there.high else "down" if here.high < there.low else "steady"


_FATES: dict[Ending, str] = {"addressed": "addressed", "dismissed": "dismissed", "ignored": "silent"}


def _fate(one: Tally) -> str:
    if one.state == "opened" or one.last:
        return "no_chance"
    if one.state != "merged" or not one.read_last:
        return "unclear"
    return _FATES.get(ending(one), "unclear")


def _row(key: _Key, tallies: Iterable[Tally], facts: HealthFacts) -> RuleHealth:
    rule, reviewer = key
    mine = list(tallies)
    now, before = (counts(one for one in mine if one.before is earlier) for earlier in (False, True))
    advice, why = advise(now)
    if rule is None and advice in {"mute", "promote"}:
        advice = "tune" if advice == "mute" else "keep"
    unsaid = {one.stage: one for one in facts.unsaid if one.rule == rule}
    draft, held = unsaid.get("shadow"), unsaid.get("held_back")
    if draft and not now.posted:
        why = f"a draft: it would have said {draft.count} in {draft.merge_requests} merge requests"
    return RuleHealth(
        rule=rule,
        reviewer=reviewer,
        now=now,
        before=before,
        addressed=share(now.addressed, now.eligible),
        precision=share(now.valued, now.judged),
        advice=advice,
        why=why,
        trend=trend(now, before),
        shadowed=draft.count if draft else 0,
        shadowed_in=draft.merge_requests if draft else 0,
        held_back=held.count if held else 0,
        held_kinds=dict(facts.kinds).get(rule or "", 0),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
