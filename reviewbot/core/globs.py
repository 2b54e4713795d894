"""gitignore-style globs -> one compiled matcher. Linear-time expressions: a glob may come from a repository."""

import re
from collections.abc import Sequence

import re2
from pathspec import GitIgnoreSpec

from reviewbot.errors import ConfigurationError


def matcher(globs: Sequence[str]) -> GitIgnoreSpec:
    """A matcher with gitignore's rules: the last glob that matches wins, `!` takes back. Compile once, match often.

    Raises `ConfigurationError` for a glob that cannot be read.
    """
    try:
        return GitIgnoreSpec.from_lines(globs, backend="re2")
    except (ValueError, re.error, re2.error) as error:
        raise ConfigurationError(
            f"A glob cannot be read: {str(error)[:200]}",
            mend="write it as in .gitignore, such as docs/** or !docs/api.md",
        ) from error
