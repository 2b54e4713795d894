"""`reviewbot demo`."""

from typing import Annotated

import typer


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the page up until Ctrl-C.")] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, metavar="NUMBER", show_default=False, help="Port of the page (default: any free one)."
        ),
    ] = 0,
) -> None:
    """Review a sample merge request, offline.

    The whole path, on a GitLab that lives inside the process. With REVIEWBOT_LLM_* set it asks that model; without, it
    gives recorded answers and says so.
    """
    from reviewbot import log
    from reviewbot.demo import run

    log.configure("WARNING")
    run.demo(keep=keep, port=port)
