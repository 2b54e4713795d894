"""Which changed files say how reviews are made: they count once they are merged, and people are told so."""

from collections.abc import Iterable

from reviewbot.core.configuration import FILES
from reviewbot.core.rulebooks import FOLDER

_MOST_NAMED = 3


def governing(paths: Iterable[str]) -> str:
    """Those of the paths that are rules or configuration, of any folder, as a sentence lists them; empty: none."""
    found = sorted({path for path in paths if path in FILES or f"/{FOLDER}/" in f"/{path}"})
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"{', '.join(found[:_MOST_NAMED])}{more}" if found else ""


def of_target(paths: Iterable[str]) -> tuple[str, ...]:
    """What the summary of a merge request says that changes such files."""
    if not (named := governing(paths)):
        return ()
    return (f"Reviewed by the rules and the configuration of the target branch, not by this change of {named}.",)
