"""What of ours already stands in a merge request's threads, recognised by its markers."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from reviewbot.errors import ForgeNotFound, ForgeRefused
from reviewbot.gitlab import snapshot
from reviewbot.gitlab.desk import Desk
from reviewbot.model.merge_request import Discussion, Note


@dataclass(frozen=True, slots=True)
class Standing:
    """`comments` maps fingerprints to note ids, `discussions` to ids of threads; `summaries` are oldest first.

    `doubles` are notes that stand twice because an answer was lost and came in late: those without a reply.
    """

    comments: dict[str, int]
    summaries: tuple[Note, ...]
    doubles: tuple[int, ...]
    discussions: dict[str, str]


def standing(desk: Desk) -> Standing:
    """Read all threads. Only a thread's first note counts: our words in a reply are somebody's citation."""
    return survey(desk, snapshot.threads(desk.reads, desk.ref))


def survey(desk: Desk, discussions: Sequence[Discussion]) -> Standing:
    mine = snapshot.me(desk.reads).id
    comments: dict[str, int] = {}
    found: dict[str, str] = {}
    summaries: list[Note] = []
    doubles: list[int] = []
    for discussion in discussions:
        first = discussion.notes[0] if discussion.notes else None
        marker = desk.marker(first.body) if first and not first.system else None
        if first is None or marker is None:
            continue
        if marker.kind == "summary":
            summaries.append(first)
        elif marker.kind == "finding" and marker.fingerprint not in comments:
            comments[marker.fingerprint] = first.id
            found[marker.fingerprint] = discussion.id
        elif marker.kind == "finding" and len(discussion.notes) == 1 and first.author.id == mine and not first.resolved:
            doubles.append(first.id)
    return Standing(comments, tuple(summaries), tuple(doubles), found)


def remove(desk: Desk, note_ids: Sequence[int]) -> None:
    """Delete notes of ours; one that is gone already, or may not be deleted, is left at that."""
    for note_id in note_ids:
        with suppress(ForgeNotFound, ForgeRefused):
            desk.write(partial(desk.client.delete, f"{desk.path}/notes/{note_id}"))
