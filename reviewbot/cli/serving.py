"""`reviewbot serve`, and its parts one per process: `web`, `worker`, `schedule`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from reviewbot.settings import Settings

Host = Annotated[str | None, typer.Option(help="Address to listen on (default: REVIEWBOT_HOST, else loopback).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (default: REVIEWBOT_PORT, else 8080).")]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Take webhooks without a secret. For a laptop, never for a server.")
]


def serve(host: Host = None, port: Port = None, insecure: Insecure = False) -> None:
    """Run everything in one process: web, worker and schedule. Needs no other server."""
    from reviewbot import processes

    processes.serve(_settings(host, port), insecure=insecure)


def web(host: Host = None, port: Port = None, insecure: Insecure = False) -> None:
    """Run the web part alone: webhooks in, pages and figures out."""
    from reviewbot import processes

    processes.serve_web(_settings(host, port), insecure=insecure)


def worker() -> None:
    """Run a worker alone. It takes jobs from the broker (REVIEWBOT_BROKER_URL) and reviews."""
    from reviewbot import processes

    processes.work(_settings(None, None))


def schedule() -> None:
    """Run the schedule alone, one per installation. It sweeps the job table and asks GitLab for lost events."""
    from reviewbot import processes

    processes.schedule(_settings(None, None))


def _settings(host: str | None, port: int | None) -> "Settings":
    from reviewbot import log
    from reviewbot.settings import load, strangers

    given = {"host": host, "port": port}
    settings = load(**{name: value for name, value in given.items() if value is not None})
    log.configure(settings.log_level)
    for name in strangers():
        log.get("settings").warning("settings.unknown", variable=name)
    return settings
