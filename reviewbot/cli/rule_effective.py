"""`reviewbot rules effective`: which rules apply to files of this repository, from where, and what they cost."""

import enum
import posixpath
from typing import TYPE_CHECKING, Annotated

import typer

from reviewbot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewbot.core.rule_listing import Listed, Listing


class Format(enum.StrEnum):
    text = "text"
    json = "json"
    markdown = "markdown"


def effective(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files of the repository, from its top.")],
    project: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP/PROJECT",
            help="On GitLab, at its default branch, instead of the current folder. -: GitLab is not asked.",
        ),
    ] = None,
    format_name: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.text,
) -> None:
    """Tell which rules apply to files of this repository, from where, instead of which, and what they cost."""
    from reviewbot.core import rule_listing
    from reviewbot.core.tokens import Counter
    from reviewbot.settings import load
    from reviewbot.single import rules

    settings = load()
    paths = list(dict.fromkeys(_named(path) for path in paths))
    if project is None or project == "-":
        layers, problems = rules.in_effect(settings, paths, project)
    else:
        from reviewbot.single import project_rules

        layers, problems = project_rules.in_effect(settings, project, paths)
    count = Counter().count
    listings = [rule_listing.of_path(layers, path, count, settings.chunk_tokens) for path in paths]
    {Format.text: _text, Format.json: _json, Format.markdown: _markdown}[format_name](listings, problems)


def _named(path: str) -> str:
    """As git names it. Raises `UsageError` for what is not in the repository, whatever that is."""
    named = posixpath.normpath(path)
    if named.startswith(("/", "../")) or named in {".", ".."}:
        raise UsageError(f"{path} is no file named from the top of the repository", mend="name it as in: src/app.py")
    return named


def _text(listings: "Sequence[Listing]", problems: "Sequence[str]") -> None:
    from reviewbot.core.framing import visible

    for number, listing in enumerate(listings):
        if len(listings) > 1:
            typer.echo(("\n" if number else "") + visible(f"{listing.path}:"))
        rows = [_cells(one) for one in listing.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            typer.echo(visible("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()))
        rules = f"{len(listing.rows)} rule{'' if len(listing.rows) == 1 else 's'}"
        room = f"those in words take {listing.tokens:,} of the {listing.most:,} tokens that rules may take of a prompt"
        typer.echo(f"{rules} for {visible(listing.path)}; {room}")
    for problem in problems:
        typer.echo(visible(f"left out: {problem}"))


def _cells(one: "Listed") -> list[str]:
    rule = one.rule
    judged = ", judged" if rule.verify else ""
    cost = f"pattern{judged}" if one.kind == "pattern" else f"{one.tokens} tokens{'' if one.room else ', no room'}"
    instead = f", instead of the {one.instead_of} one" if one.instead_of else ""
    return [rule.id, rule.severity, rule.status, cost, f"({one.source}{instead})"]


def _json(listings: "Sequence[Listing]", problems: "Sequence[str]") -> None:
    import json

    files = [
        {
            "path": listing.path,
            "rules": [_row(one) for one in listing.rows],
            "tokens": listing.tokens,
            "most_tokens": listing.most,
        }
        for listing in listings
    ]
    typer.echo(json.dumps({"files": files, "problems": list(problems)}, indent=2))


def _row(one: "Listed") -> dict[str, object]:
    rule = one.rule
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "status": rule.status,
        "kind": one.kind,
        "verify": rule.verify,
        "layer": rule.layer,
        "file": rule.origin,
        "instead_of": one.instead_of or None,
        "tokens": one.tokens,
        "in_prompt": one.kind == "words" and one.room,
    }


def _markdown(listings: "Sequence[Listing]", problems: "Sequence[str]") -> None:
    from reviewbot.core import phrases, rule_markdown
    from reviewbot.core.sanitising import sanitise_line

    for listing in listings:
        typer.echo(rule_markdown.of_path(listing, phrases.of("English")) + "\n")
    for problem in problems:
        typer.echo(f"> {sanitise_line(problem)}\n")
