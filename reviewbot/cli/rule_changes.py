"""`reviewbot rules mute` and `promote`: open a merge request with the change."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from reviewbot.single.rule_changes import Wish

_HOW = {"opened": "Opened", "renewed": "Renewed, it was open", "there": "Open already"}

Id = Annotated[str, typer.Argument(metavar="ID", help="The rule's id, as `rules health` shows it.")]
Project = Annotated[str, typer.Option(metavar="PATH|ID", help="The project, by its full path or number.")]
Since = Annotated[str, typer.Option(metavar="SPAN", help="How far back the figures in the merge request go.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the change and write nothing.")]


class Target(StrEnum):
    APPROVED = "approved"
    ENFORCED = "enforced"


def mute(rule_id: Id, project: Project, since: Since = "90d", dry_run: DryRun = False) -> None:
    """Open a merge request that switches a rule off in a project."""
    from reviewbot.single.rule_changes import Wish

    _carry_out(Wish("mute", rule_id, project, since), dry_run=dry_run)


def promote(
    rule_id: Id,
    project: Project,
    to: Annotated[Target | None, typer.Option(help="The status it gets; without: one step up.")] = None,
    since: Since = "90d",
    dry_run: DryRun = False,
) -> None:
    """Open a merge request that makes a draft approved, or an approved rule enforced, in a project."""
    from reviewbot.single.rule_changes import Wish

    _carry_out(Wish("promote", rule_id, project, since, None if to is None else to.value), dry_run=dry_run)


def _carry_out(wish: "Wish", *, dry_run: bool) -> None:
    from reviewbot.core.framing import visible
    from reviewbot.settings import load
    from reviewbot.single.rule_changes import carry_out

    done = carry_out(load(), wish, dry_run=dry_run)
    if done.proposed is None:
        typer.echo(visible(done.diff))
    else:
        typer.echo(visible(f"{_HOW[done.proposed.how]}: !{done.proposed.iid} {done.proposed.url}"))
