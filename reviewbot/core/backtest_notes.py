"""The table of a backtest as Markdown, as it stands in the merge request that changes the rules."""

from collections.abc import Iterable, Sequence

from reviewbot.core import markers
from reviewbot.core.backtest_words import about, comments, headline, later, remarks, tokens, worth
from reviewbot.core.inlines import code
from reviewbot.core.markers import Marker
from reviewbot.core.phrases import Phrases
from reviewbot.core.sanitising import sanitise_line
from reviewbot.model.backtest import Example, Report, Row
from reviewbot.model.merge_request import Discussion, MergeRequestRef, Note

MOST_TRIES = 5  # of one merge request within `TRIES_WITHIN`: each may cost a hundred requests and minutes of a worker
TRIES_WITHIN = 86_400.0  # seconds
_MOST_ROWS, _MOST_EXAMPLES = 200, 100
_LONGEST = 300  # characters of a place


def as_markdown(report: Report, words: Phrases) -> str:
    """In the language of `words`. A link to another merge request, or its number in plain text, would have GitLab write
    into that one that it was mentioned; so numbers are code, and links go to files. Ends with a line feed. Without a
    row it says that no rule is changed.
    """
    changes = words("backtest.merge_requests" if report.noun == "merge request" else "backtest.commits")
    names = [words(f"backtest.{name}") for name in ("worth", "later", "overlap", "tokens")]
    heads = (words("backtest.rule"), "", words("backtest.comments"), changes, *names)
    table = (
        sanitise_line(headline(report, words)),
        "",
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(_line(row, words) for row in report.rows[:_MOST_ROWS]),
    )
    lines = [f"#### {words('backtest.title')}", "", *(table if report.rows else (words("backtest.nothing"),)), ""]
    examples = [_item(row, one, words) for row in report.rows for one in row.examples][:_MOST_EXAMPLES]
    if examples:
        title = words("backtest.examples")
        lines += [f"<details><summary>{title}</summary>", "", *examples, "", "</details>", ""]
    more = len(report.rows) - _MOST_ROWS
    told = [*([words("join.more", n=words.number(more))] if more > 0 else []), *remarks(report, words)]
    lines += [f"- {sanitise_line(line)}" for line in told]
    return "\n".join(lines).rstrip("\n") + "\n"


def tries(kept: str, now: float) -> tuple[float, ...]:
    """When rules were tried here within a day, of what the note's marker keeps (`keeping`); seconds since the epoch."""
    times = (float(part) for part in kept.split(".") if part.isdecimal())
    return tuple(time for time in times if now - TRIES_WITHIN < time <= now)


def keeping(times: Sequence[float]) -> str:
    """The last of them as a field of a marker, whole seconds."""
    return ".".join(str(int(time)) for time in times[-MOST_TRIES:])


def untried(words: Phrases) -> str:
    """What stands in the table's place when the rules of a push were not tried."""
    return f"#### {words('backtest.title')}\n\n{words('backtest.too_often', n=words.number(MOST_TRIES))}\n"


def standing(threads: Iterable[Discussion], ref: MergeRequestRef, key: bytes) -> tuple[tuple[Note, Marker], ...]:
    """The notes with a table among the threads of a merge request, each with its valid marker, oldest first."""
    firsts = [one.notes[0] for one in threads if one.notes and not one.notes[0].system]
    marked = ((note, markers.read(note.body, key, ref)) for note in firsts)
    return tuple((note, marker) for note, marker in marked if marker is not None and marker.kind == "backtest")


def _line(row: Row, words: Phrases) -> str:
    sides = (row.before, row.after)
    cells = (
        code(row.rule).replace("|", "\\|"),
        about(row, words),
        " → ".join(comments(count, words) for count in sides),
        " → ".join(words.number(count.merge_requests) for count in sides),
        " → ".join(worth(count.verdicts, words) if count.verdicts.together else "-" for count in sides),
        " → ".join(later(count, words) for count in sides),
        " → ".join(words.number(count.overlap) for count in sides),
        " → ".join(tokens(count, words) for count in sides) if any(count.tokens for count in sides) else "-",
    )
    return f"| {' | '.join(cells)} |"


def _item(row: Row, one: Example, words: Phrases) -> str:
    where = one.where if len(one.where) <= _LONGEST else f"…{one.where[-_LONGEST:]}"
    fates = {"addressed": words("fate.fixed"), "dismissed": words("fate.dismissed"), "liked": "👍"}
    fate = f", {fates[one.fate]}" if one.fate in fates else ""
    place = f"[{_label(where)}]({one.link})" if _linkable(one.link) else code(where)
    sign = words("backtest.new" if one.new else "backtest.gone")
    return f"- {code(row.rule)}, {sign}: {code(one.name)} {place}{fate}"


def _label(text: str) -> str:
    """A code span within a link's brackets: what looks like their end goes."""
    return code(text.replace("[", "(").replace("]", ")"))


def _linkable(link: str) -> bool:
    plain = link.isascii() and link.isprintable() and len(link) <= 10 * _LONGEST
    return plain and link.startswith(("https://", "http://")) and not set(link) & set(" <>()[]\\\"'`")
