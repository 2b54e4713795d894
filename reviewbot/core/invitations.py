"""Whether an event asks the bot for a review: as reviewer of the merge request, and whether that can be told yet."""

from collections.abc import Mapping

from reviewbot.core import labels
from reviewbot.core.payloads import Change, MergeRequestEvent, User

_NAMES, _IDS = "reviewers", "reviewer_ids"


def hangs_on_the_bot(event: MergeRequestEvent) -> bool:
    """Whether it must be known who the bot is: somebody was asked for a review, or somebody added a label."""
    attributes, changes = event.object_attributes, event.changes
    if attributes.oldrev or attributes.action not in {"open", "update"}:
        return False
    asked = any((change := changes.get(name)) and change.current for name in (_NAMES, _IDS))
    return asked or (attributes.action == "update" and bool(labels.added(changes.get("labels"))))


def invited(changes: Mapping[str, Change], me: int | None) -> bool:
    """Whether the user with the id `me` was made reviewer, or was asked once more."""
    return me is not None and (_by_user(changes.get(_NAMES), me) or _by_id(changes.get(_IDS), me))


def _by_user(change: Change | None, me: int) -> bool:
    if change is None:
        return False
    before, after = _users(change.previous), _users(change.current)
    mine = next((user for user in after if user.id == me), None)
    return mine is not None and (mine.re_requested or all(user.id != me for user in before))


def _users(value: object) -> list[User]:
    if not isinstance(value, list):
        return []
    return [User.model_validate(entry) for entry in value if isinstance(entry, dict)]


def _by_id(change: Change | None, me: int) -> bool:
    if change is None:
        return False
    before, after = (value if isinstance(value, list) else [] for value in (change.previous, change.current))
    return me in after and me not in before
