"""A file's diff -> the numbers and line codes by which GitLab knows its lines, GitLab's parser slip included.

GitLab takes a body line that looks like a file header for one when it follows an unchanged line, and leaves it out
without counting it: removing the SQL comment `-- a…` is enough. All later numbers of that side in the hunk are then one
less than git's, until the next `@@`. A position must carry GitLab's numbers, or it is refused or hits another line.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from reviewbot.model.diff import FileDiff, Hunk, Line, LineKey

# What GitLab takes for a header, without the sign in front: in a body the sign is the first of the three characters.
_HEADERS = {
    "-": ("-- /dev/null", "-- a", "-- /tmp/diffy"),
    "+": ("++ /dev/null", "++ b", "++ a", "++ /tmp/diffy"),
}


@dataclass(frozen=True, slots=True)
class GitLabLine:
    """What a position says of a line: `old` None for an added one, `new` None for a removed one; `code`: line_code."""

    old: int | None
    new: int | None
    code: str


def gitlab_lines(file: FileDiff) -> dict[LineKey, GitLabLine]:
    """GitLab's numbers of every line that GitLab keeps, by git's true key; lines that it drops are absent.

    Empty where GitLab has no lines to comment on: a file that changed its type is two entries there.
    """
    if _changed_type(file):
        return {}
    path = file.new_path or file.old_path
    prefix = hashlib.sha1(path.encode(errors="replace"), usedforsecurity=False).hexdigest()
    return {key: line for hunk in file.hunks for key, line in _numbered(hunk, prefix)}


def _numbered(hunk: Hunk, prefix: str) -> Iterator[tuple[LineKey, GitLabLine]]:
    old, new = hunk.old_start, hunk.new_start
    remarks = _remarked(hunk)
    after_unchanged = False
    for at, line in enumerate(hunk.lines):
        sign = line.sign
        if not (after_unchanged and sign != " " and line.text.startswith(_HEADERS[sign])):
            code = f"{prefix}_{old}_{new}"
            if sign == "+":
                yield line.key, GitLabLine(None, new, code)
                new += 1
            elif sign == "-":
                yield line.key, GitLabLine(old, None, code)
                old += 1
            else:
                yield line.key, GitLabLine(old, new, code)
                old += 1
                new += 1
            after_unchanged = sign == " "
        if at in remarks:
            after_unchanged = False


def _remarked(hunk: Hunk) -> set[int]:
    """Indexes of the lines that a "no newline at end of file" remark follows: no line is dropped right after one."""
    found = set()
    if hunk.old_ends_without_newline:
        found.add(_last(hunk.lines, "+"))
    if hunk.new_ends_without_newline:
        found.add(_last(hunk.lines, "-"))
    return found


def _last(lines: tuple[Line, ...], other: str) -> int:
    """Index of the last line that is not on the other side alone."""
    return max((at for at, line in enumerate(lines) if line.sign != other), default=-1)


def _changed_type(file: FileDiff) -> bool:
    """File, link, submodule: the first two digits of a git mode."""
    return None not in {file.old_mode, file.new_mode} and str(file.old_mode)[:2] != str(file.new_mode)[:2]
