"""Diff texts, as GitLab's API or git gives them -> `Diff`, with the numbers that git gives each line.

The headers are read by `core.patches`, the hunks by unidiff, which gets each file alone, with a header made for it,
as an iterable of lines split at line feeds only: CR, form feed and U+2028 are text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk as ParsedHunk
from unidiff.patch import PatchSet

from reviewbot.core import patches
from reviewbot.core.patches import Patch
from reviewbot.errors import UsageError
from reviewbot.model.diff import Change, Diff, FileDiff, Hunk, Kind, Line, Sign
from reviewbot.model.merge_request import RawChange

_SUBMODULE, _SYMLINK = "160000", "120000"
_LFS = re.compile(r"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/v[0-9]+\r?$")
_OID = re.compile(r"oid sha256:[0-9a-f]{64}\r?$")
_NO_NEWLINE = "\\ No newline at end of file"  # git translates it, unidiff knows it in English
_NAMELESS = "(files that GitLab left out)"
_LEFT_OUT = FileDiff(
    _NAMELESS,
    _NAMELESS,
    Change.MODIFIED,
    missing="beyond GitLab's limits for one diff, and the repository could not be read",
)


def of_merge_request(changes: Sequence[RawChange], *, overflow: bool) -> Diff:
    """`parse_changes`, with one more file that was not read where GitLab left some out (`overflow`)."""
    diff = parse_changes(changes)
    return Diff((*diff.files, _LEFT_OUT)) if overflow else diff


def parse_changes(changes: Sequence[RawChange]) -> Diff:
    """Parse what GitLab's `GET …/merge_requests/:iid/diffs` gave, in its order.

    Never raises: a file whose text is not there or cannot be read says so in `FileDiff.missing`.
    """
    return Diff(_unique([_from_change(change) for change in changes]))


def parse_git(data: bytes) -> Diff:
    """Parse the output of `git diff`, `git format-patch` or `diff -u`; no input is an empty diff.

    Bytes that are not UTF-8 become U+FFFD; numbers do not change by it. Raises `UsageError` naming the line.
    """
    lines = _decode(data).split("\n")
    if lines[-1] == "":
        lines.pop()
    first = next((line for line in lines if line.startswith(("diff --git ", "--- "))), "")
    if first.endswith("\r"):  # the patch itself was converted, not only the files in it
        lines = [line.removesuffix("\r") for line in lines]
    found = patches.split(lines)
    if not found and data.strip():
        raise UsageError(
            "The input holds no diff",
            mend="give the output of `git diff` or `diff -u`, without colours, file headers included",
        )
    seen: dict[str, int] = {}
    files: list[FileDiff] = []
    for patch in found:
        file = _from_patch(patch)
        if seen.setdefault(file.path, patch.at) != patch.at and not _retyped(files[-1], file):
            raise UsageError(
                f"Line {patch.at} of the diff: {file.path} was already changed in line {seen[file.path]}",
                mend="this is a series of patches, make one diff of it: git diff BASE HEAD",
            )
        files.append(file)
    return Diff(_unique(files))


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # redirected in an older PowerShell
        return data.decode("utf-16", errors="replace").replace("\r\n", "\n")
    return data.decode("utf-8", errors="replace").removeprefix("\ufeff")


def _from_change(change: RawChange) -> FileDiff:
    old_path, new_path, text = _clean(change.old_path), _clean(change.new_path), _clean(change.diff)
    modes = (None if mode.strip("0") == "" else mode for mode in (change.a_mode, change.b_mode))
    patch = Patch(
        old=None if change.new_file and not change.deleted_file else old_path or new_path,
        new=None if change.deleted_file else new_path or old_path,
        at=1,
        old_mode=next(modes),
        new_mode=next(modes),
        origin="rename" if change.renamed_file else "",
        binary=text.startswith("Binary files "),
    )
    if text and not patch.binary:
        patch = _with_hunks(patch, text)
    file = _from_patch(patch)
    missing = patch.missing or _why_missing(change, file)
    return replace(file, missing=missing, generated=change.generated_file)


def _with_hunks(patch: Patch, text: str) -> Patch:
    """Hand over the hunks of GitLab's text, which older versions start with the `---` and `+++` lines."""
    lines = text.removesuffix("\n").split("\n")
    start = next((at for at, line in enumerate(lines[:3]) if line.startswith("@@ ")), 0)
    try:
        end = patches.hunks_end(lines, start)
    except UsageError as error:
        return replace(patch, missing=f"GitLab's diff cannot be read: {error.message}")
    if end < len(lines):
        return replace(patch, missing=f"GitLab's diff cannot be read: line {end + 1} is not part of a hunk")
    return replace(patch, hunks=lines[start:])


def _why_missing(change: RawChange, file: FileDiff) -> str:
    """An empty text means "no change in the text" only where GitLab says what else has changed."""
    if file.hunks or file.kind is Kind.BINARY:
        return ""
    if change.too_large:
        return "too large for GitLab"
    if change.collapsed:
        return "collapsed by GitLab"
    return "GitLab sent no text" if file.change is Change.MODIFIED else ""


def _from_patch(patch: Patch) -> FileDiff:
    hunks = _hunks(patch.hunks) if patch.hunks else ()
    path = patch.new if patch.new is not None else patch.old
    if path is None:
        raise UsageError(f"Line {patch.at} of the diff: neither side names a file", mend="give the diff unchanged")
    return FileDiff(
        old_path=path if patch.old is None else patch.old,
        new_path=path,
        change=_change(patch),
        kind=_kind(patch, hunks),
        old_mode=None if patch.old is None else patch.old_mode,
        new_mode=None if patch.new is None else patch.new_mode,
        hunks=hunks,
        missing=patch.missing,
    )


def _change(patch: Patch) -> Change:
    if patch.old is None:
        return Change.ADDED
    if patch.new is None:
        return Change.DELETED
    if patch.origin == "copy":
        return Change.COPIED
    if patch.origin == "rename" or patch.old != patch.new:
        return Change.RENAMED
    if patch.old_mode != patch.new_mode and not patch.hunks and not patch.binary and not patch.missing:
        return Change.MODE
    return Change.MODIFIED


def _kind(patch: Patch, hunks: tuple[Hunk, ...]) -> Kind:
    mode = patch.old_mode if patch.new is None else patch.new_mode
    if mode == _SUBMODULE:
        return Kind.SUBMODULE
    if patch.binary:
        return Kind.BINARY
    if mode == _SYMLINK:
        return Kind.SYMLINK
    return Kind.LFS if _is_pointer(hunks, deleted=patch.new is None) else Kind.TEXT


def _is_pointer(hunks: tuple[Hunk, ...], *, deleted: bool) -> bool:
    """Is the file that remains (or was deleted) an LFS pointer: three lines, told by the first and its object id?"""
    if len(hunks) != 1:
        return False
    side = [line.text for line in hunks[0].lines if line.sign != ("+" if deleted else "-")]
    return 2 <= len(side) <= 8 and _LFS.match(side[0]) is not None and any(_OID.match(text) for text in side)


def _hunks(lines: Sequence[str]) -> tuple[Hunk, ...]:
    try:
        (file,) = PatchSet(_fed(lines))
    except UnidiffParseError as error:
        raise UsageError(f"A hunk of the diff cannot be read: {error}", mend="give the diff unchanged") from error
    return tuple(_hunk(hunk) for hunk in file)


def _fed(lines: Sequence[str]) -> Iterator[str]:
    yield "--- a/file"
    yield "+++ b/file"
    for line in lines:
        if line in {"", "\r"}:
            yield f" {line}"
        elif line[0] == "\\":
            yield _NO_NEWLINE
        else:
            yield line


def _hunk(parsed: ParsedHunk) -> Hunk:
    lines: list[Line] = []
    open_ended: set[str] = set()  # signs of the lines that a "no newline" remark follows
    for line in parsed:
        if line.line_type == "\\":
            open_ended.add(lines[-1].sign if lines else "")
        else:
            lines.append(Line(cast(Sign, line.line_type), line.source_line_no, line.target_line_no, line.value))
    return Hunk(
        old_start=parsed.source_start,
        old_count=parsed.source_length,
        new_start=parsed.target_start,
        new_count=parsed.target_length,
        section=parsed.section_header.rstrip("\r"),
        lines=tuple(lines),
        old_ends_without_newline=bool(open_ended & {"-", " "}),
        new_ends_without_newline=bool(open_ended & {"+", " "}),
    )


def _unique(files: Sequence[FileDiff]) -> tuple[FileDiff, ...]:
    """One entry per path. A file that became a link comes as deleted and added; it is one change of one file."""
    kept: dict[str, FileDiff] = {}
    for file in files:
        before = kept.get(file.path)
        if before is None:
            kept[file.path] = file
        elif _retyped(before, file):
            kept[file.path] = replace(
                file,
                change=Change.MODIFIED,
                old_mode=before.old_mode,
                hunks=before.hunks + file.hunks,
                missing=before.missing or file.missing,
            )
        elif before != file:
            kept[file.path] = replace(before, hunks=(), missing="GitLab lists it twice, with different changes")
    return tuple(kept.values())


def _retyped(before: FileDiff, after: FileDiff) -> bool:
    """Are these the two halves in which git shows a change of type (file, link, submodule)?"""
    return before.path == after.path and (before.change, after.change) == (Change.DELETED, Change.ADDED)


def _clean(text: str) -> str:
    """`text` as it can be encoded: lone surrogates, which JSON may smuggle in, become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
