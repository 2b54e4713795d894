"""`reviewbot rules check`: what is wrong with rule files and the configuration beside them."""

from pathlib import Path
from typing import Annotated

import typer

from reviewbot.cli.output import counted

MISTAKES = 1

Places = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE|FOLDER", help="Rule files; without: .reviewbot/rules here and below."),
]


def check(
    places: Places = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings, too.")] = False,
) -> None:
    """Read rule files and .reviewbot.yml strictly: what is wrong, on which line, its mend. Exit 1 when something is.

    Warnings are about what is allowed and hardly meant so.
    """
    from reviewbot.core.framing import visible
    from reviewbot.settings import load
    from reviewbot.single import rule_check

    done = rule_check.checked(load(), places or [])
    for problem in done.problems:
        typer.echo(visible(problem))
    for warning in done.warnings:
        typer.echo(visible(f"warning: {warning}"))
    warned = f", {counted(len(done.warnings), 'warning')}" if done.warnings else ""
    typer.echo(f"{counted(len(done.rules), 'rule')} fine, {counted(done.wrong, 'file')} with a mistake{warned}")
    raise typer.Exit(MISTAKES if done.problems or (strict and done.warnings) else 0)
