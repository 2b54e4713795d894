"""The table of a backtest: drawn for a terminal, as Markdown for a merge request, as JSON for programs."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from reviewbot.core import wilson
from reviewbot.core.framing import HIDDEN_IN_LINE, escape
from reviewbot.core.inlines import code
from reviewbot.core.sanitising import sanitise_line
from reviewbot.model.backtest import Count, Example, Report, Row, Verdicts

FEWEST = 20  # cases below which a share says nothing
_WIDTH = 24  # characters of the longest bar
_MOST_PROBLEMS = 10
_EIGHTHS = " ▏▎▍▌▋▊▉█"


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
    lines = [headline(report), ""]
    for row in report.rows:
        lines += [*_drawn(row, report, longest), ""]
    lines += remarks(report)
    return "\n".join(HIDDEN_IN_LINE.sub(escape, line) for line in lines) + "\n"


def headline(report: Report) -> str:
    day = datetime.fromtimestamp(report.since, UTC).date().isoformat()
    rules = _counted(len(report.rows), "rule")
    changes = _counted(report.tried, report.noun)
    return f"{rules} tried on {changes} of {report.where} since {day}; nothing was posted there"


def _drawn(row: Row, report: Report, longest: int) -> list[str]:
    sides = [("before", row.before), ("after", row.after)]
    lines = [f"{row.rule}  ({_about(row)})"]
    for name, count in sides:
        lines.append(f"  {name:<7}{bar(count.comments, longest):<{_WIDTH}}  {_touched(count, report)}")
    lines += [f"  worth it, {name}: {worth(count.verdicts)}" for name, count in sides if count.verdicts.together]
    if row.before.watched or row.after.watched:
        lines.append(f"  changed later: {_later(row.before)} → {_later(row.after)}{_usual(report)}")
    if row.before.overlap or row.after.overlap:
        lines.append(f"  where another rule or reviewer speaks: {row.before.overlap} → {row.after.overlap}")
    if row.before.tokens or row.after.tokens:
        lines.append(f"  tokens of a review: {_tokens(row.before)} → {_tokens(row.after)}")
    return [*lines, *(f"    {_shown(one)}" for one in row.examples)]


def _about(row: Row) -> str:
    kind = "not changed" if row.kind == "same" else row.kind
    how = "pattern that the judge verifies" if row.verify else row.how
    return f"{kind}, {how}, {row.status}"


def _tokens(count: Count) -> str:
    return f"{count.tokens:,.0f}" + ("" if count.cost_usd is None else f" (${count.cost_usd:.4f})")


def _touched(count: Count, report: Report) -> str:
    told = f"{count.comments} in {_counted(count.merge_requests, report.noun)}"
    if not count.silent:
        return told
    open_ = f"{_counted(count.silent, 'question')} not asked"
    return f"{told}, {open_}" if count.comments else open_


def bar(count: int, longest: int) -> str:
    """`count` drawn to eighths of a character, where `longest` takes `_WIDTH` of them; something for anything."""
    if not count:
        return ""
    eighths = max(1, round(count / max(longest, count) * _WIDTH * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def worth(verdicts: Verdicts) -> str:
    """What became of the comments in whose place these would stand, with the share where there are enough."""
    parts = ((verdicts.addressed, "addressed"), (verdicts.liked, "👍"), (verdicts.dismissed, "dismissed"))
    counts = ", ".join(f"{number} {name}" for number, name in parts if number)
    said = counts or "nobody said"
    if verdicts.unknown and counts:
        said += f", {verdicts.unknown} nobody said"
    if verdicts.told < FEWEST:
        return f"{said} (n {verdicts.told}, below {FEWEST}: no share)"
    low, high = wilson.interval(verdicts.hits, verdicts.told)
    share = verdicts.hits / verdicts.told
    return f"{share:.0%} (95 %: {low * 100:.0f} to {high * 100:.0f}; n {verdicts.told}): {said}"


def _later(count: Count) -> str:
    return f"{count.later} of {count.watched}" if count.watched else "-"


def _usual(report: Report) -> str:
    lines, changed = report.control
    return f" (any line of these changes: {changed / lines:.0%})" if lines >= FEWEST else ""


def _shown(one: Example) -> str:
    sign = "+" if one.new else "-"
    fate = f"  ({one.fate})" if one.fate else ""
    return f"{sign} {one.name} {one.where}{fate}" + (f"  {one.url}" if one.url else "")


def remarks(report: Report) -> list[str]:
    """What people must know of how far the table goes."""
    lines = []
    if report.interrupted:
        lines.append(f"Interrupted: {report.tried} of {report.wanted} were tried")
    if report.left_out:
        lines.append(f"Left out: {_counted(report.left_out, f'older {report.noun}')} (--most)")
    if report.asked:
        paid = "an unknown sum" if report.usage.cost_usd is None else f"${report.usage.cost_usd:.4f}"
        lines.append(
            f"The model answered {_counted(report.asked, 'question')}, {report.kept} of them from kept answers;"
            f" {_counted(report.usage.requests, 'request')} for {paid}"
        )
    if report.unasked:
        price = "" if report.unasked_cost is None else f", at most ${report.unasked_cost:.4f} and the answers"
        lines.append(
            f"Not asked: {_counted(report.unasked, 'question')} of rules in words"
            f" ({report.unasked_tokens:,} tokens{price}): what they would say is not in the table"
        )
    lines += report.notices
    lines += [f"{name}: {problem}" for name, problem in report.problems[:_MOST_PROBLEMS]]
    more = len(report.problems) - _MOST_PROBLEMS
    return [*lines, *([f"… and {more} more"] if more > 0 else [])]


def as_markdown(report: Report) -> str:
    """For a merge request. A link to another merge request, or its number in plain text, would have GitLab write into
    that one that it was mentioned; so numbers are code, and links go to files. Ends with a line feed.
    """
    lines = [
        "#### Rules tried on past merge requests",
        "",
        f"{sanitise_line(headline(report))}.",
        "",
        f"| Rule | | Comments | {report.noun.capitalize()}s | Worth it | Changed later | Overlap | Tokens |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(row) for row in report.rows),
        "",
    ]
    examples = [(row, one) for row in report.rows for one in row.examples]
    if examples:
        items = [_item(row, one) for row, one in examples]
        lines += ["<details><summary>Examples</summary>", "", *items, "", "</details>", ""]
    lines += [f"- {sanitise_line(line)}" for line in remarks(report)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _line(row: Row) -> str:
    sides = (row.before, row.after)
    later = " → ".join(_later(count) for count in sides) if any(count.watched for count in sides) else "-"
    cells = (
        _cell(row.rule),
        _about(row),
        " → ".join("not asked" if count.silent and not count.comments else f"{count.comments}" for count in sides),
        _arrow([count.merge_requests for count in sides]),
        "<br>".join(f"{worth(count.verdicts)}" for count in sides[-1:] if count.verdicts.together) or "-",
        later,
        _arrow([count.overlap for count in sides]),
        " → ".join(_tokens(count) for count in sides) if any(count.tokens for count in sides) else "-",
    )
    return f"| {' | '.join(cells)} |"


def _arrow(numbers: list[int]) -> str:
    return " → ".join(f"{number}" for number in numbers)


def _cell(text: str) -> str:
    return code(text).replace("|", "\\|")


def _item(row: Row, one: Example) -> str:
    sign = "with the change" if one.new else "without it"
    place = f"[{_label(one.where)}]({one.link})" if _linkable(one.link) else code(one.where)
    fate = f", {one.fate}" if one.fate else ""
    return f"- {code(row.rule)} {sign}: {code(one.name)} {place}{fate}"


def _label(text: str) -> str:
    """A code span within a link's brackets: what looks like their end goes."""
    return code(text.replace("[", "(").replace("]", ")"))


def _linkable(link: str) -> bool:
    return link.startswith(("https://", "http://")) and not set(link) & set(" <>()[]\\\"'`\n")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
