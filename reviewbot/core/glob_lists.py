"""Lists of globs in a configuration file: compiled as they are used, and what is wrong with them told by line."""

from collections.abc import Iterable, Iterator, Sequence

from reviewbot.core import rule_fields
from reviewbot.core.globs import matcher
from reviewbot.core.plain_yaml import Mapped, Place
from reviewbot.errors import ConfigurationError, Problem

TOO_LARGE = ("the globs are too large together", "write fewer of them, or with fewer `*`")


def wrong(lists: Iterable[tuple[Place, Sequence[str]]], read: Mapped) -> Iterator[Problem]:
    """Where those of a list cannot be compiled together, each is tried alone to tell which is wrong."""
    for place, globs in lists:
        if unread(globs) is None:
            continue
        alone = [(index, error) for index, glob in enumerate(globs) if (error := unread([glob]))]
        for index, error in alone:
            yield rule_fields.problem(read, (*place, index), error.message, error.mend)
        if not alone:
            yield rule_fields.problem(read, place, *TOO_LARGE)


def unread(globs: Sequence[str]) -> ConfigurationError | None:
    """Why the globs cannot be compiled; None: they can."""
    try:
        matcher(globs)
    except ConfigurationError as error:
        return error
    return None
