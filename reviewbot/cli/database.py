"""`reviewbot db upgrade`, `purge` and `jobs`: the data of the instance."""

import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from reviewbot.cli.groups import Group
from reviewbot.errors import UsageError

app = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None, cls=Group)


@app.callback()
def _root() -> None:
    """The database."""


@app.command("upgrade")
def upgrade() -> None:
    """Bring the tables to this program's version. Safe to run from several places at once."""
    from reviewbot.db.engine import open_database
    from reviewbot.db.schema import current
    from reviewbot.db.schema import upgrade as bring_up
    from reviewbot.settings import load

    settings = load()
    database = open_database(settings.database)
    before = current(database)
    bring_up(database)
    after = current(database)
    typer.echo(f"The database is at version {after}" + ("" if before == after else f" (was {before or 'empty'})"))
    database.close()


def purge(
    older_than: Annotated[
        int | None, typer.Option(metavar="DAYS", help="What is older (default: REVIEWBOT_RETENTION_DAYS).")
    ] = None,
    project: Annotated[int | None, typer.Option(metavar="ID", help="Everything of a project.")] = None,
    person: Annotated[str | None, typer.Option(metavar="USERNAME", help="Everything of a person.")] = None,
    user_id: Annotated[int | None, typer.Option(metavar="ID", help="The person's id in GitLab, with --person.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --older-than 0: delete everything without asking.")] = False,
) -> None:
    """Delete old data, or everything of a project or a person."""
    if project is not None and person is not None:
        raise UsageError("One at a time", mend="give --project or --person")
    if older_than is not None and (project is not None or person is not None or older_than < 0):
        raise UsageError(
            "--older-than stands alone and is not negative", mend="give it a number of days from 0, or leave it out"
        )
    if person is not None and not person.strip():
        raise UsageError("--person names nobody", mend="give the user name: --person USERNAME")
    if user_id is not None and person is None:
        raise UsageError("--user-id goes with --person", mend="name the person too: --person USERNAME")
    if older_than == 0 and not yes:
        _ask_for_everything()
    from reviewbot.db import purging
    from reviewbot.settings import load
    from reviewbot.wiring.sources import forget_mirror, forget_mirrors
    from reviewbot.wiring.store import open_store

    settings = load()
    store = open_store(settings, migrate=True)
    more = ""
    if project is not None:
        purged = purging.purge_project(store.database, project)  # first: a running review of it ends by that
        more = " and the mirror of its repository" if forget_mirror(settings.data_dir, project) else ""
    elif person is not None:
        purged = purging.purge_person(store.database, person, user_id)
    else:
        days = settings.retention_days if older_than is None else older_than
        long_ago = settings.feedback_days if older_than is None else older_than
        now = time.time()
        purged = purging.purge_older(store.database, now - days * 86_400, now - long_ago * 86_400)
        if mirrors := forget_mirrors(settings.data_dir, now - days * 86_400):
            more = f" and {mirrors} mirror{'' if mirrors == 1 else 's'} of repositories"
    store.close()
    typer.echo(f"Deleted {purged.total} rows{more}")


def _ask_for_everything() -> None:
    """Raises `UsageError` where nobody can answer, or says no."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("--older-than 0 deletes all that is kept of every review", mend="if that is meant, add --yes")
    typer.echo("This deletes all that is kept of every review: findings, events, feedback. Go on? [y/N] ", nl=False)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError("Nothing was deleted", mend="answer y, or name a number of days to keep")


def jobs(
    again: Annotated[int | None, typer.Option(metavar="ID", help="Run this ended job again.")] = None,
) -> None:
    """List the newest jobs, or run one again."""
    from reviewbot.core.framing import visible
    from reviewbot.settings import load
    from reviewbot.wiring.store import open_store

    settings = load()
    store = open_store(settings, migrate=True)
    if again is not None:
        if store.jobs.requeue(again, time.time()) is None:
            raise UsageError(f"Job {again} is not there or is running", mend="list the jobs: reviewbot jobs")
        typer.echo(f"Job {again} waits; a running serve or worker takes it within {settings.sweep_seconds:.0f} s")
        return
    listed = store.jobs.listed(limit=30)
    if not listed:
        typer.echo("No job yet: one is made for each event of GitLab that asks for a review, and by review --post")
    else:
        typer.echo(f"{'JOB':>6}  {'STATE':<11}  {'SINCE (UTC)':<16}  {'VERDICT':<22}  MERGE REQUEST  HEAD  REASON")
    for job in listed:
        run = next(iter(store.runs.of_job(job.id)), None) if job.finished_at else None
        at = job.finished_at or job.started_at or job.created_at
        since = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
        verdict = run.verdict.replace("_", " ") if run else ""
        where = f"{job.path or job.ref.project_id}!{job.ref.iid}"
        row = f"{job.id:>6}  {job.state.value:<11}  {since}  {verdict or '-':<22}  {where}  {job.head_sha[:8]}"
        typer.echo(visible(f"{row}  {job.reason}".rstrip()))
    store.close()
