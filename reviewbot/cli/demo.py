"""`reviewbot demo`."""

from typing import Annotated

import typer


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the page up until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(help="Port of the GitLab stand-in (default: any free one).")] = 0,
) -> None:
    """Review a sample merge request on a GitLab stand-in: the whole path, offline.

    With REVIEWBOT_LLM_* set it asks that model; without, it gives recorded answers and says so.
    """
    from reviewbot import log
    from reviewbot.demo import run

    log.configure("WARNING")
    run.demo(keep=keep, port=port)
