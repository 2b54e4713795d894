"""The one summary note, edited in place: found by its marker, whichever run wrote it. And others of that kind."""

from collections.abc import Callable, Sequence

from reviewbot.core import phrases
from reviewbot.errors import ForgeNotFound, ForgeRefused
from reviewbot.gitlab import records, snapshot, threads
from reviewbot.gitlab.desk import Desk
from reviewbot.model.merge_request import Note
from reviewbot.model.outcome import Comment

_MARKER = "<!-- reviewbot:"


def with_unplaced(summary: str, comments: Sequence[Comment], language: str) -> str:
    """`summary` with the bodies of `comments` under a heading before its marker, which stays the last line."""
    if not comments:
        return summary
    text, marker, tail = summary.rpartition(_MARKER)
    if not marker:
        text, tail = summary, ""
    bodies = [f"#### {phrases.of(language)('summary.unplaced')}"]
    for comment in comments:
        position = comment.positions[0]
        number = next((n for n in reversed(position.line or ()) if n is not None), None)
        where = _code(position.new_path if number is None else f"{position.new_path}:{number}")
        bodies.append(f"{where}\n\n{_without_marker(comment.file_body or comment.body)}")
    return f"{text.rstrip()}\n\n" + "\n\n".join(bodies) + f"\n\n{marker}{tail}"


def _code(path: str) -> str:
    """A path as code: nothing in it is read as Markdown or as a quick action at the start of a line."""
    shown = " ".join(path.replace("`", "'").split())
    return f"**`{shown}`**"


def _without_marker(body: str) -> str:
    """Two markers in one note would contradict each other."""
    kept = [line for line in body.split("\n") if not line.startswith(_MARKER)]
    return "\n".join(kept).rstrip()


def summaries(desk: Desk) -> Sequence[Note]:
    """The summaries that stand there now, oldest first."""
    return threads.standing(desk).summaries


def write(desk: Desk, body: str, notes: Sequence[Note], look: Callable[[Desk], Sequence[Note]] = summaries) -> int:
    """Bring the summary to `body`: edit it, create it, or leave it; the note's id.

    `notes` are the summaries that stand there, oldest first, and `look` finds them anew. A second one, from an answer
    that came in late, is removed; one that another user wrote (the token has changed) is left alone when it may not be
    edited.
    """
    mine = snapshot.me(desk.reads).id
    candidates = sorted(notes, key=lambda note: (note.author.id != mine, note.id))
    doubles = [note.id for note in candidates[1:] if note.author.id == mine]
    threads.remove(desk, doubles)
    if not candidates:
        return _create(desk, body, look)
    note = candidates[0]
    if note.body.strip() == body.strip():
        return note.id
    try:
        desk.write(lambda: desk.client.put(f"{desk.path}/notes/{note.id}", {"body": body}))
    except (ForgeNotFound, ForgeRefused):
        return _create(desk, body, look)
    return note.id


def _create(desk: Desk, body: str, look: Callable[[Desk], Sequence[Note]]) -> int:
    mine = snapshot.me(desk.reads).id

    def arrived() -> int | None:
        return next((note.id for note in look(desk) if note.author.id == mine), None)

    def send() -> int:
        return records.number(desk.client.post(f"{desk.path}/notes", {"body": body}), "id")

    return desk.write(send, arrived)
