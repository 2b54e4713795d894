"""Threads of fixed findings: one last line each, then resolved, once, whatever a run that was cut off has left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from reviewbot.core.threads import FIXED
from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected
from reviewbot.gitlab import records, threads
from reviewbot.gitlab.desk import Desk
from reviewbot.model.merge_request import Discussion, Note
from reviewbot.model.outcome import Resolution

REFUSED = "GitLab lets the bot resolve no threads: give its user the Developer role. Fixed findings were only told"


@dataclass(slots=True)
class Resolved:
    """`threads`: fingerprints of those that are resolved now."""

    threads: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def resolve(desk: Desk, resolutions: Sequence[Resolution]) -> Resolved:
    """Say and resolve. A thread is read first: what was said there already is not said again, one that somebody has
    resolved or deleted meanwhile is left at that, and one with an answer that came meanwhile stays open.
    """
    done = Resolved()
    for one in resolutions:
        try:
            found = _read(desk, one)
            if found.notes and not found.notes[0].resolved:
                _close(desk, one, found, done)
        except (ForgeNotFound, ForgeRejected):
            continue
        except ForgeRefused:
            if REFUSED not in done.warnings:
                done.warnings.append(REFUSED)
    return done


def _close(desk: Desk, one: Resolution, found: Discussion, done: Resolved) -> None:
    lost = desk.lost
    if not _told(desk, found):
        path = f"{_path(desk, one)}/notes"
        desk.write(
            lambda: bool(desk.client.post(path, {"body": one.body})),
            lambda: bool(_told(desk, _read(desk, one))) or None,
        )
    if desk.lost > lost:  # a write that was taken for lost may have come in late
        threads.remove(desk, [note.id for note in _told(desk, _read(desk, one))[1:]])
    answered = any(desk.marker(note.body) is None and not note.system for note in found.notes[1:])
    if one.resolve and not answered:
        desk.write(lambda: bool(desk.client.put(_path(desk, one), {"resolved": True})))
        done.threads.append(one.fingerprint)


def _read(desk: Desk, one: Resolution) -> Discussion:
    return records.discussion(desk.reads.object(_path(desk, one)))


def _told(desk: Desk, found: Discussion) -> list[Note]:
    """The replies that say that the finding is fixed."""
    marked = [(note, desk.marker(note.body)) for note in found.notes[1:]]
    return [note for note, marker in marked if marker is not None and (marker.kind, marker.extra) == ("reply", FIXED)]


def _path(desk: Desk, one: Resolution) -> str:
    return f"{desk.path}/discussions/{quote(one.discussion_id, safe='')}"
