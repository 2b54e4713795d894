"""The table of a backtest: drawn for a terminal, or as JSON for programs."""

from dataclasses import asdict
from typing import Any

from reviewbot.core import phrases, wilson
from reviewbot.core.backtest_words import FEWEST, about, changes, headline, later, remarks, tokens, worth
from reviewbot.core.framing import HIDDEN_IN_LINE, escape
from reviewbot.model.backtest import Count, Example, Report, Row, Verdicts

_WIDTH = 24  # characters of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_ENGLISH = phrases.of("English")


def as_json(report: Report) -> dict[str, Any]:
    """Everything, with the share and its interval where there are enough cases. Times are seconds since the epoch."""
    made = asdict(report)
    for row, found in zip(made["rows"], report.rows, strict=True):
        for name, count in (("before", found.before), ("after", found.after)):
            row[name]["precision"] = _precision(count.verdicts)
    return made


def _precision(verdicts: Verdicts) -> dict[str, float] | None:
    if verdicts.told < FEWEST:
        return None
    low, high = wilson.interval(verdicts.hits, verdicts.told)
    return {"share": verdicts.hits / verdicts.told, "low": low, "high": high}


def as_text(report: Report) -> str:
    """For a terminal: nothing in it can change what is shown. Ends with a line feed."""
    longest = max((count.comments for row in report.rows for count in (row.before, row.after)), default=0)
    lines = [headline(report, _ENGLISH), ""]
    quiet = [row.rule for row in report.rows if _quiet(row)]
    for row in report.rows:
        lines += [] if _quiet(row) else [*_drawn(row, report, longest), ""]
    if quiet:
        lines += [f"Without a word, before and after: {', '.join(quiet)}", ""]
    lines += remarks(report, _ENGLISH)
    return "\n".join(HIDDEN_IN_LINE.sub(escape, line) for line in lines) + "\n"


def _quiet(row: Row) -> bool:
    """Whether there is nothing to tell of a rule that has not changed, as of most with `--all`."""
    nothing = Count()
    return row.kind == "same" and row.before == nothing and row.after == nothing


def _drawn(row: Row, report: Report, longest: int) -> list[str]:
    sides = [("before", row.before), ("after", row.after)]
    lines = [f"{row.rule}  ({about(row, _ENGLISH)})"]
    for name, count in sides:
        lines.append(f"  {name:<7}{bar(count.comments, longest):<{_WIDTH}}  {_touched(count, report)}")
    lines += [f"  worth it, {name}: {worth(count.verdicts, _ENGLISH)}" for name, count in sides if _spoken(count)]
    if row.before.watched or row.after.watched:
        lines.append(f"  changed later: {' → '.join(later(count, _ENGLISH) for _, count in sides)}{_usual(report)}")
    if row.before.overlap or row.after.overlap:
        lines.append(f"  where another rule or reviewer speaks: {row.before.overlap} → {row.after.overlap}")
    if row.before.tokens or row.after.tokens:
        lines.append(f"  tokens of a review: {' → '.join(tokens(count, _ENGLISH) for _, count in sides)}")
    return [*lines, *(f"    {_shown(one)}" for one in row.examples)]


def _spoken(count: Count) -> bool:
    return count.verdicts.together > 0


def _touched(count: Count, report: Report) -> str:
    told = f"{count.comments:,} in {changes(report, count.merge_requests, _ENGLISH)}"
    if not count.silent:
        return told
    unasked = f"{_ENGLISH.many('question', count.silent)} not asked"
    return f"{told}, {unasked}" if count.comments else unasked


def bar(count: int, longest: int) -> str:
    """`count` drawn to eighths of a character, where `longest` takes `_WIDTH` of them; something for anything."""
    if not count:
        return ""
    eighths = max(1, round(count / max(longest, count) * _WIDTH * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _usual(report: Report) -> str:
    lines, changed = report.control
    return f" (any line of these changes: {100 * changed / lines:.0f} %)" if lines >= FEWEST else ""


def _shown(one: Example) -> str:
    sign = "+" if one.new else "-"
    fate = f"  ({one.fate})" if one.fate else ""
    return f"{sign} {one.name} {one.where}{fate}" + (f"  {one.url}" if one.url else "")
