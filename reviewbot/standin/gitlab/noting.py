"""Notes, threads, drafts and reactions: how they come to be, are resolved and are published."""

from typing import Any

from reviewbot.standin.gitlab import merging, payloads, quick_actions
from reviewbot.standin.gitlab.positions import BadPosition, Place, canonical, find_line_code, place, trace
from reviewbot.standin.gitlab.state import Award, Discussion, Draft, Json, MergeRequest, Note, User
from reviewbot.standin.gitlab.times import discussion_id

LONGEST_BODY = 1_000_000  # characters


class Refused(Exception):
    """A note that GitLab does not save: status and JSON body of its answer."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


def refuse_note(reason: str) -> Refused:
    """The 400 of `POST …/notes` and `…/discussions`: a Ruby hash of errors in a string."""
    return Refused(400, {"message": f"400 Bad request - Note {{{reason}}}"})


class OnlyCommands(Exception):
    """The body held nothing but quick actions: no note is made (202)."""

    def __init__(self, summary: list[str]) -> None:
        super().__init__(", ".join(summary))
        self.summary = summary


def write(
    found: MergeRequest,
    author: User,
    body: str,
    *,
    thread: Discussion | None = None,
    position: Json | None = None,
    threaded: bool = True,
    internal: bool = False,
) -> tuple[Discussion, Note]:
    """Save a note, in `thread` or a new one (not `threaded`: an individual note). Raises `Refused`, `OnlyCommands`."""
    if len(body) > LONGEST_BODY:
        raise refuse_note(f':note=>["is too long (maximum is {LONGEST_BODY} characters)"]')
    placed = _placed(found, position) if position is not None and thread is None else None
    text, commands = quick_actions.split(body)
    if not text.strip() and not commands:
        raise refuse_note(':note=>["can\'t be blank"]')
    if commands:
        summary = quick_actions.execute(found, author, commands)
        if not text.strip():
            raise OnlyCommands(summary)
    return _save(found, author, text, thread, placed, threaded=threaded, internal=internal)


def _placed(found: MergeRequest, position: Json) -> Place:
    try:
        return place(found.project.repository, position, found.project.world.limits.patch_bytes)
    except BadPosition as error:
        raise refuse_note(str(error)) from error


def _save(
    found: MergeRequest,
    author: User,
    text: str,
    thread: Discussion | None,
    placed: Place | None,
    *,
    threaded: bool,
    internal: bool,
) -> tuple[Discussion, Note]:
    world = found.project.world
    now = world.now()
    note = Note(
        world.next_id("note"), author, text, "DiscussionNote" if threaded else None, now, now, internal=internal
    )
    if placed:
        note.type = "DiffNote"
        note.line_code = placed.line_code
        note.original_position = note.position = placed.position
        _catch_up(found, note)
    if thread is None:
        thread = Discussion(discussion_id(note.id), [note])
        found.discussions.append(thread)
    else:
        _join(thread, note)
    merging.touch(found)
    world.emit("note", payloads.note(found, thread, note, author, "create"))
    return thread, note


def _catch_up(found: MergeRequest, note: Note) -> None:
    """A note on an older version is moved to the current one, or kept as outdated."""
    refs = found.version.refs
    position = note.position
    if position is None or all(position[name] == sha for name, sha in refs.items()):
        return
    traced = trace(found.project.repository, position, refs, found.project.world.limits.patch_bytes)
    if traced.outdated:
        note.change_position = traced.position or {}
    elif traced.position is not None:
        note.position = traced.position


def _join(thread: Discussion, note: Note) -> None:
    first = thread.notes[0]
    if first.type is None:  # GitLab turns the individual note into a thread
        first.type = "DiscussionNote"
    note.type = first.type
    note.position, note.original_position, note.line_code = first.position, first.original_position, first.line_code
    note.change_position = first.change_position
    if thread.resolved:
        note.resolved_by, note.resolved_at = first.resolved_by, first.resolved_at
    thread.notes.append(note)


def resolve(found: MergeRequest, thread: Discussion, user: User, *, resolved: bool) -> None:
    """Resolve or reopen a thread. Only the last unresolved one leaves a system note and a webhook."""
    world = found.project.world
    before = all(one.resolved for one in found.discussions if one.resolvable)
    now = world.now()
    for note in thread.notes:
        if note.resolvable and resolved != (note.resolved_at is not None):
            note.resolved_by, note.resolved_at = (user, now) if resolved else (None, None)
    merging.touch(found)
    after = all(one.resolved for one in found.discussions if one.resolvable)
    if before == after:
        return
    if after:
        merging.system_note(found, user, "resolved all threads")
    changes = {"blocking_discussions_resolved": {"previous": before, "current": after}}
    world.emit("merge_request", payloads.merge_request(found, user, "update", changes))


def change(found: MergeRequest, thread: Discussion, note: Note, user: User, body: str) -> None:
    text, commands = quick_actions.split(body)
    quick_actions.execute(found, user, commands)
    note.body = text
    note.updated_at = found.project.world.now()
    merging.touch(found)
    found.project.world.emit("note", payloads.note(found, thread, note, user, "update"))


def delete(found: MergeRequest, thread: Discussion, note: Note) -> None:
    thread.notes.remove(note)
    if not thread.notes:
        found.discussions.remove(thread)
    merging.touch(found)


def react(found: MergeRequest, thread: Discussion, note: Note, user: User, name: str) -> Award:
    world = found.project.world
    if any(award.user is user and award.name == name for award in note.awards):
        raise Refused(404, {"message": "404 Award Emoji Name has already been taken Not Found"})
    award = Award(world.next_id("award"), name, user, world.now())
    note.awards.append(award)
    world.emit("emoji", payloads.emoji(found, thread, note, award, "award"))
    return award


def unreact(found: MergeRequest, thread: Discussion, note: Note, award: Award) -> None:
    note.awards.remove(award)
    found.project.world.emit("emoji", payloads.emoji(found, thread, note, award, "revoke"))


def new_draft(found: MergeRequest, author: User, values: Json) -> Draft:
    """Save a draft. Its position is not checked: that happens when it is published."""
    world = found.project.world
    raw: Any = values.get("position")
    position = canonical(raw) if isinstance(raw, dict) and raw else None
    thread = values.get("in_reply_to_discussion_id")
    if thread and found.discussion(str(thread)) is None:
        raise Refused(400, {"message": {"base": ["Thread to reply to cannot be found"]}})
    draft = Draft(
        world.next_id("draft"),
        author,
        str(values["note"]),
        position,
        discussion_id=thread,
        resolve_discussion=bool(values.get("resolve_discussion")),
        commit_id=values.get("commit_id"),
    )
    if position and position["position_type"] == "text" and position["new_path"]:
        draft.line_code = find_line_code(found.project.repository, position, world.limits.patch_bytes)
    found.drafts.append(draft)
    return draft


def publish(found: MergeRequest, user: User, drafts: list[Draft]) -> None:
    """Turn drafts into notes, in order. A bad one raises `Refused`: notes before it stay, and so do all the drafts."""
    for draft in drafts:
        thread = found.discussion(draft.discussion_id) if draft.discussion_id else None
        try:
            saved, _ = write(found, user, draft.note, thread=thread, position=draft.position)
        except OnlyCommands:
            continue
        if thread is not None and saved.resolvable and saved.resolved != draft.resolve_discussion:
            resolve(found, saved, user, resolved=draft.resolve_discussion)
    for draft in drafts:
        found.drafts.remove(draft)
    for reviewer in found.reviewers:
        if reviewer.user is user:
            reviewer.state = "reviewed"
    found.project.world.emails += bool(drafts)
