"""`reviewbot suppressions list` and `lift`: what people have dismissed, and letting it be told again."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from reviewbot.cli.groups import Group
from reviewbot.cli.lifting import By, Number, change
from reviewbot.errors import UsageError

app = typer.Typer(help="What people have dismissed.", no_args_is_help=True, rich_markup_mode=None, cls=Group)


@app.callback()
def _root() -> None:
    """What people have dismissed."""


@app.command("list")
def listing(
    project: Annotated[int | None, typer.Option(metavar="ID", help="Those of one project.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Lifted ones too.")] = False,
) -> None:
    """List dismissed findings, newest first.

    Each with its number, merge request, what it said, who dismissed it and how.
    """
    from reviewbot.core.framing import HIDDEN_IN_LINE, escape
    from reviewbot.settings import load
    from reviewbot.wiring.store import open_store

    store = open_store(load(), migrate=True)
    listed = [one for one in store.suppressions.listed(project) if one.lifted_at is None or everything]
    if not listed:
        where = "" if project is None else f" in project {project}"
        typer.echo(f"Nothing that people have dismissed counts{where}" + ("" if everything else " (--all: lifted too)"))
    for one in listed:
        day = datetime.fromtimestamp(one.at, UTC).date().isoformat()
        by = f" by {one.by}" if one.by else ""
        scope = "" if one.project_wide else ", this merge request only"
        lifted = "" if one.lifted_at is None else ", lifted"
        path = one.paths[0] if one.paths else ""
        told = f"{one.id:>6}  {one.project_id}!{one.iid}  {day}  {path}: {one.title}"
        typer.echo(HIDDEN_IN_LINE.sub(escape, f"{told}  ({one.how.replace('_', ' ')}{by}{scope}{lifted})"))
    store.close()


@app.command("lift")
def lift(number: Number, by: By = "") -> None:
    """Let a dismissed finding be told again. In its own merge request it stays dismissed while people's words stand."""
    missing = UsageError(f"There is no suppression {number} that counts", mend="list them: reviewbot suppressions list")
    change(lambda store: store.suppressions.lift(number, by), missing, f"Suppression {number} is lifted")
