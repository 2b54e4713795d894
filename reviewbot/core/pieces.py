"""Pieces of a file's diff: their text in a prompt, and hunks cut into smaller ones with the right numbers."""

from collections.abc import Iterator

from reviewbot.core import tags
from reviewbot.core.shown import shown
from reviewbot.model.chunk import Piece
from reviewbot.model.diff import Change, Hunk, Kind

_NO_NEWLINE = "\\ no newline at end of file"
_LONGEST_SECTION = 120


def text(piece: Piece) -> str:
    """A header, then each hunk under an `@@` line with its tagged lines. No line feed at the end."""
    return "\n".join((header(piece), *(hunk_text(hunk) for hunk in piece.hunks)))


def header(piece: Piece) -> str:
    """`### path (renamed from old/path, mode 100644 → 100755, part 2 of 3)`."""
    file = piece.file
    notes = []
    if file.change in {Change.RENAMED, Change.COPIED}:
        notes.append(f"{file.change} from {shown(file.old_path)}")
    elif file.change is not Change.MODE:
        notes.append(str(file.change))
    if file.kind is not Kind.TEXT:
        notes.append(str(file.kind))
    if file.old_mode and file.new_mode and file.old_mode != file.new_mode:
        notes.append(f"mode {file.old_mode} → {file.new_mode}")
    if piece.parts > 1:
        notes.append(f"part {piece.part} of {piece.parts}")
    return f"### {shown(file.path)} ({', '.join(notes) or 'changed'})"


def hunk_text(hunk: Hunk) -> str:
    return "\n".join((hunk_header(hunk), *hunk_lines(hunk)))


def hunk_header(hunk: Hunk) -> str:
    section = shown(hunk.section)[:_LONGEST_SECTION].strip()
    return f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@ {section}".rstrip()


def hunk_lines(hunk: Hunk) -> Iterator[str]:
    """Tagged lines; the last of a side that ends without a line feed is followed by a remark, as in git's output."""
    bare = set()
    if hunk.old_ends_without_newline:
        bare.add(_last(hunk, "+"))
    if hunk.new_ends_without_newline:
        bare.add(_last(hunk, "-"))
    for index, line in enumerate(hunk.lines):
        yield f"{tags.rendered(line)}\n{_NO_NEWLINE}" if index in bare else tags.rendered(line)


def cut(hunk: Hunk, start: int, end: int) -> Hunk:
    """The lines `start`..`end` (indices, half open) of a hunk as a hunk of their own."""
    if start == 0 and end == len(hunk.lines):
        return hunk
    before, lines = hunk.lines[:start], hunk.lines[start:end]
    old_count = sum(line.sign != "+" for line in lines)
    new_count = sum(line.sign != "-" for line in lines)
    # git names the line before an empty side, so the next line of an empty side is one further.
    old_next = hunk.old_start + (hunk.old_count == 0) + sum(line.sign != "+" for line in before)
    new_next = hunk.new_start + (hunk.new_count == 0) + sum(line.sign != "-" for line in before)
    return Hunk(
        old_start=old_next - (old_count == 0),
        old_count=old_count,
        new_start=new_next - (new_count == 0),
        new_count=new_count,
        section=hunk.section,
        lines=lines,
        old_ends_without_newline=hunk.old_ends_without_newline and start <= _last(hunk, "+") < end,
        new_ends_without_newline=hunk.new_ends_without_newline and start <= _last(hunk, "-") < end,
    )


def _last(hunk: Hunk, other: str) -> int:
    """Index of the last line that is not of the side with the sign `other`; -1: there is none."""
    return next((i for i in range(len(hunk.lines) - 1, -1, -1) if hunk.lines[i].sign != other), -1)
