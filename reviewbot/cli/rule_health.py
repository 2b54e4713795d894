"""`reviewbot rules health`: which rules earn their place."""

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def health(
    project: Annotated[
        str | None, typer.Option(metavar="PATH|ID", help="Of one project, by its full path or number; else of all.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="SPAN", help="How far back: 36h, 90d, 12w.")] = "90d",
    format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Tell what became of each rule's comments, and which rules to keep, tune, mute or promote."""
    import json
    import time

    from reviewbot.core import rule_health, rule_tables, spans
    from reviewbot.core.framing import visible
    from reviewbot.settings import load
    from reviewbot.single.projects import numbered
    from reviewbot.wiring.store import open_store

    length, now = spans.seconds(since), time.time()
    settings = load()
    store = open_store(settings, migrate=True)
    try:
        number = None if project is None else numbered(settings, store, project)
        rows = rule_health.health(store.health.facts(now - length, now, number))
    finally:
        store.close()
    if format_ is Format.JSON:
        typer.echo(json.dumps({"since": since, "project": project, "rules": rule_tables.data(rows)}, indent=2))
        return
    if not rows:
        where = "" if project is None else f" in {visible(project)}"
        typer.echo(f"No rule has said anything{where} in the last {since}")
        return
    for line in rule_tables.markdown(rows) if format_ is Format.MARKDOWN else rule_tables.text(rows):
        typer.echo(line)
