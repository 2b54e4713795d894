"""A file's change -> a hash of what it says, wherever in the file it stands."""

import hashlib
from collections.abc import Iterator

from reviewbot.model.diff import FileDiff


def digest(file: FileDiff) -> str:
    """SHA-256 (hex) over paths, kind of change, modes, signs and texts; line numbers and section headings are left out.

    A rebase that only shifts lines keeps it. It says nothing of a file that is binary or whose `missing` is set: the
    text that it would have to tell apart is not there.
    """
    return hashlib.sha256("\n".join(_words(file)).encode(errors="surrogatepass")).hexdigest()


def _words(file: FileDiff) -> Iterator[str]:
    """Unambiguous: the head is quoted, and no text holds a line feed."""
    head = (file.old_path, file.new_path, file.change, file.kind, file.old_mode, file.new_mode, file.missing)
    yield repr([None if word is None else str(word) for word in head])
    for hunk in file.hunks:
        yield f"@{hunk.old_ends_without_newline:d}{hunk.new_ends_without_newline:d}"
        for line in hunk.lines:
            yield line.sign + line.text
