"""Which rules apply to a path. Apart from reading rules: matching them in another process needs no more than this."""

from collections.abc import Sequence
from functools import lru_cache

import pathspec

from reviewbot.core import languages
from reviewbot.model.rule import Rule


def applicable(rules: Sequence[Rule], path: str) -> tuple[Rule, ...]:
    """The rules whose globs and languages fit `path`, in their order; of equal ids the last that reaches it counts.

    The globs of a folder's rule are relative to the folder.
    """
    language = languages.language_of(path)
    near = {rule.id: rule for rule in rules if not rule.folder or path.startswith(f"{rule.folder}/")}
    return tuple(
        rule
        for rule in near.values()
        if rule.status != "off" and _speaks(rule, language) and in_paths(rule.paths, _within(rule.folder, path))
    )


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
