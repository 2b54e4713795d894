"""Lists of gitignore-style globs: one, or many matched together."""

import re
from collections.abc import Iterable
from functools import lru_cache

import pathspec

_SAFE = r"[\w.@+=,~-]"  # what stands for itself wherever it is in a glob
_NAME = re.compile(rf"(\*\*/|/)?({_SAFE}+(?:/{_SAFE}+)*)(/\*\*|/)?")
_SUFFIX = re.compile(rf"(?:\*\*/)?\*({_SAFE}+)")
_WORDS = re.compile(rf"{_SAFE}+")
_ALL = {"*", "**", "**/*"}
Globs = tuple[str, ...]


def in_paths(globs: tuple[str, ...], path: str) -> bool:
    """Whether gitignore-style globs take in `path`: the last match decides; with exclusions alone, all else is in.

    Other than in git, `!folder/` takes out what lies in the folder even when a glob before named the files.
    """
    return not globs or spec(globs).match_file(path)


@lru_cache(maxsize=1024)
def spec(globs: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    """The compiled globs. Raises what pathspec and RE2 raise for a glob that is none."""
    lines = ["*"] if all(glob.startswith("!") for glob in globs) else []
    for glob in globs:
        lines.append(glob)
        if glob.startswith("!") and glob.endswith("/"):
            anchor = "" if "/" in glob[1:-1] else "**/"
            lines.append(f"!{anchor}{glob[1:]}**")
    # The re2 backend is linear in the path's length, which comes from the merge request.
    return pathspec.GitIgnoreSpec.from_lines(lines, backend="re2")


class GlobSets:
    """Many lists, matched together. Most globs are names, folders and suffixes: whether they fit is found by looking
    for a text in the path. Only the others are given to regular expressions.
    """

    def __init__(self, lists: Iterable[Globs]) -> None:
        self._lists = [globs for globs in dict.fromkeys(lists) if globs]
        self._others = frozenset(
            index for index, globs in enumerate(self._lists) if all(glob.startswith("!") for glob in globs)
        )
        self._in_whole: list[tuple[str, int, int]] = []
        self._in_folders: list[tuple[str, int, int]] = []
        for index, globs in enumerate(self._lists):
            for glob in globs:
                needle, folders, says = _seen(glob)
                (self._in_folders if folders else self._in_whole).append((needle, index, says))

    def fitting(self, path: str) -> frozenset[Globs]:
        """The lists that take `path` in, as `in_paths` has it."""
        folders = f"\0/{path}"
        whole = f"{folders}/"
        said: dict[int, int] = dict.fromkeys(self._others, _IN)
        for needle, index, says in self._in_whole:
            if needle in whole:
                said[index] = said.get(index, 0) | says
        for needle, index, says in self._in_folders:
            if needle in folders:
                said[index] = said.get(index, 0) | says
        # Where a glob and an exclusion fit both, which of them decides is for gitignore's own rules.
        return frozenset(
            self._lists[index]
            for index, how in said.items()
            if how == _IN or (how != _OUT and in_paths(self._lists[index], path))
        )


_IN, _OUT, _PERHAPS = 1, 2, 4


def _seen(glob: str) -> tuple[str, bool, int]:
    """A text that is in the path where the glob fits, whether it is in what comes before the last name's end, and what
    that says. A path begins with a NUL and `/` here, and as a whole has a `/` behind its last name.
    """
    says, glob = (_OUT, glob[1:]) if glob.startswith("!") else (_IN, glob)
    if glob in _ALL:
        return "", False, says
    if suffix := _SUFFIX.fullmatch(glob):
        return f"{suffix[1]}/", False, says
    if name := _NAME.fullmatch(glob):
        before, text, after = name.groups()
        anchored = before == "/" or (before is None and ("/" in text or after == "/**"))
        return f"{chr(0) if anchored else ''}/{text}/", after is not None, says
    words = [] if "[" in glob or "\\" in glob else _WORDS.findall(glob)
    return max(words, key=len, default=""), False, _PERHAPS
