"""What the bot has answered in a merge request, told by its markers, and the words of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reviewbot.core import markers
from reviewbot.core.bots import is_bot
from reviewbot.core.markers import Marker
from reviewbot.model.event import CommandGiven
from reviewbot.model.merge_request import Discussion, MergeRequest, MergeRequestRef, Note

LONGEST = 20_000  # characters of an answer
_ASKED = frozenset({"answer", "conceded", "failed"})
_THREADS = 10  # as many answers as in so many threads are given on one merge request in all


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that stands: what it answers (`CommandGiven.address`), what it is (`help` …), and in which thread."""

    address: str
    what: str
    discussion_id: str


def answered(mr: MergeRequest, key: bytes) -> tuple[Answered, ...]:
    """One for each answered note: a copy of our marker in somebody's note does not count a second time."""
    found: dict[str, Answered] = {}
    for discussion in mr.discussions:
        for note in discussion.notes:
            marker = markers.read(note.body, key, mr.ref)
            if marker is not None and marker.kind == "reply":
                found.setdefault(marker.fingerprint, Answered(marker.fingerprint, marker.extra, discussion.id))
    return tuple(found.values())


def body(text: str, address: str, what: str, *, run: str, key: bytes, ref: MergeRequestRef) -> str:
    """An answer with its marker; `what` is kept in it."""
    return f"{_clipped(text)}\n\n{markers.make(Marker('reply', address, run, what), key, ref)}"


def _clipped(text: str) -> str:
    """A text that is not too long. A block of code is closed where it is cut: the marker must not stand in it."""
    if len(text) <= LONGEST:
        return text
    head, _, _ = text[:LONGEST].rpartition("\n")
    fence = ""
    for line in head.split("\n"):
        ticks = len(line) - len(line.lstrip("`"))
        if not fence and ticks >= 3:  # as `core.sanitising` writes them: at the margin, of backticks
            fence = "`" * ticks
        elif fence and line == fence:
            fence = ""
    return "\n".join(filter(None, (head or text[:LONGEST], fence))) + "\n\n…"


def place(mr: MergeRequest, note_id: int) -> tuple[Discussion, Note] | None:
    """The note with its thread; None when it is gone."""
    for discussion in mr.discussions:
        for note in discussion.notes:
            if note.id == note_id:
                return discussion, note
    return None


def unanswered(
    mr: MergeRequest, asked: CommandGiven, given: Sequence[Answered], key: bytes
) -> tuple[Discussion, Note] | None:
    """The note with its thread when it waits for an answer: it is there, a person's, and none of `given` answers it."""
    found = place(mr, asked.note_id)
    if found is None or any(one.address == asked.address for one in given) or by_machine(found[1], mr, key):
        return None
    return found


def begun(discussion: Discussion, key: bytes, ref: MergeRequestRef) -> Marker | None:
    """The marker of the thread's first note: the thread is ours when there is one."""
    first = discussion.notes[0] if discussion.notes else None
    return markers.read(first.body, key, ref) if first is not None and not first.system else None


def by_machine(note: Note, mr: MergeRequest, key: bytes) -> bool:
    """Whether a note is nobody's: ours by author or marker, another bot's, or GitLab's own."""
    mine = mr.me is not None and note.author.id == mr.me.id
    machine = note.author.bot or is_bot(note.author.username)
    return mine or machine or note.system or markers.read(note.body, key, mr.ref) is not None


def cap(given: Sequence[Answered], discussion: Discussion, most: int) -> Literal["", "cap", "cap-all"]:
    """Whether the thread ("cap"), or the whole merge request ("cap-all"), has had its answers.

    Those that a model was asked for count: a command, or a model that is out, does not silence the conversation.
    """
    asked = [one for one in given if one.what in _ASKED]
    if sum(one.discussion_id == discussion.id for one in asked) >= most:
        return "cap"
    return "cap-all" if len(asked) >= most * _THREADS else ""


def told(given: Sequence[Answered], what: str, discussion_id: str = "") -> bool:
    """Whether that was said before, in this thread or (no thread named) anywhere in the merge request."""
    return any(one.what == what and discussion_id in {"", one.discussion_id} for one in given)


def just_told(given: Sequence[Answered], what: str, discussion_id: str) -> bool:
    """Whether that was the last that was said in this thread."""
    return next((one.what for one in reversed(given) if one.discussion_id == discussion_id), "") == what
