"""`reviewbot holds list`, `lift` and `restore`: the kinds of findings that projects hold back."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from reviewbot.cli.groups import Group
from reviewbot.cli.lifting import By, Number, change
from reviewbot.errors import UsageError

app = typer.Typer(help="Kinds of findings that are held back.", no_args_is_help=True, rich_markup_mode=None, cls=Group)


@app.callback()
def _root() -> None:
    """The kinds of findings that are held back."""


@app.command("list")
def listing(
    project: Annotated[int | None, typer.Option(metavar="ID", help="Those of one project.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Lifted ones too.")] = False,
) -> None:
    """List the kinds of findings that are held back, each with its number and comments that were dismissed."""
    from reviewbot.core import holding
    from reviewbot.core.framing import HIDDEN_IN_LINE, escape
    from reviewbot.settings import load
    from reviewbot.wiring.store import open_store

    store = open_store(load(), migrate=True)
    listed = [one for one in reversed(store.holds.listed(project)) if one.lifted_at is None or everything]
    if not listed:
        where = "" if project is None else f" in project {project}"
        typer.echo(f"Nothing is held back{where}" + ("" if everything else " (--all: lifted too)"))
    for one in listed:
        day = datetime.fromtimestamp(one.at, UTC).date().isoformat()
        lifted = "" if one.lifted_at is None else f", lifted{f' by {one.lifted_by}' if one.lifted_by else ''}"
        kind = ", ".join(filter(None, (one.kind.rule, one.kind.category.value, one.kind.area)))
        lines = [f"{one.id:>6}  {one.project_id}  {day}  {one.title}  ({kind}; {holding.why(one)}{lifted})"]
        lines += [f"        !{iid} {path}: {title}" for iid, path, title in one.examples]
        for line in lines:
            typer.echo(HIDDEN_IN_LINE.sub(escape, line))
    store.close()


@app.command("lift")
def lift(number: Number, by: By = "") -> None:
    """Tell findings of this kind again, whatever people say of them."""
    missing = UsageError(f"Nothing is held back as number {number}", mend="list what is: reviewbot holds list")
    change(lambda store: store.holds.lift(number, by), missing, f"Findings of kind {number} are told again")


@app.command("restore")
def restore(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `list --all` shows it.")],
) -> None:
    """Take a `lift` back: what people said counts again."""
    missing = UsageError(f"Nothing of number {number} was lifted", mend="list what was: reviewbot holds list --all")
    done = f"Findings of kind {number} are held back again, if there are still enough that were dismissed"
    change(lambda store: store.holds.restore(number), missing, done)
