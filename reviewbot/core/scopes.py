"""Which rules apply to a path. Apart from reading rules: matching them in another process needs no more than this."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import pathspec
import re2

from reviewbot.core import languages
from reviewbot.model.rule import Rule

_MEMORY = 64 << 20  # bytes that a set of globs may take to match
_LARGEST = 500_000  # characters of its expressions together; a larger one is matched list by list
_ALWAYS = "^"  # is part of each set: where it is not met, the set ran out of memory


def applicable(rules: Sequence[Rule], path: str) -> tuple[Rule, ...]:
    """The rules whose globs and languages fit `path`, in their order; of equal ids the last that reaches it counts.

    The globs of a folder's rule are relative to the folder. For many paths take `Reach`.
    """
    language = languages.language_of(path)
    near = {rule.id: rule for rule in rules if not rule.folder or path.startswith(f"{rule.folder}/")}
    return tuple(
        rule
        for rule in near.values()
        if rule.status != "off" and _speaks(rule, language) and in_paths(rule.paths, _within(rule.folder, path))
    )


class Reach:
    """`applicable` for many paths: what is the same for the files of a folder and a language is worked out once, and
    all globs are matched together. Not for several threads.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._folders = {rule.folder for rule in rules} - {""}
        self._chains: dict[str, tuple[str, ...]] = {}
        self._near: dict[tuple[tuple[str, ...], str | None], _Near] = {}

    def of(self, path: str) -> tuple[Rule, ...]:
        """As `applicable`."""
        key = self._chain(path.rpartition("/")[0]), languages.language_of(path)
        near = self._near.get(key)
        if near is None:
            near = self._near[key] = _Near(self._rules, *key)
        return near.of(path)

    def _chain(self, parent: str) -> tuple[str, ...]:
        """The folders with rules that `parent` is, or is in."""
        found = self._chains.get(parent)
        if found is None:
            ends = [at for at, letter in enumerate(f"{parent}/") if letter == "/"]
            found = tuple(folder for end in ends if (folder := parent[:end]) in self._folders)
            self._chains[parent] = found
        return found


class _Near:
    """The rules for the files below the same folders with rules, of one language."""

    def __init__(self, rules: Sequence[Rule], chain: tuple[str, ...], language: str | None) -> None:
        near = {rule.id: rule for rule in rules if not rule.folder or rule.folder in chain}
        self._rules = [rule for rule in near.values() if rule.status != "off" and _speaks(rule, language)]
        folders = dict.fromkeys(rule.folder for rule in self._rules)
        self._globs = {
            folder: _Globs(rule.paths for rule in self._rules if rule.folder == folder) for folder in folders
        }
        self._made: dict[tuple[frozenset[tuple[str, ...]], ...], tuple[Rule, ...]] = {}

    def of(self, path: str) -> tuple[Rule, ...]:
        fitting = {folder: globs.fitting(_within(folder, path)) for folder, globs in self._globs.items()}
        key = tuple(fitting.values())
        if key not in self._made:
            self._made[key] = tuple(
                rule for rule in self._rules if not rule.paths or rule.paths in fitting[rule.folder]
            )
        return self._made[key]


class _Globs:
    """Many lists of globs, matched together."""

    def __init__(self, lists: Iterable[tuple[str, ...]]) -> None:
        self._lists = [globs for globs in dict.fromkeys(lists) if globs]
        owned = [(globs, *one) for globs in self._lists for one in _expressions(globs)]
        self._owners = [(globs, include) for globs, _, include in owned]
        self._set = _set([expression for _, expression, _ in owned])

    def fitting(self, path: str) -> frozenset[tuple[str, ...]]:
        """The lists that take `path` in."""
        met = self._set.Match(path) if self._set is not None else []
        if len(self._owners) not in met:
            return frozenset(globs for globs in self._lists if in_paths(globs, path))
        told: dict[tuple[str, ...], set[bool]] = {}
        for index in met:
            if index < len(self._owners):
                globs, include = self._owners[index]
                told.setdefault(globs, set()).add(include)
        # Where a glob and an exclusion match both, which of them decides is for gitignore's own rules.
        return frozenset(
            globs for globs, said in told.items() if True in said and (False not in said or in_paths(globs, path))
        )


def _set(expressions: Sequence[str]) -> Any:
    """The expressions and `_ALWAYS`, compiled; None where there are none, or too many."""
    if not expressions or sum(map(len, expressions)) > _LARGEST:
        return None
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _MEMORY
    made = re2.Set.SearchSet(options)
    try:
        for expression in (*expressions, _ALWAYS):
            made.Add(expression)
        made.Compile()
    except re2.error:  # no room
        return None
    return made


def _within(folder: str, path: str) -> str:
    return path[len(folder) + 1 :] if folder else path


def in_paths(globs: tuple[str, ...], path: str) -> bool:
    """Whether gitignore-style globs take in `path`: the last match decides; with exclusions alone, all else is in.

    Other than in git, `!folder/` takes out what lies in the folder even when a glob before named the files.
    """
    return not globs or spec(globs).match_file(path)


def _speaks(rule: Rule, language: str | None) -> bool:
    if not rule.languages:
        return True
    return language is not None and any(languages.covers(wanted, language) for wanted in rule.languages)


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


@lru_cache(maxsize=8192)
def _expressions(globs: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """The regular expression of each glob, and whether it takes in."""
    return tuple(
        (one.regex.pattern, one.include)
        for one in spec(globs).patterns
        if isinstance(one, pathspec.RegexPattern) and one.regex is not None and one.include is not None
    )
