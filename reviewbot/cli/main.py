"""`reviewbot`: parse the words, call the command, turn every error into a sentence and an exit code.

Commands import what they need when they run, so that `--help` is instant.
"""

import io
import sys
import traceback
from typing import Any

import typer

from reviewbot.cli import database, demo, doctor, holds, review, rules, serving, suppressions
from reviewbot.cli.groups import Group
from reviewbot.errors import ConfigurationError, ReviewbotError, UsageError

FAILED, USAGE, INTERRUPTED = 3, 2, 130
# Typer's error about words that are off; newer versions keep it to themselves, in their own copy of Click.
_WrongWords: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

app = typer.Typer(
    name="reviewbot",
    help="Reviews GitLab merge requests: exact, quiet, self-hosted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    cls=Group,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("review")(review.review)
app.command("serve")(serving.serve)
app.command("web")(serving.web)
app.command("worker")(serving.worker)
app.command("schedule")(serving.schedule)
app.add_typer(database.app, name="db")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(rules.app, name="rules")
app.add_typer(holds.app, name="holds")
app.command("purge")(database.purge)
app.command("jobs")(database.jobs)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


def _version(wanted: bool) -> None:
    if wanted:
        from reviewbot import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Reviews GitLab merge requests: exact, quiet, self-hosted."""


def main() -> None:
    """The entrance: expected errors are told in words, unexpected ones with their traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal of another encoding: what it lacks is written as \uXXXX
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(_run())
    except (UsageError, ConfigurationError) as error:
        sys.exit(_told(error, USAGE))
    except ReviewbotError as error:
        sys.exit(_told(error, FAILED))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception:  # an entrance: Python's own exit code for this would mean "findings"
        traceback.print_exc()
        sys.stderr.write("reviewbot: unexpected error, please report it with the lines above\n")
        sys.exit(FAILED)


def _run() -> int:
    """The command's exit code."""
    try:
        return app(standalone_mode=False) or 0
    except _WrongWords as error:
        error.message = error.message.replace("Value error, ", "")  # a checker's words, not ours
        error.show()
        return int(error.exit_code)
    except SystemExit:  # a library's own 1, such as Typer's when nobody reads the output: it would mean "findings"
        return FAILED


def _told(error: ReviewbotError, code: int) -> int:
    from reviewbot.core.framing import visible  # a file's name may be in it

    sys.stderr.write(f"reviewbot: {visible(error.message)}\n")
    if error.mend:
        sys.stderr.write(f"  → {visible(error.mend)}\n")
    return code


if __name__ == "__main__":
    main()
