"""Two versions of files in memory -> git's own diff of them, for where the repository itself is out of reach."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from reviewbot.git.objects import DIFF
from reviewbot.git.running import Git

_START = re.compile(rb"^diff --git ", re.MULTILINE)
_BODY = re.compile(rb"^(?:@@ |Binary files )", re.MULTILINE)
_NUMBER = re.compile(rb"[ab]/(?:old|new)/([0-9]+)")
_SPECIAL = re.compile(r'[\x00-\x1f\x7f"\\]')


Sides = tuple[str, bytes | None, bytes | None]  # path, old content, new content; None: it is not there


def compare(files: Sequence[Sides]) -> bytes:
    """What `git diff` would print, by one call of git. Modes are not known and left at 100644.

    Raises `SourceUnavailable` when git is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="reviewbot-diff-") as name:
        folder = Path(name)
        for side in ("old", "new"):
            (folder / side).mkdir()
        for number, (_, *contents) in enumerate(files):
            for side, data in zip(("old", "new"), contents, strict=True):
                if data is not None:
                    (folder / side / f"{number:06}").write_bytes(data)
        environment = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CEILING_DIRECTORIES": str(folder.parent)}
        text = Git(folder, environment=environment).run(
            "diff", "--no-index", *DIFF, "--no-renames", "--", "old", "new", fine=(0, 1)
        )
    starts = [match.start() for match in _START.finditer(text)]
    parts = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return b"".join(_renamed(part, files) for part in parts)


def _renamed(part: bytes, files: Sequence[Sides]) -> bytes:
    """The part with the file's own name in its header instead of the temporary one."""
    number = _NUMBER.search(part)
    path, old, new = files[int(number[1])] if number else ("", None, None)
    old_name, new_name = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    header = [f"diff --git {old_name} {new_name}"]
    if old is None:
        header.append("new file mode 100644")
    elif new is None:
        header.append("deleted file mode 100644")
    body = _BODY.search(part)
    text = part[body.start() :] if body else b""
    if text.startswith(b"@@ "):
        header += [
            f"--- {'/dev/null' if old is None else old_name}",
            f"+++ {'/dev/null' if new is None else new_name}",
        ]
    elif text:
        header.append(f"Binary files {old_name} and {new_name} differ")
        text = b""
    return ("\n".join(header) + "\n").encode(errors="surrogateescape") + text


def _quoted(path: str) -> str:
    """Git's C-style quoting of names with control characters, quotes or backslashes."""
    if not _SPECIAL.search(path):
        return path
    return '"' + _SPECIAL.sub(lambda match: f"\\{ord(match[0]):03o}", path) + '"'
