"""A finished review as text for a terminal, as Markdown, or in one of the formats for tools.

File names, code and a model's words are other people's: on a terminal no control character of theirs counts, and their
Markdown is made as harmless as in a comment.
"""

import io
import json
import sys
import textwrap
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from reviewbot import __version__
from reviewbot.cli.output import unwritable
from reviewbot.core import comments, exports
from reviewbot.core.coverage import UNCHANGED
from reviewbot.core.framing import HIDDEN_IN_LINE, escape, visible
from reviewbot.core.inlines import code
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.local import Local
from reviewbot.model.chunk import FileCoverage
from reviewbot.model.finding import Dropped, Finding, Severity
from reviewbot.model.outcome import Examination

_COLOURS = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.SUGGESTION: "cyan"}


def write(done: Local, format_name: str, output: Path | None, *, quiet: bool) -> None:
    """To `output`, else to standard output.

    Standard error gets what could not be written to GitLab, and, where the review itself is no text on standard output,
    the notices, the verdict and what was posted. `quiet` leaves those out, and the notices of a text on standard
    output; what is written to a file or for a tool is the same with it and without.
    """
    for warning in done.warnings:
        sys.stderr.write(f"Warning: {visible(warning)}\n")
    if done.examination is None:
        sys.stderr.write(f"Not reviewed: {visible(done.reason)}\n")
        return
    if output is None:
        _print(done, done.examination, format_name, sys.stdout, quiet=quiet)
        sys.stdout.flush()
    else:
        _save(done, done.examination, format_name, output)
    if not quiet and (output is not None or format_name != "text"):
        told = [*done.examination.notices, outcome(done.examination), *filter(None, (done.posted,))]
        for sentence in (*told, f"The review is in {output}") if output is not None else told:
            sys.stderr.write(f"{visible(sentence)}\n")


def _save(done: Local, examination: Examination, format_name: str, output: Path) -> None:
    text = io.StringIO()
    _print(done, examination, format_name, text)
    try:
        output.write_text(text.getvalue(), encoding="utf-8", errors="replace")
    except OSError as error:
        with suppress(OSError):  # half a report is none
            if output.is_file():
                output.resolve().unlink()
        raise unwritable(output, error) from error


def _print(done: Local, examination: Examination, format_name: str, out: TextIO, *, quiet: bool = False) -> None:
    if format_name == "json":
        _json(exports.as_json(examination), out)
    elif format_name == "sarif":
        _json(exports.as_sarif(examination, done.diff, __version__), out)
    elif format_name == "codequality":
        _json(exports.as_code_quality(examination, done.diff), out)
    elif format_name == "markdown":
        out.write(markdown(examination))
    else:
        _text(done, examination, out, quiet=quiet)


def _json(value: object, out: TextIO) -> None:
    """Escaped where the terminal or the pipe has another encoding than UTF-8, so that it is JSON in any case."""
    plain = (out.encoding or "utf-8").lower().replace("_", "-") not in {"utf-8", "utf8"}
    out.write(json.dumps(value, ensure_ascii=plain, indent=2) + "\n")


def markdown(examination: Examination) -> str:
    """A heading, one section a finding, and what was not read."""
    verdict = "nothing to review" if _nothing_read(examination) else examination.verdict.replace("_", " ")
    lines = [f"# Review: {verdict}", ""]
    lines += [f"> {sanitise_line(notice)}" for notice in examination.notices] + ([""] if examination.notices else [])
    for finding in exports.everything(examination):
        rule = (f"rule {code(finding.rule)}",) if finding.rule else ()
        label = " · ".join((f"**{finding.severity}**", finding.category, *rule, *comments.standing(finding)))
        lines += [f"## {code(_place(finding))} — {sanitise_line(finding.title)}", "", label, ""]
        lines += [sanitise(finding.body), ""] if finding.body else []
        lines += [fenced(finding.suggestion), ""] if finding.suggestion else []
    unread = [file for file in examination.coverage if not file.complete]
    if unread:
        lines += ["## Not read", "", *(f"- {code(file.path)}: {sanitise_line(_why(file))}" for file in unread), ""]
    unmatched = _unmatched(examination)
    if unmatched:
        told = (f"- {code(drop.path)}: {sanitise_line(drop.reason)}" for drop in unmatched)
        lines += ["## Not matched against every rule", "", *told, ""]
    if examination.consulted:
        lines += ["## Read beside the diff", "", *(f"- {code(read)}" for read in examination.consulted), ""]
    return "\n".join([*lines, outcome(examination), ""])


def _place(finding: Finding) -> str:
    first, last = finding.anchor.lines
    span = f"{first}" if first == last else f"{first}-{last}"
    return f"{finding.anchor.path}:{span}" + (" (removed)" if finding.anchor.side == "old" else "")


def _unmatched(examination: Examination) -> list[Dropped]:
    """Files that were too much for a part of the rules: a silence about them would be taken for praise."""
    return [drop for drop in examination.dropped if drop.stage == "rules"]


def _why(file: FileCoverage) -> str:
    """Why it was not read, where "not read" is said already."""
    return _line(file.reason.removeprefix("not read: "))


def _line(text: str) -> str:
    return HIDDEN_IN_LINE.sub(escape, text)


def outcome(examination: Examination) -> str:
    """The verdict, what was found, how much was read and what it cost, in one line; or that there was nothing to read.

    For example: minor issues: 3 warnings; 4 of 4 files read, tier lite; no model request.
    """
    if not examination.coverage:
        return "Nothing to review: no file was changed"
    if _nothing_read(examination):
        reasons = dict.fromkeys(file.reason for file in examination.coverage)
        return f"Nothing to review: every changed file is of a kind that is left out ({_line(', '.join(reasons))})"
    usage = examination.usage
    read = sum(file.state == "reviewed" for file in examination.coverage)
    cost = "cost unknown" if usage.cost_usd is None else f"{usage.cost_usd:.4f} $"
    asked = (
        f"{usage.requests} requests, {usage.prompt_tokens} + {usage.completion_tokens} tokens, {cost}"
        if usage.requests
        else "no model request"
    )
    files = f"{read} of {len(examination.coverage)} files read{_before(examination, read)}"
    return f"{examination.verdict.replace('_', ' ')}: {_counts(examination)}; {files}; {asked}"


def _before(examination: Examination, read: int) -> str:
    """Which files were read by an earlier review, and the tier of the others: it is that of what is new."""
    before = sum(file.state == "reviewed" and file.reason == UNCHANGED for file in examination.coverage)
    if before and before == read:
        return ", by an earlier review: nothing is new since"
    earlier = f", {before} of them by an earlier review" if before else ""
    return f"{earlier}, tier {examination.tier}"


def _nothing_read(examination: Examination) -> bool:
    """Whether there was nothing that should have been read: neither praise nor blame."""
    return all(file.state == "skipped" and file.complete for file in examination.coverage)


def _counts(examination: Examination) -> str:
    """As in: 1 critical finding, 2 warnings."""
    numbers = Counter(finding.severity for finding in exports.everything(examination))
    words = {Severity.CRITICAL: "critical finding"}
    named = (
        f"{numbers[each]} {words.get(each, each)}{'s' * (numbers[each] != 1)}" for each in Severity if numbers[each]
    )
    return ", ".join(named) or "nothing found"


def _text(done: Local, examination: Examination, out: TextIO, *, quiet: bool) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(file=out, highlight=False, soft_wrap=not out.isatty())
    for notice in () if quiet else examination.notices:
        console.print(Text(visible(notice), "italic"))
    for finding in exports.everything(examination):
        said = "".join(f" ({word})" for word in comments.standing(finding))
        head = Text.assemble(
            (f"{finding.severity}", _COLOURS[finding.severity]),
            "  ",
            (_line(_place(finding)), "bold"),
            f"  {_line(finding.title)}{said}",
        )
        console.print(head)
        rule = f"[{finding.rule}] " if finding.rule else ""
        for part in (visible(f"{rule}{finding.body}"), visible(finding.suggestion or "")):
            if part:
                # Padding is cut at the width of a terminal: a pipe has none, and the whole text counts.
                indented = Padding(Text(part), (0, 0, 0, 4)) if out.isatty() else Text(textwrap.indent(part, "    "))
                console.print(indented)
    unread = [file for file in examination.coverage if not file.complete]
    for file in unread:
        console.print(Text.assemble(("not read", "magenta"), f"  {_line(file.path)}: {_why(file)}"))
    for drop in _unmatched(examination):
        console.print(Text.assemble(("not matched", "magenta"), f"  {_line(drop.path)}: {_line(drop.reason)}"))
    console.print(Text(outcome(examination), "dim"))
    if done.posted is not None:
        console.print(Text(visible(done.posted), "dim"))
