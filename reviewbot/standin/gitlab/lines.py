"""Diff text -> lines as GitLab numbers them, the slip of its parser included (gitlab-org: Gitlab::Diff::Parser)."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)")
# After an unchanged line GitLab takes a body line that starts so for a file header, and drops it without counting.
TAKEN_FOR_HEADER = ("--- /dev/null", "+++ /dev/null", "--- a", "+++ b", "+++ a", "--- /tmp/diffy", "+++ /tmp/diffy")

Kind = Literal["new", "old", "context", "match", "meta"]


@dataclass(frozen=True, slots=True)
class Line:
    """`old` and `new` are the counters when the line was met: for added lines `old` is the next old number."""

    kind: Kind
    old: int
    new: int
    text: str

    @property
    def key(self) -> tuple[int | None, int | None]:
        """The pair (old_line, new_line) that a position must carry to mean this line."""
        if self.kind in {"match", "meta"}:
            return None, None
        return (None if self.kind == "new" else self.old), (None if self.kind == "old" else self.new)


def parse(diff: str) -> tuple[Line, ...]:
    """Lines of one file's diff (starting at `@@`, or file headers before it). Split on LF only."""
    found: list[Line] = []
    old = new = 1
    after_context = True  # the state before the first hunk: headers are skipped there
    if diff.startswith("Binary files "):
        return ()
    for line in diff.split("\n")[: -1 if diff.endswith("\n") else None]:
        if after_context and line.startswith(TAKEN_FOR_HEADER):
            continue
        hunk = HUNK.match(line)
        if hunk:
            old, new = int(hunk[1]), int(hunk[2])
            after_context = False
            if old > 1 or new > 1:
                found.append(Line("match", old, new, line))
            continue
        kind, step_old, step_new = _kind(line)
        after_context = kind == "context"
        found.append(Line(kind, old, new, line[1:]))
        old += step_old
        new += step_new
    return tuple(found)


def _kind(line: str) -> tuple[Kind, int, int]:
    if line.startswith("+"):
        return "new", 0, 1
    if line.startswith("-"):
        return "old", 1, 0
    if line.startswith("\\"):
        return "meta", 0, 0
    return "context", 1, 1


def line_code(path: str, old: int, new: int) -> str:
    digest = hashlib.sha1(path.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
    return f"{digest}_{old}_{new}"


def unfolded(lines: tuple[Line, ...], old_lines: int, old: int, new: int) -> bool:
    """Whether GitLab accepts (old, new) as an unchanged line outside of the hunks by unfolding them.

    `old_lines` is the number of lines of the old file. The offset is that of the `@@` line below, or of the last
    line of the diff when `old` lies behind it.
    """
    if old > old_lines or not lines:
        return False
    last = lines[-1]
    if old > last.old:
        return new - old == last.new - last.old
    for index, line in enumerate(lines):
        if line.kind == "match" and line.old > old:
            before = lines[index - 1].old if index else 0
            return old > before and new - old == line.new - line.old
    return False


def mapped(lines: tuple[Line, ...], number: int, *, to_new: bool) -> int | None:
    """Where line `number` of one side stands on the other; None when the diff removed (or added) it."""
    mine: Kind = "old" if to_new else "new"
    other: Kind = "new" if to_new else "old"
    behind = (1, 1)  # the numbers after the last line that was counted, on both sides
    for line in lines:
        if line.kind not in {"new", "old", "context"}:
            continue
        here, there = (line.old, line.new) if to_new else (line.new, line.old)
        if here > number:
            break
        if here == number and line.kind in {"context", mine}:
            return None if line.kind == mine else there
        behind = (here + (line.kind != other), there + (line.kind != mine))
    return number - behind[0] + behind[1]
