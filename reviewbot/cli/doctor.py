"""`reviewbot doctor`: what is configured, reachable and permitted; one line each, with the mend."""

from typing import Annotated

import typer

_MARKS = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("BAD ", "red")}


def doctor(
    url: Annotated[str | None, typer.Argument(metavar="MR_URL", help="Also look whether this one is readable.")] = None,
) -> None:
    """Check the set-up. Exits 3 when something keeps reviews from working."""
    from reviewbot import checkup, log
    from reviewbot.settings import load

    log.configure("ERROR")
    bad = 0
    for check in checkup.examine(load(), url):
        mark, colour = _MARKS[check.state]
        typer.echo(typer.style(mark, fg=colour) + f"  {check.what}")
        if check.mend:
            typer.echo(f"        → {check.mend}")
        bad += check.state == "bad"
    if bad:
        raise typer.Exit(3)
