"""A webhook's payload -> what it means for us: a wanted review, a command, an end, a reaction, or nothing and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from reviewbot.core import commands, invitations, labels, mentions, welcome
from reviewbot.core.bots import is_bot
from reviewbot.core.payloads import (
    Change,
    EmojiEvent,
    MergeRequestEvent,
    NoteAttributes,
    NoteEvent,
    User,
)
from reviewbot.errors import UsageError
from reviewbot.model.event import (
    Closed,
    CommandGiven,
    Event,
    Ignored,
    Reaction,
    ReviewWanted,
    Trigger,
    Undecided,
)
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.policy import ReviewPolicy

_DRAFT_TITLE = re.compile(r"^\s*(\[?draft\]?|\(draft\)|\[?wip\]?)\s*:?\s", re.IGNORECASE)
MARKER = "<!-- reviewbot:"
_ONCE = frozenset({commands.QUESTION, commands.UNKNOWN})
_MOST_COMMANDS = 5  # that are heard of one comment


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own user. Commands are heard under `username` and under "reviewbot".

    `id` None: GitLab has not told yet. What hangs on it is `Undecided` then.
    """

    id: int | None = None
    username: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name.lower() for name in (self.username, "reviewbot") if name))


def classify(payload: object, me: Me, policy: ReviewPolicy) -> Event:
    """What the event asks for. Raises `UsageError` for a body that is no GitLab event (answered 400).

    System hooks send "System Hook" as the event's header for everything, so only the body decides.
    """
    if not isinstance(payload, Mapping):
        raise UsageError("The body is not a GitLab event: a JSON object was expected")
    kind = payload.get("object_kind") or payload.get("event_name") or payload.get("event_type")
    if not isinstance(kind, str):
        raise UsageError("The body is not a GitLab event: it names no object_kind")
    try:
        if kind == "merge_request":
            return _merge_request(MergeRequestEvent.model_validate(payload), me, policy)
        if kind == "note":
            return _note(NoteEvent.model_validate(payload), me)
        if kind == "emoji":
            return _emoji(EmojiEvent.model_validate(payload))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"The {kind} event is malformed at {where}: {first['msg']}") from error
    return Ignored(f"{kind[:40]} events start nothing")


def _merge_request(event: MergeRequestEvent, me: Me, policy: ReviewPolicy) -> Event:
    attributes = event.object_attributes
    project = attributes.target_project_id or event.project.id
    if project is None:
        raise UsageError("The merge_request event names no target project")
    ref = MergeRequestRef(project, attributes.iid)
    if attributes.action in {"merge", "close"}:
        return Closed(ref, "merged" if attributes.action == "merge" else "closed")
    if me.id is None and invitations.hangs_on_the_bot(event):
        return Undecided(ref)
    trigger = _trigger(event, me)
    if isinstance(trigger, Ignored):
        return trigger
    explicit = trigger in {"reviewer", "label"}
    titles = [label.title for label in (event.labels or attributes.labels)]
    author = event.user.username if event.user.id == attributes.author_id else ""
    theirs = trigger == "pushed" and event.user.id != me.id  # what somebody else pushes to a proposal
    own = me.id is not None and attributes.author_id == me.id and not theirs
    if ignored := welcome.unwelcome(attributes, author, titles, policy, asked=explicit, own=own):
        return replace(ignored, pushed=ref) if trigger in {"pushed", "target"} else ignored
    if trigger == "label":
        return labels.labelled(event, ref, author, policy)
    return ReviewWanted(
        ref=ref,
        head_sha=attributes.last_commit.id,
        trigger=trigger,
        path=event.project.path_with_namespace,
        title=attributes.title,
        author=author,
        explicit=explicit,
        draft_into=attributes.target_branch if attributes.is_draft and not (explicit or policy.review_drafts) else None,
    )


def _trigger(event: MergeRequestEvent, me: Me) -> Trigger | Ignored:
    attributes, changes = event.object_attributes, event.changes
    if attributes.action == "open":
        return "reviewer" if invitations.invited(changes, me.id) else "opened"
    if attributes.action == "reopen":
        return "reopened"
    if attributes.action != "update":
        return Ignored(f"The action {attributes.action[:40] or 'of the event'} starts nothing")
    if attributes.oldrev:  # set only when commits came (GitLab docs, "Merge request events")
        return "pushed"
    return _metadata_trigger(event, me)


def _metadata_trigger(event: MergeRequestEvent, me: Me) -> Trigger | Ignored:
    """An update without commits: only `changes` tells what happened, and it may be empty."""
    changes = event.changes
    if invitations.invited(changes, me.id):
        return "reviewer"
    if "target_branch" in changes:  # before what a head that was reviewed answers: it is another change now
        return "target"
    if _made_ready(changes):
        return "ready"
    if labels.added(changes.get("labels")):
        own = me.id is not None and event.user.id == me.id
        return Ignored("The labels are the bot's own") if own else "label"
    return Ignored("The update brought nothing to review")


def _made_ready(changes: Mapping[str, Change]) -> bool:
    for name in ("draft", "work_in_progress"):
        if (change := changes.get(name)) and change.previous is True and change.current is False:
            return True
    title = changes.get("title")  # older versions tell it by the title alone
    if title is None or not isinstance(title.previous, str) or not isinstance(title.current, str):
        return False
    return bool(_DRAFT_TITLE.match(title.previous)) and not _DRAFT_TITLE.match(title.current)


def _note(event: NoteEvent, me: Me) -> Event:
    note, merge_request = event.object_attributes, event.merge_request
    if note.noteable_type != "MergeRequest" or merge_request is None:
        return Ignored("The note is not on a merge request")
    if reason := _nobodys(note, event.user, me):
        return Ignored(reason)
    project = merge_request.target_project_id or event.project_id or event.project.id
    user = event.user.id or note.author_id
    if project is None or user is None:
        raise UsageError("The note event names no project or no user")
    if merge_request.state in {"closed", "merged", "locked"}:
        return Ignored(f"The merge request is {merge_request.state}")
    if me.id is None:
        return Undecided(MergeRequestRef(project, merge_request.iid))
    spoken = _spoken(note, me)
    if isinstance(spoken, Ignored):
        return spoken
    (command, arguments), *more = spoken
    return CommandGiven(
        ref=MergeRequestRef(project, merge_request.iid),
        command=command,
        arguments=arguments,
        user_id=user,
        username=event.user.username,
        note_id=note.id,
        discussion_id=note.discussion_id or "",
        head_sha=merge_request.last_commit.id,
        path=event.project.path_with_namespace,
        more=tuple(more),
    )


def _nobodys(note: NoteAttributes, author: User, me: Me) -> str:
    """Why a note is no new word of a person, or must not be answered; empty when it is one."""
    if note.author_id is not None and note.author_id == me.id:
        return "The note is the bot's own"
    if MARKER in note.note:
        return "The note carries the bot's marker"
    if note.system or note.action not in {"", "create"}:
        return "Only new comments of people are heard"
    if is_bot(author.username):
        return "The note is another bot's"
    return "The note is internal, and an answer to it would not be" if note.internal else ""


def _spoken(note: NoteAttributes, me: Me) -> list[tuple[str, str]] | Ignored:
    """The commands and their arguments. Whether they may be given, and whose thread it is in, is found out by the job:
    that takes a request to GitLab, and the webhook is answered at once.
    """
    said = mentions.heard(note.note, me.names)
    if said:
        heard: dict[object, tuple[str, str]] = {}
        for one in said:
            command, words = commands.parse(one.words) if one.leading else (commands.QUESTION, "")
            # A question is asked with the whole note, and one help is enough.
            heard.setdefault(command if command in _ONCE else (command, words), (command, words))
        return list(heard.values())[:_MOST_COMMANDS]
    if note.type is None:
        return Ignored("The note does not speak to the bot")  # and stands in no thread
    if mentions.speaks_to_somebody(note.note):
        return Ignored("The note speaks to somebody else")
    return [(commands.REPLY, "")]


def _emoji(event: EmojiEvent) -> Event:
    award, merge_request = event.object_attributes, event.merge_request
    if merge_request is None or award.awardable_type != "Note" or award.awardable_id is None or award.user_id is None:
        return Ignored("The emoji is not on a comment of a merge request")
    project = merge_request.target_project_id or event.project_id
    if project is None:
        raise UsageError("The emoji event names no project")
    return Reaction(
        ref=MergeRequestRef(project, merge_request.iid),
        note_id=award.awardable_id,
        user_id=award.user_id,
        emoji=award.name[:64],
        awarded=event.event_type == "award",
        award_id=award.id,
        awarded_at=award.created_at,
    )
