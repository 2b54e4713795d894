"""Rows of rule health -> a table for a terminal, for Markdown, or as data."""

from collections.abc import Mapping, Sequence

from reviewbot.core.framing import visible
from reviewbot.core.shown import shown
from reviewbot.model.rule_health import RuleHealth, Share

WIDTH = 20  # characters of a drawn share
_LONGEST_NAME = 60
_HEADS = ("rule", "posted", "addressed", "dismissed", "silent", "unclear", "no chance", "said no", "up/down", "advice")


def drawn(share: Share, width: int = WIDTH) -> str:
    """A share on a line from 0 to 100 %: `#` stands at the share, `-` on all that is within its interval."""
    if not share.n:
        return "." * width
    first, at, last = (min(width - 1, int(part * width)) for part in (share.low, share.rate, share.high))
    return "".join("#" if here == at else "-" if first <= here <= last else "." for here in range(width))


def text(rows: Sequence[RuleHealth]) -> list[str]:
    """Lines of a table in columns, a line of reason below each row; safe for a terminal."""
    cells = [_HEADS, *(_cells(row) for row in rows)]
    names = max(len(row[0]) for row in cells)
    lines = []
    for index, row in enumerate(cells):
        share = "addressed, 95 %".ljust(WIDTH) if index == 0 else drawn(rows[index - 1].addressed)
        numbers = "  ".join(cell.rjust(len(head)) for cell, head in zip(row[1:-1], _HEADS[1:-1], strict=True))
        lines.append(f"{row[0].ljust(names)}  {numbers}  {share}  {row[-1]}".rstrip())
        if index:
            lines.append(f"    {visible(_reason(rows[index - 1]))}")
    return lines


def markdown(rows: Sequence[RuleHealth]) -> list[str]:
    """A table of Markdown, one line per row. What is no plain text in a name is left out of the markup."""
    heads = ("Rule", *(head.capitalize() for head in _HEADS[1:-1]), "Addressed, 95 %", "Advice")
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 3)}---|---|"]
    for row in rows:
        cells = _cells(row)
        line = (f"`{_plain(cells[0])}`", *cells[1:-1], span(row.addressed), f"**{row.advice}**: {_reason(row)}")
        lines.append(f"| {' | '.join(line)} |")
    return lines


def span(share: Share) -> str:
    """A share and its interval in figures."""
    if not share.n:
        return "unknown"
    return f"{100 * share.rate:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f})"


def data(rows: Sequence[RuleHealth]) -> list[dict[str, object]]:
    """What a program reads: docs/formats.md names the fields."""
    return [
        {
            "rule": row.rule,
            "reviewer": row.reviewer,
            "posted": row.now.posted,
            "addressed": row.now.addressed,
            "dismissed": row.now.dismissed,
            "silent": row.now.silent,
            "unclear": row.now.unclear,
            "no_chance": row.now.no_chance,
            "incorrect": row.now.incorrect,
            "thumbs_up": row.now.ups,
            "thumbs_down": row.now.downs,
            "addressed_rate": _figures(row.addressed),
            "precision": _figures(row.precision),
            "trend": row.trend,
            "posted_before": row.before.posted,
            "addressed_before": row.before.addressed,
            "shadowed": row.shadowed,
            "shadowed_merge_requests": row.shadowed_in,
            "held_back": row.held_back,
            "held_kinds": row.held_kinds,
            "advice": row.advice,
            "why": row.why,
        }
        for row in rows
    ]


def _figures(share: Share) -> Mapping[str, float | int | None]:
    rate = round(share.rate, 4) if share.n else None
    return {"hits": share.hits, "of": share.n, "rate": rate, "low": round(share.low, 4), "high": round(share.high, 4)}


def _cells(row: RuleHealth) -> tuple[str, ...]:
    now = row.now
    numbers = (now.posted, now.addressed, now.dismissed, now.silent, now.unclear, now.no_chance, now.incorrect)
    return shown(row.name)[:_LONGEST_NAME], *map(str, numbers), f"{now.ups}/{now.downs}", row.advice


def _reason(row: RuleHealth) -> str:
    more = []
    if row.trend in {"up", "down"}:
        more.append(f"addressed share {row.trend} against the window before")
    if row.shadowed and row.now.posted:
        more.append(f"as a draft it would have said {row.shadowed} more in {row.shadowed_in} merge requests")
    if row.held_back or row.held_kinds:
        more.append(f"{row.held_back} held back, {row.held_kinds} of its kinds are held back now")
    return "; ".join((row.why, *more))


def _plain(name: str) -> str:
    return name.replace("`", "'").replace("|", "/")
