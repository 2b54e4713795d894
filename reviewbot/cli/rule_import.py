"""`reviewbot rules import`: what other tools are told about this repository, as rule files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Status(StrEnum):
    """What the imported rules do."""

    DRAFT = "draft"
    APPROVED = "approved"


def import_guidance(
    source: Annotated[
        str, typer.Option("--from", metavar="PATH|all", help="A file or folder of this repository.")
    ] = "all",
    to: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Without: .reviewbot/rules.")] = None,
    status: Annotated[Status, typer.Option(help="Of the rules that are written.")] = Status.DRAFT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be written; write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over rule files that say something else.")] = False,
) -> None:
    """Turn AGENTS.md, CLAUDE.md and the instructions of Cursor, Copilot, GitLab Duo, CodeRabbit and PR-Agent into rule
    files.

    Each section or instruction becomes one; a file that is there already is kept.
    """
    from reviewbot.core.framing import HIDDEN_IN_LINE, escape
    from reviewbot.single import importing

    done = importing.run(source, to, status.value, write=not dry_run, force=force)
    here = Path.cwd()
    would = {"written": "would be written", "replaced": "would be replaced"} if dry_run else {}
    states = [would.get(row.state, row.state) for row in done.rows]
    column = max((9, *map(len, states)))
    widest = max((len(row.rule.origin) for row in done.rows), default=0)
    for state, row in zip(states, done.rows, strict=True):
        file = row.file.relative_to(here) if row.file.is_relative_to(here) else row.file
        told = f"{state:<{column}}  {row.rule.origin:<{widest}}  {file}  ({row.rule.id}: {row.rule.title})"
        typer.echo(HIDDEN_IN_LINE.sub(escape, told))
    for problem in done.left_out:
        typer.echo(HIDDEN_IN_LINE.sub(escape, f"{'left out':<{column}}  {problem}"))
    counts = ", ".join(
        f"{number} {state}"
        for state in ("written", "replaced", "unchanged", "kept")
        if (number := sum(row.state == state for row in done.rows))
    )
    typer.echo(f"{'Nothing is written; would be: ' if dry_run else ''}{counts or 'no rule'}")
    if any(row.state == "kept" for row in done.rows):
        typer.echo("What is kept says something else than the import would: --force writes over it.")
    if status is Status.DRAFT and any(row.state in {"written", "replaced"} for row in done.rows):
        typer.echo(
            "Drafts are recorded and said to nobody, and each takes the place of the guidance that it is from: read "
            "them, and set `status: approved` where they say what you mean."
        )
