"""`reviewbot rules packs`: what is shipped, and what of it counts here."""

import typer


def packs() -> None:
    """List the shipped packs, and how many of their rules count in this repository."""
    from reviewbot.core.framing import visible
    from reviewbot.settings import load
    from reviewbot.single import rules

    found, problems = rules.packs(load())
    widest = max((len(pack.name) for pack, _ in found), default=0)
    for pack, on in found:
        state = "on" if len(on) == len(pack.ids) else "off" if not on else "in part"
        typer.echo(f"{pack.name:{widest}}  {state:7}  {len(on):3} of {len(pack.ids):3}  {pack.description}")
    for problem in problems:
        typer.echo(visible(problem))
    typer.echo("Switch one on with `packs: [NAME]` in .reviewbot.yml, off with `packs: ['!NAME']`.")
