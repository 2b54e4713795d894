"""A note with a position, and the real text of the line it stands on: what tests and the demo look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from reviewbot.standin.gitlab.state import Discussion, MergeRequest, Note


@dataclass(frozen=True)
class Comment:
    """A note with a position. `text` is the real text of the line it stands on, None for a whole file.

    `first_text` is that of the first line of a multi-line comment (equal to `text` otherwise).
    """

    path: str
    old_line: int | None
    new_line: int | None
    text: str | None
    first_text: str | None
    body: str
    author: str
    resolved: bool
    outdated: bool
    discussion_id: str
    note_id: int


def comment(found: MergeRequest, thread: Discussion, note: Note) -> Comment:
    position = note.position or {}
    line_range = position.get("line_range") or {}
    last = (position["old_line"], position["new_line"])
    start = line_range.get("start")
    first = (start.get("old_line"), start.get("new_line")) if start else last
    return Comment(
        position["new_path"],
        *last,
        _text(found, position, *last),
        _text(found, position, *first),
        note.body,
        note.author.username,
        thread.resolved,
        note.outdated,
        thread.id,
        note.id,
    )


def _text(found: MergeRequest, position: Mapping[str, object], old: int | None, new: int | None) -> str | None:
    side = ("head_sha", "new_path", new) if new else ("base_sha", "old_path", old)
    number = side[2]
    if not number:
        return None
    data = found.project.repository.read(str(position[side[0]]), str(position[side[1]])) or b""
    lines = data.decode("utf-8", "replace").split("\n")
    return lines[number - 1] if number <= len(lines) else None
