"""`reviewbot rules`: for owners who write rules for their repository."""

import typer

from reviewbot.cli import (
    rule_backtest,
    rule_changes,
    rule_check,
    rule_effective,
    rule_health,
    rule_import,
    rule_packs,
    rule_schema,
    rule_trial,
)
from reviewbot.cli.groups import Group

app = typer.Typer(help="Rules that repository owners write.", no_args_is_help=True, rich_markup_mode=None, cls=Group)
app.command("check")(rule_check.check)
app.command("test")(rule_trial.try_examples)
app.command("effective")(rule_effective.effective)
app.command("packs")(rule_packs.packs)
app.command("import")(rule_import.import_guidance)
app.command("backtest")(rule_backtest.backtest)
app.command("health")(rule_health.health)
app.command("mute")(rule_changes.mute)
app.command("promote")(rule_changes.promote)
app.command("schema")(rule_schema.schema)


@app.callback()
def _root() -> None:
    """Rules that repository owners write."""
