"""The file that a report goes to."""

from pathlib import Path

from reviewbot.errors import UsageError


def clear(output: Path, diff: str | None) -> None:
    """Remove the report of an earlier run from `output`, so that nobody takes it for this one's, however this one ends.

    What is no regular file (a terminal, a pipe) is left alone. `diff` is the file that is going to be read, if any.
    Raises `UsageError` when `output` is that file or cannot be written: better now than after the review.
    """
    if output.is_dir():
        raise UsageError(f"{output} is a folder", mend="name a file in it for --output")
    if output.exists() and not output.is_file():
        return
    try:
        if diff is not None and output.exists() and Path(diff).exists() and output.samefile(diff):
            raise UsageError(f"{output} is the diff that is to be reviewed", mend="name another file for --output")
        with output.open("a", encoding="utf-8"):
            pass
        output.resolve().unlink()
    except OSError as error:
        raise unwritable(output, error) from error


def unwritable(output: Path, error: OSError) -> UsageError:
    return UsageError(f"{output} cannot be written: {error.strerror}", mend="name another file for --output")


def counted(number: int, noun: str) -> str:
    """As in: 1 rule, 2 rules."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
