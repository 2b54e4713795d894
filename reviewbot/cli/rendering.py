"""A finished review as text for a terminal, as Markdown, or in one of the formats for tools.

File names, code and a model's words are other people's: on a terminal no control character of theirs counts, and their
Markdown is made as harmless as in a comment.
"""

import io
import json
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from reviewbot import __version__
from reviewbot.cli.output import unwritable
from reviewbot.core import comments, exports
from reviewbot.core.framing import HIDDEN_IN_LINE, escape, visible
from reviewbot.core.inlines import code
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.local import Local
from reviewbot.model.finding import Finding, Severity
from reviewbot.model.outcome import Examination

_COLOURS = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.SUGGESTION: "cyan"}


def write(done: Local, format_name: str, output: Path | None, *, quiet: bool) -> None:
    """To `output`, else to standard output. What people must be told goes to standard error besides."""
    for warning in done.warnings:
        sys.stderr.write(f"Warning: {visible(warning)}\n")
    if done.examination is None:
        sys.stderr.write(f"Not reviewed: {visible(done.reason)}\n")
        return
    if not quiet and format_name != "text":
        for notice in done.examination.notices:
            sys.stderr.write(f"{visible(notice)}\n")
    if output is None:
        _print(done, done.examination, format_name, sys.stdout)
        return
    text = io.StringIO()
    _print(done, done.examination, format_name, text)
    try:
        output.write_text(text.getvalue(), encoding="utf-8", errors="replace")
    except OSError as error:
        with suppress(OSError):  # half a report is none
            if output.is_file():
                output.resolve().unlink()
        raise unwritable(output, error) from error


def _print(done: Local, examination: Examination, format_name: str, out: TextIO) -> None:
    if format_name == "json":
        out.write(json.dumps(exports.as_json(examination), ensure_ascii=False, indent=2) + "\n")
    elif format_name == "sarif":
        log = exports.as_sarif(examination, done.diff, __version__)
        out.write(json.dumps(log, ensure_ascii=False, indent=2) + "\n")
    elif format_name == "codequality":
        report = exports.as_code_quality(examination, done.diff)
        out.write(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    elif format_name == "markdown":
        out.write(markdown(examination))
    else:
        _text(done, examination, out)


def markdown(examination: Examination) -> str:
    """A heading, one section a finding, and what was not read."""
    lines = [f"# Review: {examination.verdict.replace('_', ' ')}", ""]
    lines += [f"> {sanitise_line(notice)}" for notice in examination.notices] + ([""] if examination.notices else [])
    for finding in exports.everything(examination):
        label = " · ".join((f"**{finding.severity}**", finding.category, *comments.standing(finding)))
        lines += [f"## {code(_place(finding))} — {sanitise_line(finding.title)}", "", label, ""]
        lines += [sanitise(finding.body), ""] if finding.body else []
        lines += [fenced(finding.suggestion), ""] if finding.suggestion else []
    unread = [file for file in examination.coverage if not file.complete]
    if unread:
        lines += ["## Not read", "", *(f"- {code(file.path)}: {sanitise_line(file.reason)}" for file in unread), ""]
    if examination.consulted:
        lines += ["## Read beside the diff", "", *(f"- {code(read)}" for read in examination.consulted), ""]
    return "\n".join([*lines, _footer(examination), ""])


def _place(finding: Finding) -> str:
    first, last = finding.anchor.lines
    span = f"{first}" if first == last else f"{first}-{last}"
    return f"{finding.anchor.path}:{span}" + (" (removed)" if finding.anchor.side == "old" else "")


def _line(text: str) -> str:
    return HIDDEN_IN_LINE.sub(escape, text)


def _footer(examination: Examination) -> str:
    usage = examination.usage
    read = sum(file.state == "reviewed" for file in examination.coverage)
    cost = "cost unknown" if usage.cost_usd is None else f"{usage.cost_usd:.4f} $"
    asked = (
        f"{usage.requests} requests, {usage.prompt_tokens} + {usage.completion_tokens} tokens, {cost}"
        if usage.requests
        else "no model request"
    )
    return f"{read} of {len(examination.coverage)} files read, tier {examination.tier}; {asked}"


def _text(done: Local, examination: Examination, out: TextIO) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(file=out, highlight=False, soft_wrap=not out.isatty())
    for notice in examination.notices:
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
        console.print(Text.assemble(("not read", "magenta"), f"  {_line(file.path)}: {_line(file.reason)}"))
    console.print(Text(f"{examination.verdict.replace('_', ' ')}: {_footer(examination)}", "dim"))
    if done.posted is not None:
        console.print(Text(visible(done.posted), "dim"))
