"""Which rules apply to a path. Apart from reading rules: matching them in another process needs no more than this."""

from collections.abc import Iterable, Sequence

from reviewbot.core import languages
from reviewbot.core.glob_sets import GlobSets, in_paths
from reviewbot.model.rule import Rule


def applicable(rules: Sequence[Rule], path: str) -> tuple[Rule, ...]:
    """The rules whose globs and languages fit `path`, in their order; of equal ids the last in whose folder it is.

    The globs of a folder's rule are relative to the folder. For many paths take `Reach`.
    """
    language = languages.language_of(path)
    return tuple(
        rule
        for rule in _nearest(rule for rule in rules if not rule.folder or path.startswith(f"{rule.folder}/"))
        if rule.status != "off" and _speaks(rule, language) and in_paths(rule.paths, _within(rule.folder, path))
    )


def _nearest(rules: Iterable[Rule]) -> list[Rule]:
    """The last rule of each id, in their order."""
    found: dict[str, Rule] = {}
    for rule in rules:
        found.pop(rule.id, None)
        found[rule.id] = rule
    return list(found.values())


class Reach:
    """`applicable` for many paths: what is the same for the files of a folder and a language is worked out once, and
    all globs are matched together. Not for several threads.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._globs = {
            folder: GlobSets(rule.paths for rule in rules if rule.folder == folder)
            for folder in dict.fromkeys(rule.folder for rule in rules)
        }
        self._chains: dict[str, tuple[str, ...]] = {}
        self._near: dict[tuple[tuple[str, ...], str | None], tuple[Rule, ...]] = {}
        self._made: dict[object, tuple[Rule, ...]] = {}

    def of(self, path: str) -> tuple[Rule, ...]:
        """As `applicable`."""
        chain, language = self._chain(path.rpartition("/")[0]), languages.language_of(path)
        fitting = {folder: self._globs[folder].fitting(_within(folder, path)) for folder in chain}
        key = (chain, language, *fitting.values())
        if key not in self._made:
            near = self._nearest(chain, language)
            self._made[key] = tuple(rule for rule in near if not rule.paths or rule.paths in fitting[rule.folder])
        return self._made[key]

    def of_any(self, paths: Iterable[str]) -> tuple[Rule, ...]:
        """The rules that reach one of the paths, in their order."""
        reached = {id(rule) for path in paths for rule in self.of(path)}
        return tuple(rule for rule in self._rules if id(rule) in reached)

    def _nearest(self, chain: tuple[str, ...], language: str | None) -> tuple[Rule, ...]:
        """The rules below these folders, whatever their globs say."""
        key = (chain, language)
        if key not in self._near:
            near = _nearest(rule for rule in self._rules if rule.folder in chain)
            self._near[key] = tuple(rule for rule in near if rule.status != "off" and _speaks(rule, language))
        return self._near[key]

    def _chain(self, parent: str) -> tuple[str, ...]:
        """The folders with rules that `parent` is, or is in; the top is "", and is in it where it has rules."""
        found = self._chains.get(parent)
        if found is None:
            ends = (at for at, letter in enumerate(f"{parent}/") if letter == "/" and at)
            found = tuple(folder for folder in ("", *(parent[:end] for end in ends)) if folder in self._globs)
            self._chains[parent] = found
        return found


def _within(folder: str, path: str) -> str:
    return path[len(folder) + 1 :] if folder else path


def _speaks(rule: Rule, language: str | None) -> bool:
    if not rule.languages:
        return True
    return language is not None and any(languages.covers(wanted, language) for wanted in rule.languages)
