"""gitignore-style globs -> one compiled matcher. Linear-time expressions: a glob may come from a repository."""

import re
from collections.abc import Sequence
from functools import lru_cache

import re2
from pathspec import GitIgnoreSpec

from reviewbot.errors import ConfigurationError


def matcher(globs: Sequence[str]) -> GitIgnoreSpec:
    """A matcher with gitignore's rules: the last glob that matches wins, `!` takes back.

    Those of the last reviews are kept: most use the same. Raises `ConfigurationError` for a glob that cannot be read.
    """
    return _compiled(tuple(globs))


@lru_cache(maxsize=64)
def _compiled(globs: tuple[str, ...]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(globs, backend="re2")
    except (ValueError, re.error, re2.error) as error:
        raise ConfigurationError(
            f"A glob cannot be read: {str(error)[:200]}",
            mend="write it as in .gitignore, such as docs/** or !docs/api.md",
        ) from error
