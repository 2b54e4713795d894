"""The commands that say how the bot behaves in a merge request: `pause`, `ignore`, `resume`, `resolve`."""

from reviewbot.commanding.office import Office
from reviewbot.control import Control
from reviewbot.core import replying
from reviewbot.core.inlines import code
from reviewbot.model.event import CommandGiven, ReviewWanted
from reviewbot.model.memory import IGNORED
from reviewbot.model.merge_request import Discussion, MergeRequest

# What these come to hangs on their order: a later one waits for an earlier one that is to be tried again.
IN_ORDER = frozenset({"pause", "ignore", "resume"})


def pause(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    office.states.pause(mr.ref, f"{given.username} asked for it", given.username)
    return office.voice.words(mr)("command.paused", command=code(f"@{office.name} resume"))


def ignore(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    office.states.pause(mr.ref, IGNORED, given.username)
    return office.voice.words(mr)("command.ignored", command=code(f"@{office.name} review"))


def resume(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    office.states.resume(mr.ref)
    closed = office.states.close_gate(mr.ref, note_id=given.note_id)
    office.want(ReviewWanted(mr.ref, mr.refs.head_sha, "talk", path=mr.path, explicit=True))
    words = office.voice.words(mr)
    return " ".join((words("command.resumed"), *((words("command.closed"),) if closed else ())))


def resolve(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    threads = [one for one in mr.discussions if _open(one, mr, office.key)]
    for thread in threads:
        control.confirm()
        office.forge.resolve(mr.ref, thread.id)
    words = office.voice.words(mr)
    return words.many("resolved", len(threads)) if threads else words("command.none_open")


def _open(discussion: Discussion, mr: MergeRequest, key: bytes) -> bool:
    marker = replying.begun(discussion, key, mr.ref)
    first = discussion.notes[0] if discussion.notes else None
    is_finding = marker is not None and marker.kind == "finding"
    return is_finding and first is not None and first.resolvable and not first.resolved
