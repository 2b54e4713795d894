"""`reviewbot rules test`: rules tried on their own examples."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reviewbot.cli.rule_check import MISTAKES, Places
from reviewbot.errors import UsageError

if TYPE_CHECKING:
    from reviewbot.model.prompt import Usage
    from reviewbot.single.rule_trial import Tried

AlsoMaxCost = Annotated[float | None, typer.Option("--budget", min=0.0, hidden=True)]
"""Another name of `--max-cost`, of commands that have both: people know one or the other."""


def try_examples(
    places: Places = None,
    built_in: Annotated[bool, typer.Option("--built-in", help="The shipped rules instead of your own.")] = False,
    ask: Annotated[
        bool, typer.Option("--model/--no-model", help="Ask the model what only a model can tell, where there is one.")
    ] = True,
    max_cost: Annotated[
        float | None,
        typer.Option(metavar="USD", min=0.0, help="What that may cost; without: REVIEWBOT_MAX_COST_PER_REVIEW."),
    ] = None,
    budget: AlsoMaxCost = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML, too.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Try every rule on its own examples: patterns really, rules in words by asking the model that is configured.

    Exit 1 when a bad one is not found or a good one is.
    """
    if built_in and places:
        raise UsageError("--built-in goes without files", mend="name files, or say --built-in")
    from reviewbot.cli import progress
    from reviewbot.core.framing import visible
    from reviewbot.settings import load
    from reviewbot.single import rule_trial, rules

    settings = load()
    found = rules.found(places or []) if not built_in else None
    chosen = rule_trial.built_in(settings) if found is None else found.rules
    problems = () if found is None else found.problems
    with progress.shown(quiet) as tell:
        done = rule_trial.try_all(
            settings, chosen, model=ask, max_cost=budget if max_cost is None else max_cost, tell=tell
        )
    for problem in problems:
        typer.echo(visible(problem))
    for one in done.tried:
        if one.problem:
            typer.echo(visible(f"FAILED   {one.rule.id}, {one.name}: {one.problem} ({one.rule.origin})"))
        elif one.skipped:
            typer.echo(visible(f"skipped  {one.rule.id}, {one.name}: {one.skipped}"))
    failed = sum(bool(one.problem) for one in done.tried)
    skipped = sum(bool(one.skipped) for one in done.tried)
    typer.echo(f"{len(done.tried) - failed - skipped} passed, {failed} failed, {skipped} skipped{_cost(done.usage)}")
    if junit is not None:
        _write_junit(junit, done.tried, problems)
    raise typer.Exit(MISTAKES if failed or problems else 0)


def _cost(usage: "Usage | None") -> str:
    """What asking came to; kept answers are no requests."""
    if usage is None:
        return ""
    cost = "" if usage.cost_usd is None else f", ${usage.cost_usd:.4f}"
    return f"; {usage.requests} requests to the model{cost}"


def _write_junit(file: Path, tried: "tuple[Tried, ...]", problems: tuple[str, ...]) -> None:
    """JUnit's XML, as GitLab's `artifacts: reports: junit` reads it."""
    from xml.etree import ElementTree as ET

    from reviewbot.cli.output import unwritable
    from reviewbot.core.framing import visible

    suite = ET.Element("testsuite", name="reviewbot rules")
    for problem in problems:
        ET.SubElement(ET.SubElement(suite, "testcase", classname="files", name=visible(problem)), "error")
    for one in tried:
        case = ET.SubElement(suite, "testcase", classname=one.rule.id, name=one.name, file=visible(one.rule.origin))
        if one.problem:
            ET.SubElement(case, "failure", message=visible(one.problem))
        elif one.skipped:
            ET.SubElement(case, "skipped", message=visible(one.skipped))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("*/failure"))))
    suite.set("errors", str(len(suite.findall("*/error"))))
    suite.set("skipped", str(len(suite.findall("*/skipped"))))
    try:
        ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise unwritable(file, error) from error
