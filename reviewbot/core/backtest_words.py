"""What a backtest's table says, in words: of a terminal in English, of a note in the project's language."""

from datetime import UTC, datetime

from reviewbot.core import wilson
from reviewbot.core.phrases import Phrases
from reviewbot.model.backtest import Count, Report, Row, Verdicts

FEWEST = 20  # cases below which a share says nothing
_MOST_PROBLEMS = 10
_MONEY = ".4f"


def headline(report: Report, words: Phrases) -> str:
    day = datetime.fromtimestamp(report.since, UTC).date().isoformat()
    rules = words.many("rule", len(report.rows))
    return words(
        "backtest.headline", rules=rules, changes=changes(report, report.tried, words), where=report.where, day=day
    )


def changes(report: Report, number: int, words: Phrases) -> str:
    """So many merge requests, or commits that stand for them."""
    return words.many("merge_request" if report.noun == "merge request" else "commit", number)


def about(row: Row, words: Phrases) -> str:
    """What happens to the rule, how it finds its hits, and its status as rule files have it."""
    how = "verified" if row.verify else row.how
    return words("join.comma").join((words(f"backtest.{row.kind}"), words(f"backtest.{how}"), row.status))


def worth(verdicts: Verdicts, words: Phrases) -> str:
    """What became of the comments in whose place these would stand, with the share where there are enough."""
    parts = ("addressed", "liked", "dismissed", "unknown")
    counts = [(part, getattr(verdicts, part)) for part in parts]
    told = [words(f"backtest.{part}", n=words.number(number)) for part, number in counts if number]
    said = words("join.comma").join(told) if verdicts.told else words("backtest.nobody")
    n = words.number(verdicts.told)
    if verdicts.told < FEWEST:
        return words("backtest.few", said=said, n=n, most=FEWEST)
    shares = (verdicts.hits / verdicts.told, *wilson.interval(verdicts.hits, verdicts.told))
    share, low, high = (f"{100 * one:.0f}" for one in shares)
    return words("backtest.share", share=share, low=low, high=high, n=n, said=said)


def later(count: Count, words: Phrases) -> str:
    """How many of the comments that no earlier one stands by had their lines changed; "-": nobody can tell."""
    if not count.watched:
        return "-"
    return words("backtest.of", n=words.number(count.later), most=words.number(count.watched))


def tokens(count: Count, words: Phrases) -> str:
    money = "" if count.cost_usd is None else f" (${count.cost_usd:{_MONEY}})"
    return words.number(round(count.tokens)) + money


def comments(count: Count, words: Phrases) -> str:
    """How many; what nobody asked for is no zero."""
    return words("backtest.unasked") if count.silent and not count.comments else words.number(count.comments)


def remarks(report: Report, words: Phrases) -> list[str]:
    """What people must know of how far the table goes. Not safe to be posted as it is."""
    lines = []
    if report.interrupted:
        lines.append(words("backtest.interrupted", n=report.tried, most=report.wanted))
    if report.left_out:
        least = "≥ " if report.more else ""
        lines.append(words("backtest.left_out", changes=f"{least}{changes(report, report.left_out, words)}"))
    if report.asked:
        paid = report.usage.cost_usd
        cost = words("backtest.unknown_cost") if paid is None else f"${paid:{_MONEY}}"
        questions, requests = words.many("question", report.asked), words.many("request", report.usage.requests)
        lines.append(words("backtest.answered", questions=questions, n=report.kept, requests=requests, cost=cost))
    if report.unasked:
        lines.append(_unasked(report, words))
        lines += [words.reason(report.stopped)] if report.stopped else []
    lines += [words.reason(notice) for notice in report.notices]
    lines += [f"{name}: {words.reason(problem)}" for name, problem in report.problems[:_MOST_PROBLEMS]]
    more = len(report.problems) - _MOST_PROBLEMS
    return [*lines, *([words("join.more", n=words.number(more))] if more > 0 else [])]


def _unasked(report: Report, words: Phrases) -> str:
    questions, n = words.many("question", report.unasked), words.number(report.unasked_tokens)
    if report.unasked_cost is None:
        return words("backtest.not_asked", questions=questions, n=n)
    cost = f"${report.unasked_cost:{_MONEY}}"
    return words("backtest.not_asked_cost", questions=questions, n=n, cost=cost)
