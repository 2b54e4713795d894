"""Emoji as they stand: events that come late, twice or not at all, and looks at GitLab -> one word of each person."""

import re
from dataclasses import dataclass, replace

from reviewbot.model.event import Reaction

_TONE = re.compile(r"_tone[1-6](?:-[1-6])?$|_(?:light|medium|dark|medium_light|medium_dark)_skin_tone$")
_UP, _DOWN = frozenset({"thumbsup", "+1"}), frozenset({"thumbsdown", "-1"})


def thumb(emoji: str) -> int:
    """1 for 👍, -1 for 👎, whatever the skin's tone; 0 for every other emoji."""
    name = _TONE.sub("", emoji.strip(":"))
    return 1 if name in _UP else -1 if name in _DOWN else 0


@dataclass(frozen=True, slots=True)
class Standing:
    """The word of a person with one emoji on one note. `award_id` None: no event has told it yet.

    `at` is when we learnt of the last change, the other times are when it was awarded and taken back, as far as known.
    """

    awarded: bool
    at: float
    award_id: int | None = None
    awarded_at: float | None = None
    withdrawn_at: float | None = None


def told(before: Standing | None, event: Reaction, now: float) -> Standing | None:
    """What stands after an event; None: nothing changes.

    GitLab numbers awards in order, and an award that was taken back never comes again under its number: an event of an
    older number, or an award that is known to be taken back, comes late. Without numbers the latest event counts,
    unless its award is older than the withdrawal that is known.
    """
    if before is None:
        return _new(event, now)
    if event.award_id is not None and before.award_id is not None:
        if event.award_id < before.award_id or (event.award_id == before.award_id and not before.awarded):
            return None
        if event.award_id > before.award_id:
            return _new(event, now)
        return None if event.awarded else _withdrawn(before, event, now)
    if before.awarded == event.awarded:
        known = event.award_id is not None or before.awarded_at is None
        return _identified(before, event) if known else None
    if not event.awarded:
        return _withdrawn(before, event, now)
    late = event.awarded_at is not None and before.withdrawn_at is not None and event.awarded_at <= before.withdrawn_at
    return _identified(before, event) if late else _new(event, now)


def seen(before: Standing | None, began: float, *, present: bool) -> Standing | None:
    """What stands after a look at GitLab that began at `began`; None: nothing changes.

    What an event told after that is newer than the look.
    """
    if before is not None and before.at >= began:
        return None
    if present:
        return None if before is not None and before.awarded else Standing(awarded=True, at=began, awarded_at=began)
    if before is None or not before.awarded:
        return None
    return replace(before, awarded=False, at=began, withdrawn_at=began)


def _new(event: Reaction, now: float) -> Standing:
    withdrawn_at = None if event.awarded else now
    awarded_at = event.awarded_at if event.awarded_at is not None or not event.awarded else now
    return Standing(event.awarded, now, event.award_id, awarded_at, withdrawn_at)


def _withdrawn(before: Standing, event: Reaction, now: float) -> Standing:
    return replace(_identified(before, event), awarded=False, at=now, withdrawn_at=now)


def _identified(before: Standing, event: Reaction) -> Standing:
    award_id = before.award_id if event.award_id is None else event.award_id
    return replace(before, award_id=award_id, awarded_at=event.awarded_at or before.awarded_at)
