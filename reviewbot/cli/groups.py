"""Groups of commands whose list says of each command its whole first sentence."""

from typing import Any

import typer.core

_LONGEST = 500  # characters


class Group(typer.core.TyperGroup):
    """Click cuts the sentence where the line ends, and with it what the command is for."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, command.get_short_help_str(_LONGEST)) for name, command in commands if command and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
