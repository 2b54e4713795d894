"""What `lift` and `restore` share: one change by a number of a list."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from reviewbot.errors import UsageError
    from reviewbot.wiring.store import Store

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `list` shows it.")]
By = Annotated[str, typer.Option(help="Who decided it.")]


def change(work: "Callable[[Store], bool]", missing: "UsageError", done: str) -> None:
    """Say `done` when `work` changed something in this instance's store, else raise `missing`."""
    from reviewbot.settings import load
    from reviewbot.wiring.store import open_store

    store = open_store(load(), migrate=True)
    changed = work(store)
    store.close()
    if not changed:
        raise missing
    typer.echo(done)
