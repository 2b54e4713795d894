"""The bot's draft notes: invisible until published, checked by GitLab only then (docs: Draft Notes API)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewbot.core import placing
from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected
from reviewbot.gitlab import records
from reviewbot.gitlab.desk import Desk
from reviewbot.model.outcome import Comment, Position

Json = dict[str, Any]
_COMPARED = ("base_sha", "start_sha", "head_sha", "position_type", "old_path", "new_path", "old_line", "new_line")


@dataclass(frozen=True, slots=True)
class Draft:
    """`position`: the index of the comment's position that it stands at."""

    id: int
    comment: Comment
    position: int


class DraftsUnavailable(Exception):
    """This GitLab, or this token, does not do draft notes."""


def listed(desk: Desk) -> list[Json] | None:
    """All drafts of the token's user; None when draft notes are not to be had."""
    try:
        return desk.reads.all(f"{desk.path}/draft_notes")
    except (ForgeNotFound, ForgeRefused, ForgeRejected):
        return None


def tidy(desk: Desk, rows: Sequence[Json], wanted: Mapping[str, Comment]) -> dict[str, Draft]:
    """Keep the drafts that are exactly comments of the plan, by fingerprint; remove all others.

    Others are drafts for an older head, second copies, and strangers, which a bulk publish would publish too: when
    nothing is to be published, strangers stay (the token may be a person's own).
    """
    kept: dict[str, Draft] = {}
    for row in rows:
        draft = _matching(desk, row, wanted)
        if draft is not None and draft.comment.fingerprint not in kept:
            kept[draft.comment.fingerprint] = draft
        elif wanted or desk.marker(str(row.get("note") or "")) is not None:
            delete(desk, records.own_id(row))
    return kept


def _matching(desk: Desk, row: Json, wanted: Mapping[str, Comment]) -> Draft | None:
    body = str(row.get("note") or "")
    marker = desk.marker(body)
    comment = wanted.get(marker.fingerprint) if marker and marker.kind == "finding" else None
    if comment is None or row.get("discussion_id"):
        return None
    for index, position in enumerate(comment.positions):
        if _same(row.get("position"), position) and comment.body_at(position).strip() == body.strip():
            return Draft(records.own_id(row), comment, index)
    return None


def _same(json: object, position: Position) -> bool:
    if not isinstance(json, dict):
        return False
    sent = placing.payload(position)
    several = bool(json.get("line_range")) == ("line_range" in sent)
    return several and all(json.get(name) == sent.get(name) for name in _COMPARED)


def delete(desk: Desk, draft_id: int) -> bool:
    """False when it was not there any more."""
    try:
        desk.write(lambda: desk.client.delete(f"{desk.path}/draft_notes/{draft_id}"))
    except ForgeNotFound:
        return False
    return True


def post(desk: Desk, comment: Comment) -> Draft | None:
    """Add the draft at the first position whose form GitLab accepts; None when it accepts none.

    Raises `DraftsUnavailable` when the token may read drafts, and not write them.
    """
    for index, position in enumerate(comment.positions):
        data = {"note": comment.body_at(position), "position": placing.payload(position)}
        try:
            row = desk.write(
                lambda: desk.client.post(f"{desk.path}/draft_notes", data),  # noqa: B023 - called within this turn
                lambda: _arrived(desk, comment),
            )
        except ForgeRejected:
            continue
        except (ForgeNotFound, ForgeRefused) as error:
            raise DraftsUnavailable from error
        return Draft(records.own_id(row), comment, index)
    return None


def _arrived(desk: Desk, comment: Comment) -> Json | None:
    return next((row for row in listed(desk) or () if _matching(desk, row, {comment.fingerprint: comment})), None)


def publish_all(desk: Desk) -> None:
    """Publish the whole batch, in one e-mail. A failure may leave notes and drafts behind."""
    desk.write_once(lambda: desk.client.post(f"{desk.path}/draft_notes/bulk_publish"))


def publish(desk: Desk, draft_id: int) -> None:
    desk.write_once(lambda: desk.client.put(f"{desk.path}/draft_notes/{draft_id}/publish"))
