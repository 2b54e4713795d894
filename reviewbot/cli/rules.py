"""`reviewbot rules`: for owners who write rules for their repository."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reviewbot.cli import (
    rule_backtest,
    rule_changes,
    rule_effective,
    rule_health,
    rule_import,
    rule_packs,
    rule_schema,
)
from reviewbot.cli.groups import Group

if TYPE_CHECKING:
    from reviewbot.single.rules import Tried

app = typer.Typer(help="Rules that repository owners write.", no_args_is_help=True, rich_markup_mode=None, cls=Group)
app.command("effective")(rule_effective.effective)
app.command("schema")(rule_schema.schema)
app.command("health")(rule_health.health)
app.command("mute")(rule_changes.mute)
app.command("promote")(rule_changes.promote)
app.command("packs")(rule_packs.packs)
app.command("import")(rule_import.import_guidance)
app.command("backtest")(rule_backtest.backtest)
MISTAKES = 1

Places = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE|FOLDER]…", help="Rule files; without: .reviewbot/rules.")
]


@app.callback()
def _root() -> None:
    """Rules that repository owners write."""


@app.command("check")
def check(places: Places = None) -> None:
    """Read rule files strictly: what is wrong, on which line, and its mend. Exit 1 when something is."""
    from reviewbot.core.framing import visible
    from reviewbot.single import rules

    found = rules.found(places or [])
    for problem in found.problems:
        typer.echo(visible(problem))
    typer.echo(f"{_counted(len(found.rules), 'rule')} fine, {_counted(len(found.problems), 'file')} with a mistake")
    raise typer.Exit(MISTAKES if found.problems else 0)


@app.command("test")
def try_examples(
    places: Places = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML, too.")] = None,
) -> None:
    """Try every rule on its own examples. Exit 1 when a pattern misses a bad one or finds a good one."""
    from reviewbot.core.framing import visible
    from reviewbot.single import rules

    found = rules.found(places or [])
    tried = list(rules.tried(found.rules))
    for problem in found.problems:
        typer.echo(visible(problem))
    for one in tried:
        if one.problem:
            typer.echo(visible(f"FAILED   {one.rule.id}, {one.name}: {one.problem} ({one.rule.origin})"))
        elif one.skipped:
            typer.echo(visible(f"skipped  {one.rule.id}, {one.name}: {one.skipped}"))
    failed = sum(bool(one.problem) for one in tried)
    skipped = sum(bool(one.skipped) for one in tried)
    typer.echo(f"{len(tried) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    if junit is not None:
        _write_junit(junit, tried, found.problems)
    raise typer.Exit(MISTAKES if failed or found.problems else 0)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _write_junit(file: Path, tried: "list[Tried]", problems: tuple[str, ...]) -> None:
    """JUnit's XML, as GitLab's `artifacts: reports: junit` reads it."""
    from xml.etree import ElementTree as ET

    from reviewbot.cli.output import unwritable
    from reviewbot.core.framing import visible

    suite = ET.Element("testsuite", name="reviewbot rules")
    for problem in problems:
        ET.SubElement(ET.SubElement(suite, "testcase", classname="files", name=visible(problem)), "error")
    for one in tried:
        case = ET.SubElement(suite, "testcase", classname=one.rule.id, name=one.name, file=one.rule.origin)
        if one.problem:
            ET.SubElement(case, "failure", message=one.problem)
        elif one.skipped:
            ET.SubElement(case, "skipped", message=one.skipped)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("*/failure"))))
    suite.set("errors", str(len(suite.findall("*/error"))))
    suite.set("skipped", str(len(suite.findall("*/skipped"))))
    try:
        ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise unwritable(file, error) from error
