"""`reviewbot review`: a merge request, any unified diff, or the local repository."""

import contextlib
import gc
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reviewbot.cli.output import clear
from reviewbot.errors import UsageError

if TYPE_CHECKING:
    from reviewbot.local import Local
    from reviewbot.model.outcome import Examination

CLEAN, FINDINGS, INCOMPLETE = 0, 1, 4
_LARGEST_DIFF = 256 << 20  # bytes


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    CODEQUALITY = "codequality"


class FailOn(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    SUGGESTION = "suggestion"
    NEVER = "never"


def review(
    url: Annotated[str | None, typer.Argument(metavar="MR_URL", help="A merge request's address.")] = None,
    diff: Annotated[str | None, typer.Option(metavar="FILE|-", help="Review a unified diff; - reads it.")] = None,
    base: Annotated[str | None, typer.Option(metavar="REF", help="Review the local repository since REF.")] = None,
    head: Annotated[
        str | None, typer.Option(metavar="REF", help="With --base: up to REF (default: the working tree).")
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(metavar="GROUP/PROJECT", help="With --base: by the rules that come to this project on GitLab."),
    ] = None,
    post: Annotated[bool, typer.Option("--post", help="With MR_URL: post the review; without, only print it.")] = False,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TEXT,  # noqa: A002  # the option's name
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there instead of printing.")] = None,
    fail_on: Annotated[FailOn, typer.Option(help="Exit 1 from this severity on.")] = FailOn.CRITICAL,
    no_tools: Annotated[
        bool, typer.Option("--no-tools", help="The model sees the change alone, not the repository.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notices.")] = False,
) -> None:
    """Review one change and print what was found.

    Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage, 3 failed, 4 incomplete.
    """
    if output is not None:
        clear(output, diff)
    if (given := sum(value is not None for value in (url, diff, base))) != 1:
        problem = "One change at a time" if given else "Name the change to review"
        raise UsageError(problem, mend="give MR_URL, or --diff FILE, or --base REF; see --help")
    if head is not None and base is None:
        raise UsageError("--head goes with --base", mend="name where the change begins: --base main --head REF")
    if project is not None and base is None:
        raise UsageError("--project goes with --base", mend="a merge request goes by the rules of its own project")
    if post and url is None:
        raise UsageError(
            "--post goes with a merge request's address",
            mend="give MR_URL instead of --diff or --base, or leave --post out",
        )
    with _starting():
        if url is None:
            _start_parser()
        from reviewbot.cli import progress, rendering
        from reviewbot.settings import load

        if url is None:
            import reviewbot.single.local  # noqa: F401  # here, while nothing is collected
        settings = load(**({"tools": False} if no_tools else {}))
    with progress.shown(quiet) as tell:
        if url is not None:
            from reviewbot import log
            from reviewbot.single.merge_request import review_merge_request

            log.configure("ERROR" if quiet else settings.log_level if post else "WARNING")
            done = review_merge_request(settings, url, post=post, progress=tell)
        elif diff is not None:
            from reviewbot.single.local import review_diff

            done = review_diff(settings, _read(diff), tell)
        else:
            from reviewbot.single.local import review_repository

            done = review_repository(settings, Path.cwd(), base or "", head, project, tell)
    rendering.write(done, format.value, output, quiet=quiet)
    raise typer.Exit(exit_code(done, fail_on))


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    """Garbage is not looked for among what is imported, neither meanwhile nor later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _start_parser() -> None:
    """The rules that need a syntax tree run in a process of their own: it starts while everything else is imported."""
    from reviewbot.core import patterns
    from reviewbot.isolated import shared
    from reviewbot.single import LOCAL_PROCESSES

    shared(LOCAL_PROCESSES).warm(patterns.scan_all)


def _read(name: str) -> bytes:
    """The diff's bytes. A device or a pipe may have no end, so at most `_LARGEST_DIFF` are taken."""
    if name == "-" and sys.stdin is None:
        raise UsageError("Standard input is closed", mend="pipe a diff into it, or name a file")
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as source:
            data = source.read(_LARGEST_DIFF + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", mend="give a file with a unified diff") from error
    if len(data) > _LARGEST_DIFF:
        raise UsageError(
            f"{name} is larger than {_LARGEST_DIFF >> 20} MB", mend="review it in parts: git diff -- FOLDER"
        )
    return data


def exit_code(done: "Local", fail_on: FailOn) -> int:
    """A finding that fails outweighs what was not read."""
    examination = done.examination
    if examination is None:
        return CLEAN
    if fail_on is not FailOn.NEVER and _worst(examination) <= list(FailOn).index(fail_on):
        return FINDINGS
    return CLEAN if all(file.complete for file in examination.coverage) else INCOMPLETE


def _worst(examination: "Examination") -> int:
    """The rank of the gravest finding that is not unproven (decision 0013); larger than any when there is none."""
    found = (one for one in (*examination.findings, *examination.overflow) if one.certainty != "unproven")
    return min((one.severity.rank for one in found), default=99)
