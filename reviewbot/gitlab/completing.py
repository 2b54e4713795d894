"""Files whose text GitLab held back (collapsed, too large, over the limits) -> the same with git's own diff text."""

from collections.abc import Iterable
from dataclasses import replace

from reviewbot.core import patches
from reviewbot.core.patches import Patch
from reviewbot.errors import SourceUnavailable, UsageError
from reviewbot.model.merge_request import MergeRequest, RawChange
from reviewbot.ports import Source

_MOST_PATHS = 400  # above, the whole diff is the shorter question


def incomplete(change: RawChange) -> bool:
    """Whether GitLab kept the text of this file back. Some versions do so without setting either flag."""
    if change.diff:
        return False
    plain = not (change.new_file or change.deleted_file or change.renamed_file or change.a_mode != change.b_mode)
    return change.collapsed or change.too_large or plain


def complete(mr: MergeRequest, source: Source) -> MergeRequest:
    """`mr` with the text of incomplete files and the files that GitLab left out altogether, in git's order.

    Without the repository they stay as they are, and selection says so file by file. `too_large` stays set: on
    such files GitLab takes file-level positions only.
    """
    wanted = [change for change in mr.changes if incomplete(change)]
    if not wanted and not mr.overflow:
        return mr
    paths = sorted({path for change in wanted for path in (change.old_path, change.new_path)})
    whole = mr.overflow or len(paths) > _MOST_PATHS
    try:
        diff = source.diff(mr.refs.base_sha, mr.refs.head_sha, () if whole else paths)
        found = _by_path(diff)
    except (SourceUnavailable, UsageError):
        return mr
    filled = [_fill(change, found) if incomplete(change) else change for change in mr.changes]
    if not mr.overflow:
        return replace(mr, changes=tuple(filled))
    there = {change.new_path for change in mr.changes}
    left_out = [_as_change(patch) for path, patch in found.items() if path not in there]
    return replace(mr, changes=(*filled, *left_out), overflow=False)


def _by_path(diff: bytes) -> dict[str, Patch]:
    """A change of type is two patches of one path in git's output; the two halves are found under the first."""
    lines = diff.decode("utf-8", errors="replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    found: dict[str, Patch] = {}
    for patch in patches.split(lines):
        found.setdefault((patch.old if patch.new is None else patch.new) or "", patch)
    return found


def _fill(change: RawChange, found: dict[str, Patch]) -> RawChange:
    patch = found.get(change.new_path)
    old = None if change.new_file else change.old_path
    new = None if change.deleted_file else change.new_path
    if patch is None or (patch.old, patch.new) != (old, new):
        return change  # another pairing of renamed files than GitLab's: its positions would not fit
    return replace(change, diff=_text(patch), collapsed=False)


def _text(patch: Patch) -> str:
    if patch.binary:
        return f"Binary files {_side('a', patch.old)} and {_side('b', patch.new)} differ\n"
    return _joined(patch.hunks)


def _joined(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return f"{text}\n" if text else ""


def _side(letter: str, path: str | None) -> str:
    return "/dev/null" if path is None else f"{letter}/{path}"


def _as_change(patch: Patch) -> RawChange:
    path = patch.new or patch.old or ""
    return RawChange(
        old_path=patch.old or path,
        new_path=path,
        diff=_text(patch),
        a_mode="0" if patch.old is None else patch.old_mode or "100644",
        b_mode="0" if patch.new is None else patch.new_mode or "100644",
        new_file=patch.old is None,
        deleted_file=patch.new is None,
        renamed_file=patch.origin == "rename",
    )
