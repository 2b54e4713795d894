"""Other tools' globs to gitignore patterns.

They are minimatch's, or like it: a pattern is anchored at the top, `*` stays within a folder, `**` crosses folders,
braces are alternatives, dot files are files like others, and what `!` takes out stays out wherever it stands. In
gitignore a pattern without a slash matches at any depth, one that matches a folder takes all that is in it, and there
are no braces. What remains different: a name without a wildcard or with `**` before it also takes the folder of that
name, which is what its author meant, and the case of letters always counts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewbot.core.globs import matcher
from reviewbot.errors import ConfigurationError

MOST = 100  # patterns of one rule
_MOST_LOST = 20  # globs that are told
_LONGEST = 300  # characters of a glob
_WILD = re.compile(r"[*?\[]")
_EXTENDED = re.compile(r"[@+!?*]\(")  # minimatch's extglobs: @(a|b)
_SPECIAL = re.compile(r"[*?\[\]\\!#]")

Bare = Literal["top", "anywhere"]
"""Where a glob without a slash matches: at the top of the repository, or in every folder."""


@dataclass(frozen=True, slots=True)
class Translated:
    """`paths` as `glob_sets.in_paths` takes them, empty: everywhere. `lost` are the globs that have no such form."""

    paths: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    nowhere: bool = False  # there were globs that name files, and all are lost


def translated(globs: Iterable[str], *, folder: str = "", bare: Bare = "top") -> Translated:
    """gitignore patterns from the top of the repository, for globs that are relative to `folder`.

    With exclusions alone all else is in. The order of the globs means nothing.
    """
    wanted: list[Sequence[str]] = []
    unwanted: list[Sequence[str]] = []
    lost = []
    for glob in dict.fromkeys(one.strip() for one in globs):
        negated = _negated(glob)
        try:
            if len(wanted) + len(unwanted) > MOST:
                raise ValueError(glob)
            parts = [_segments(one, folder, bare) for one in _expanded(glob[negated:])]
        except ValueError:
            lost.append(glob)
            continue
        (unwanted if negated else wanted).extend(parts)
    nowhere = not wanted and not all(map(_negated, lost))
    paths = (*_positive(wanted, folder), *(f"!{_pattern(one, folder)}" for one in unwanted))
    if len(paths) > MOST:
        lost += paths[MOST:]
    return Translated(paths[:MOST], tuple(lost[:_MOST_LOST]), nowhere)


def split(text: str) -> list[str]:
    """The globs of a comma-separated list; a comma in braces is the glob's own."""
    found, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == "," and depth <= 0:
            found.append(text[start:at])
            start = at + 1
    return [one.strip() for one in (*found, text[start:]) if one.strip()]


def escaped(path: str) -> str:
    """A path as a pattern that matches nothing else."""
    return _SPECIAL.sub(lambda match: f"\\{match.group()}", path)


def within(folder: str) -> tuple[str, ...]:
    """All that is in a folder of the repository; everywhere for its top."""
    return (f"/{escaped(folder)}/",) if folder else ()


def _negated(glob: str) -> bool:
    return glob.startswith("!") and not _EXTENDED.match(glob)


def _expanded(glob: str) -> list[str]:
    """The alternatives of the braces written out. Raises `ValueError` for what has no such form."""
    if not glob or len(glob) > _LONGEST or _EXTENDED.search(glob):
        raise ValueError(glob)
    done, waiting = [], [glob]
    while waiting:
        one = waiting.pop()
        end = one.find("}")
        start = one.rfind("{", 0, end) if end >= 0 else -1
        if start < 0:
            if "{" in one or "}" in one:
                raise ValueError(glob)
            done.append(one)
        else:
            inside = one[start + 1 : end]
            if "," not in inside:  # {a} is no alternative, {1..9} a range
                raise ValueError(glob)
            waiting += [one[:start] + each + one[end + 1 :] for each in inside.split(",")]
        if len(done) + len(waiting) > MOST:
            raise ValueError(glob)
    return done[::-1]


def _segments(glob: str, folder: str, bare: Bare) -> list[str]:
    """The parts between slashes; ["**"] is everything. Raises `ValueError`."""
    if (
        folder and glob.startswith(f"{folder}/") and not _SPECIAL.search(folder)
    ):  # some write nested ones from the top all the same
        glob = glob[len(folder) + 1 :]
    anchored = glob.startswith("/")
    parts = [part for part in glob.removeprefix("./").strip("/").split("/") if part != "."]
    if glob.endswith("/"):
        parts.append("**")
    if not parts or "" in parts or ".." in parts or glob.endswith("\\"):
        raise ValueError(glob)
    parts = [part if part == "**" else re.sub(r"\*+", "*", part) for part in parts]
    if len(parts) == 1 and bare == "anywhere" and not anchored:
        parts = ["**", *parts]
    parts = [part for part, before in zip(parts, ["", *parts], strict=False) if not part == before == "**"]
    parts = ["**"] if parts == ["**", "*"] else parts
    try:
        matcher([_pattern(parts, "")])
    except ConfigurationError as error:
        raise ValueError(glob) from error
    return parts


def _pattern(parts: Sequence[str], folder: str) -> str:
    top = f"/{escaped(folder)}/" if folder else "/"
    if parts == ["**"]:
        return top if folder else "*"
    return f"{top}{'/'.join(parts)}" if folder or parts[0] != "**" else "/".join(parts)


def _positive(wanted: Sequence[Sequence[str]], folder: str) -> list[str]:
    """Patterns that take in; none: everywhere. Shallow ones first, since what keeps one from reaching deeper must
    not undo a deeper one.
    """
    if not wanted or ["**"] in wanted:
        return list(within(folder))
    found = []
    for parts in sorted(wanted, key=lambda parts: (not _shallow(parts), len(parts) if _shallow(parts) else 0)):
        found.append(_pattern(parts, folder))
        if _shallow(parts):
            found.append(f"!{_pattern(parts, folder)}/**")
    return list(dict.fromkeys(found))


def _shallow(parts: Sequence[str]) -> bool:
    """Whether folders could match as well, which must not be taken whole: src/*, of which only the files are meant."""
    return "**" not in parts and _WILD.search(parts[-1]) is not None and "." not in parts[-1]
