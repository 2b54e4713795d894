"""Threads and facts -> what people made of each comment, and what came of it in the end."""

import re
from collections.abc import Mapping
from typing import Protocol

from reviewbot.core import threads
from reviewbot.core.bots import is_bot
from reviewbot.core.events import MARKER, Me
from reviewbot.core.moments import moment
from reviewbot.core.payloads import NoteEvent
from reviewbot.core.threads import Thread
from reviewbot.model.feedback import Ending, Heard, ReplyKind, Said
from reviewbot.model.merge_request import Discussion, MergeRequestRef

_LONGEST = 2_000  # characters of a reply that are looked at
_YES = re.compile(
    r"(?<!\w)(?:good catch|nice catch|good point|good find|well spotted|you're right|you are right|fixed|done|thanks"
    r"|thank you|agreed|will fix|danke|erledigt|behoben|stimmt|merci|corrigé|gracias|corregido|obrigad[oa]|grazie"
    r"|bedankt|dzięki|спасибо|исправлено)(?!\w)|ありがとう|修正しました|谢谢|已修复"  # words
)
_NOT = re.compile(r"(?<!\w)(?:not|no|never|isn't|don't|won't|nicht|kein|pas|non|não|niet|nie|не)(?!\w)")
_QUOTED = re.compile(r"(?m)^ {0,3}>.*$")


def kind_of(text: str) -> ReplyKind:
    """What a person's answer says. Conservative: what is not plain is "other"."""
    if threads.dismisses(text):
        return "no"
    plain = _QUOTED.sub(" ", text[:_LONGEST]).replace("\u2019", "'").casefold().strip()
    if plain.endswith(("?", "\uff1f")):
        return "question"
    return "yes" if _YES.search(plain) and not _NOT.search(plain) else "other"


def said(event: object, me: Me) -> Said | None:
    """A person's note in a thread, new or edited, that a webhook tells of; None for every other event.

    Raises pydantic's `ValidationError` for a note event that is none.
    """
    if not isinstance(event, Mapping) or event.get("object_kind") != "note":
        return None
    told = NoteEvent.model_validate(event)
    note, merge_request = told.object_attributes, told.merge_request
    project = told.project_id or told.project.id
    user = note.author_id or told.user.id
    if merge_request is None or note.noteable_type != "MergeRequest" or not note.discussion_id or note.type is None:
        return None
    if note.system or note.internal or MARKER in note.note:
        return None
    if user is None or user == me.id or is_bot(told.user.username):
        return None
    project = merge_request.target_project_id or project
    if project is None:
        return None
    ref = MergeRequestRef(project, merge_request.iid)
    return Said(ref, note.id, note.discussion_id, user, kind_of(note.note), note.created_at)


def heard(
    found: Mapping[str, Thread], discussions: tuple[Discussion, ...], ref: MergeRequestRef, mine: int
) -> tuple[Heard, ...]:
    """Each thread of ours as it stands. `mine` is the bot's own id, 0 when it is not known."""
    firsts = {one.id: one.notes[0] for one in discussions if one.notes}
    return tuple(
        Heard(
            fingerprint=fingerprint,
            note_id=thread.note_id,
            discussion_id=thread.discussion_id,
            posted_at=moment(firsts[thread.discussion_id].created_at),
            resolved_by=_resolver(thread, mine),
            replies=tuple(
                Said(ref, note.id, thread.discussion_id, note.author.id, kind_of(note.body), moment(note.created_at))
                for note in thread.replies
            ),
        )
        for fingerprint, thread in found.items()
    )


def _resolver(thread: Thread, mine: int) -> int | None:
    """The person who resolved a thread; None when nobody did, or the bot itself or another machine."""
    if not thread.resolved:
        return None
    by = thread.resolved_by
    if by is None:
        return 0
    return None if by.id == mine or by.bot or is_bot(by.username) else by.id


class Facts(Protocol):
    """What is known of the end of one comment, or of several that are alike; `PostedComment` has it."""

    @property
    def fate(self) -> str: ...
    @property
    def gone_at(self) -> float | None: ...
    @property
    def resolved_by(self) -> int | None: ...
    @property
    def state(self) -> str: ...
    @property
    def read_last(self) -> bool | None: ...


def ending(comment: Facts) -> Ending:
    """What a comment came to, from the plainest to what is left.

    A finding that was mended was worth its comment, even when somebody had said no before. After the end of a merge
    request nothing more is expected, so what nobody touched was ignored.
    """
    if comment.fate == "fixed":
        return "addressed"
    if comment.fate == "dismissed" or comment.gone_at is not None:
        return "dismissed"
    if comment.resolved_by is not None:
        return "resolved"
    if comment.fate == "outdated":
        return "outdated"
    if comment.state == "merged":
        return "ignored" if comment.read_last else "unknown"
    return {"closed": "abandoned", "gone": "unknown"}.get(comment.state, "open")  # type: ignore[return-value]
