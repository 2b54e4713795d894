"""Links among guidance files: one file under several names (CLAUDE.md -> AGENTS.md). Git stores the target as text, and
a file that says nothing but `@AGENTS.md` is meant as one.
"""

import posixpath
import re

_PATH = re.compile(r"[^\s<>\"'`|*?:]{1,300}\.(?:md|mdc|markdown|txt)")


def target(path: str, text: str) -> str:
    """The file of the repository to which the link at `path` leads; empty where `text` is no such target."""
    asked = text.strip().removeprefix("@")
    if not _PATH.fullmatch(asked) or asked.startswith("/"):
        return ""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), asked))
    return "" if found.startswith("../") or found == path else found
