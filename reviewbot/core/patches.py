"""The text of a diff -> one `Patch` per file: names, modes, and the lines of its hunks, counted and found whole.

Understands `git diff` with any prefixes, `git format-patch`, and plain `diff -u`. Lines are split at line feeds only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reviewbot.core import patch_names
from reviewbot.errors import UsageError

# Nine digits: more is no file's, and no 32-bit column's.
HUNK = re.compile(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@")
_HEADER = re.compile(
    r"(old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|similarity index"
    r"|dissimilarity index|index|---|\+\+\+|Binary files|GIT binary patch)(?: |$)"
)
_SUBMODULE = re.compile(r"Submodule (.+) ([0-9a-f]{7,64})\.{2,3}([0-9a-f]{7,64})(?: \(.*\))?:?$")
_EPOCH = ("\t1970-01-01 ", "\t1969-12-31 ")  # `diff -N` stamps an absent file so, in the local time zone
_MEND = "give the output of `git diff` or `diff -u` unchanged"


@dataclass(frozen=True, slots=True)
class Patch:
    """One file's part. `old`, `new` None: no such file on that side. `at`: its first line in the input, 1-based.

    `hunks`: `@@` lines and their bodies, whole. `origin`: "rename", "copy" or "". `missing`: why no text is there.
    """

    old: str | None
    new: str | None
    at: int
    hunks: Sequence[str] = ()
    old_mode: str | None = None
    new_mode: str | None = None
    origin: str = ""
    binary: bool = False
    missing: str = ""


def split(lines: Sequence[str]) -> list[Patch]:
    """All files of a diff in their order; anything between them (mail, log messages) is passed over.

    Raises `UsageError` naming the line for a combined diff or a hunk whose header and body disagree.
    """
    patches: list[Patch] = []
    by_git = any(line.startswith("diff --git ") for line in lines)
    at = 0
    while at < len(lines):
        patch, at = _next(lines, at, by_git=by_git)
        if patch:
            patches.append(patch)
    return patches


def _next(lines: Sequence[str], at: int, *, by_git: bool) -> tuple[Patch | None, int]:
    line = lines[at]
    if line.startswith("diff --git "):
        return _git(lines, at)
    if line.startswith(("diff --cc ", "diff --combined ", "@@@ -")):
        raise UsageError(
            f"Line {at + 1} of the diff: this is the combined diff of a merge, whose lines have no single number",
            mend="compare two commits: git diff BASE HEAD",
        )
    if line.startswith("--- ") and [text[:4] for text in lines[at + 1 : at + 3]] == ["+++ ", "@@ -"]:
        return _plain(lines, at)
    if by_git:  # it names every file in a header of its own; what reads like a notice is prose
        return _submodule(line, at), at + 1
    return _textless(line, at), at + 1


def _git(lines: Sequence[str], start: int) -> tuple[Patch, int]:
    """The part of one file from `diff --git` on."""
    fields: dict[str, str] = {}
    at = start + 1
    while at < len(lines) and (header := _HEADER.match(lines[at])):
        fields[header[1]] = lines[at][header.end() :]
        at += 1
    end = hunks_end(lines, at)
    old, new = _git_paths(lines[start].removeprefix("diff --git "), fields, start)
    index_mode = fields.get("index", "").partition(" ")[2] or None
    patch = Patch(
        old=None if "new file mode" in fields else old,
        new=None if "deleted file mode" in fields else new,
        at=start + 1,
        hunks=lines[at:end],
        old_mode=fields.get("deleted file mode") or fields.get("old mode") or index_mode,
        new_mode=fields.get("new file mode") or fields.get("new mode") or index_mode,
        origin="rename" if "rename to" in fields else "copy" if "copy to" in fields else "",
        binary="Binary files" in fields or "GIT binary patch" in fields,
    )
    return patch, end


def _git_paths(header: str, fields: dict[str, str], start: int) -> tuple[str | None, str | None]:
    for verb in ("rename", "copy"):
        if f"{verb} from" in fields and f"{verb} to" in fields:
            return patch_names.unquote(fields[f"{verb} from"]), patch_names.unquote(fields[f"{verb} to"])
    if same := patch_names.common(header):
        return same, same
    if "---" in fields and "+++" in fields:
        return patch_names.pair(patch_names.named(fields["---"]), patch_names.named(fields["+++"]))
    old, cut, new = header.partition(" b/")
    if cut:
        return patch_names.plain(old), new
    raise UsageError(f"Line {start + 1} of the diff: the file's name cannot be made out", mend=_MEND)


def _plain(lines: Sequence[str], start: int) -> tuple[Patch, int]:
    """The part of one file from `---` on, as `diff -u` and Subversion write it."""
    end = hunks_end(lines, start + 2)
    headers = lines[start][4:], lines[start + 1][4:]
    old, new = patch_names.pair(patch_names.named(headers[0]), patch_names.named(headers[1]))
    patch = Patch(old, new, start + 1, lines[start + 2 : end])
    counts = HUNK.match(lines[start + 2])
    if counts and old and new:
        absent_old, absent_new = (any(stamp in header for stamp in _EPOCH) for header in headers)
        if absent_old and counts[1] == "0" and counts[2] == "0":
            patch = replace(patch, old=None)
        elif absent_new and counts[3] == "0" and counts[4] == "0":
            patch = replace(patch, new=None)
    return patch, end


def _textless(line: str, at: int) -> Patch | None:
    """A file that plain `diff -r` names in a single line, without its text."""
    if line.startswith("Binary files ") and line.endswith(" differ"):
        names = line.removeprefix("Binary files ").removesuffix(" differ").split(" and ")
        half = len(names) // 2
        old, new = " and ".join(names[:half]), " and ".join(names[half:])
        return Patch(*patch_names.pair(patch_names.named(old), patch_names.named(new)), at + 1, binary=True)
    if line.startswith("Only in ") and ": " in line:
        path = "/".join(line.removeprefix("Only in ").split(": ", 1))
        return Patch(path, path, at + 1, missing="the diff names it without its text (made without -N)")
    return _submodule(line, at)


def _submodule(line: str, at: int) -> Patch | None:
    """The line that `git diff --submodule=log` puts in place of a header."""
    found = _SUBMODULE.match(line)
    if not found:
        return None
    absent_old, absent_new = (set(sha) == {"0"} for sha in found.group(2, 3))
    old, new = None if absent_old else found[1], None if absent_new else found[1]
    return Patch(old, new, at + 1, old_mode="160000", new_mode="160000")


def hunks_end(lines: Sequence[str], at: int) -> int:
    """Index of the first line after the run of hunks that starts at index `at` (which may be empty).

    Raises `UsageError` naming the line where header and body of a hunk disagree.
    """
    start = at
    while at < len(lines) and lines[at].startswith("@@ "):
        header = HUNK.match(lines[at])
        if not header:
            raise UsageError(f"Line {at + 1} of the diff is not a hunk header that can be read", mend=_MEND)
        old, new = (1 if count is None else int(count) for count in header.group(2, 4))
        if old == new == 0:
            raise UsageError(f"Line {at + 1} of the diff: a hunk without lines", mend=_MEND)
        at = _body_end(lines, at, old, new)
    if at > start and at < len(lines):
        _check_over(lines, at)
    return at


def _body_end(lines: Sequence[str], header: int, old: int, new: int) -> int:
    """Index of the first line after the body of the hunk whose header is at index `header`."""
    at = header + 1
    while old > 0 or new > 0:
        sign = lines[at][:1] if at < len(lines) else "end"
        if sign == "+":
            new -= 1
        elif sign == "-":
            old -= 1
        elif sign in {" ", "", "\r"}:  # editors and mail strip the blank of an empty unchanged line
            old -= 1
            new -= 1
        elif sign != "\\":
            where = "the end of the input" if sign == "end" else f"line {at + 1}"
            raise UsageError(f"Line {header + 1} of the diff: its hunk is cut short by {where}", mend=_MEND)
        at += 1
        if old < 0 or new < 0:
            raise UsageError(f"Line {at} of the diff: more lines than the hunk of line {header + 1} says", mend=_MEND)
    return at + 1 if at < len(lines) and lines[at].startswith("\\") else at


def _check_over(lines: Sequence[str], at: int) -> None:
    """What follows the last hunk must not look like more of it. `-- ` starts the signature of a mailed patch."""
    line = lines[at]
    if line.startswith((" ", "+", "-")) and not line.startswith("--- ") and line.rstrip() != "--":
        raise UsageError(f"Line {at + 1} of the diff: more lines than the hunk before it says", mend=_MEND)
