"""Which changed files say how reviews are made: they count once they are merged, and people are told so."""

from collections.abc import Collection, Iterable

from reviewbot.core.configuration import FILES
from reviewbot.core.guidance import places
from reviewbot.core.guidance.instructions import TOOLS
from reviewbot.core.rulebooks import FOLDER

_MOST_NAMED = 3


def governing(paths: Iterable[str], led: Collection[str] = (), tools: Collection[str] = TOOLS) -> str:
    """Those of the paths that are rules, guidance for `tools` or configuration, of any folder, or of the files `led`
    that guidance brings in, as a sentence lists them; empty: none.
    """
    found = sorted({path for path in paths if _governs(path, tools) or path in led})
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"{', '.join(found[:_MOST_NAMED])}{more}" if found else ""


def _governs(path: str, tools: Collection[str]) -> bool:
    if path in FILES or f"/{FOLDER}/" in f"/{path}":
        return True
    tool = places.tool_of(path)
    return tool in tools or (tool == "agents" and "claude" in tools)  # a CLAUDE.md often brings AGENTS.md in


def proposable(paths: Iterable[str]) -> bool:
    """Whether the bot itself proposes changes of such files only: rules and configuration."""
    return all(path in FILES or f"/{FOLDER}/" in f"/{path}" for path in paths)


def of_target(paths: Iterable[str], led: Collection[str] = (), tools: Collection[str] = TOOLS) -> tuple[str, ...]:
    """What the summary of a merge request says that changes such files."""
    if not (named := governing(paths, led, tools)):
        return ()
    return (f"Reviewed by the rules and the configuration of the target branch, not by this change of {named}.",)
