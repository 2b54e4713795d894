"""`reviewbot rules backtest`: a change of rules, tried on past merge requests."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reviewbot.cli.rule_trial import AlsoMaxCost
from reviewbot.errors import UsageError

if TYPE_CHECKING:
    from reviewbot.model.backtest import Report
    from reviewbot.model.merge_request import MergeRequestRef
    from reviewbot.settings import Settings

INTERRUPTED = 130


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def backtest(
    places: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE|FOLDER", help="Rule files; without: what has changed.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="TIME", help="How far back: 12h, 30d, 4w or a date.")] = "30d",
    base: Annotated[
        str | None, typer.Option(metavar="REF", help="The rules before the change are those of this commit.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Try rules that have not changed, too.")] = False,
    project: Annotated[
        str, typer.Option(metavar="GROUP/PROJECT", help="Merge requests of GitLab instead of the local history.")
    ] = "",
    most: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, max=10_000, help="So many merge requests, the newest.")
    ] = 100,
    ask: Annotated[bool, typer.Option("--model/--no-model", help="Ask the model about rules in words.")] = True,
    max_cost: Annotated[
        float | None, typer.Option(metavar="USD", min=0.0, help="What the model may cost; without: $1.")
    ] = None,
    budget: AlsoMaxCost = None,
    max_requests: Annotated[int, typer.Option(metavar="NUMBER", min=0, help="How often the model may be asked.")] = 200,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TEXT,  # noqa: A002  # the option's name
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there instead of printing.")] = None,
    comment: Annotated[
        bool, typer.Option("--comment", help="In a merge request's pipeline: put the table there, in one note.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Try a change of rules on past merge requests: what would be said, and what became of what was said.

    Nothing is ever posted on past merge requests.
    """
    import time

    from reviewbot.cli import progress
    from reviewbot.cli.output import clear
    from reviewbot.core import moments
    from reviewbot.settings import load
    from reviewbot.single import backtest as story

    began = moments.since(since, time.time())
    if began is None:
        raise UsageError(f"{since[:40]!r} is no time before now", mend="say --since 12h, 30d, 4w or 2026-01-31")
    if output is not None:
        clear(output, None)
    settings = load()
    here = _here(settings, project) if comment else None
    wish = story.Wish(
        since=began,
        places=tuple(places or ()),
        base=base,
        everything=everything,
        project=project or _own_project(settings),
        most=most,
        ask=ask,
        max_cost=budget if max_cost is None else max_cost,
        most_requests=max_requests,
    )
    with progress.shown(quiet) as tell:
        report = story.backtest(settings, wish, tell)
    _write(report, format, output)
    if not (report.rows or quiet or here):
        typer.echo("No rule has changed: change one, name files or folders of rules, or try them --all", err=True)
    if here is not None:
        from reviewbot.single.backtest_project import comment as put

        there = put(settings, report, here)
        typer.echo(
            "The table is in the merge request" if there else "No rule has changed: nothing was written", err=True
        )
    raise typer.Exit(INTERRUPTED if report.interrupted else 0)


def _here(settings: "Settings", project: str) -> "MergeRequestRef":
    """The merge request that the table goes to: of the pipeline, and about its own project alone."""
    from reviewbot.single.backtest_project import insist_on_commenting, of_pipeline

    here = of_pipeline()
    if here is None:
        raise UsageError(
            "--comment is for a merge request's pipeline, and this is none",
            mend="run it where GitLab sets CI_PROJECT_ID and CI_MERGE_REQUEST_IID, or leave it out",
        )
    if project and project not in {os.environ.get("CI_PROJECT_ID"), os.environ.get("CI_PROJECT_PATH")}:
        raise UsageError(
            f"The merge requests of {project} are not for readers of this project", mend="leave --project out"
        )
    insist_on_commenting(settings)
    return here


def _own_project(settings: "Settings") -> str:
    """In a job of GitLab, with a GitLab that is configured, the job's project."""
    configured = settings.gitlab_url and settings.gitlab_token.get_secret_value()
    return os.environ.get("CI_PROJECT_ID", "") if configured else ""


def _write(report: "Report", kind: Format, output: Path | None) -> None:
    import json

    from reviewbot.cli.output import unwritable
    from reviewbot.core import backtest_notes, backtest_tables, phrases

    if kind is Format.MARKDOWN:
        text = backtest_notes.as_markdown(report, phrases.of(report.language))
    elif kind is Format.JSON:
        text = json.dumps(backtest_tables.as_json(report), indent=2) + "\n"
    else:
        text = backtest_tables.as_text(report)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8", "replace")
    except OSError as error:
        raise unwritable(output, error) from error
