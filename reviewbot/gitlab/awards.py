"""Emoji on notes: by GraphQL a hundred notes in one request, by REST one note in one request.

Source of the fields: GitLab's GraphQL reference (`Note.awardEmoji`, `AwardEmoji`) and "Emoji reactions API".
"""

from collections.abc import Collection, Iterator
from typing import Any

from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected
from reviewbot.gitlab import records
from reviewbot.gitlab.retrying import Reads
from reviewbot.gitlab.snapshot import base_path
from reviewbot.model.feedback import Award
from reviewbot.model.merge_request import MergeRequest, MergeRequestRef

MOST = 100  # notes that are asked about one by one, where GraphQL does not tell
_MOST_PAGES = 100
_QUERY = """query($project: ID!, $iid: String!, $after: String) {
  project(fullPath: $project) { mergeRequest(iid: $iid) {
    notes(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id
      awardEmoji(first: 100) { pageInfo { hasNextPage } nodes { name user { id } } } } } } } }"""


def awards(reads: Reads, merge_request: MergeRequest, note_ids: Collection[int]) -> tuple[Award, ...] | None:
    """All emoji on these notes, the bot's own left out. A note that is gone has none.

    None: they are too many to be looked at. A part would say of the others that their emoji were taken back.
    """
    mine = merge_request.me.id if merge_request.me else 0
    found = _by_graphql(reads, merge_request, note_ids)
    if found is None and len(note_ids) > MOST:
        return None
    if found is None:
        found = [one for note_id in sorted(note_ids) for one in _of_note(reads, merge_request.ref, note_id)]
    return tuple(one for one in found if one.user_id != mine)


def _by_graphql(reads: Reads, merge_request: MergeRequest, note_ids: Collection[int]) -> list[Award] | None:
    """None: this GitLab does not know the question, or the project under that path, or it has no end."""
    found: list[Award] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        place = {"project": merge_request.path, "iid": str(merge_request.ref.iid), "after": after}
        try:
            notes = _notes(reads.query(_QUERY, place))
        except (ForgeNotFound, ForgeRefused, ForgeRejected):
            return None
        if notes is None:
            return None
        for note_id, emoji in _nodes(notes):
            if note_id in note_ids:
                more = _more(emoji)
                found += _of_note(reads, merge_request.ref, note_id) if more else _listed(note_id, emoji)
        after = (notes.get("pageInfo") or {}).get("endCursor") if _more(notes) else None
        if not after:
            return found
    return None


def _notes(answer: Any) -> dict[str, Any] | None:
    """The connection with the notes; errors come with status 200."""
    data = answer.get("data") if isinstance(answer, dict) and not answer.get("errors") else None
    for name in ("project", "mergeRequest", "notes"):
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, dict) and isinstance(data.get("nodes"), list) else None


def _more(connection: dict[str, Any]) -> bool:
    return bool((connection.get("pageInfo") or {}).get("hasNextPage"))


def _nodes(notes: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    for node in notes["nodes"]:
        if isinstance(node, dict) and isinstance(node.get("awardEmoji"), dict):
            yield _number(node.get("id")), node["awardEmoji"]


def _listed(note_id: int, emoji: dict[str, Any]) -> list[Award]:
    nodes = [node for node in emoji.get("nodes") or () if isinstance(node, dict)]
    pairs = [(_number((node.get("user") or {}).get("id")), str(node.get("name") or "")) for node in nodes]
    return [Award(note_id, user_id, name) for user_id, name in pairs if user_id and name]


def _number(global_id: object) -> int:
    """Of "gid://gitlab/DiffNote/12"; 0 for anything else."""
    last = str(global_id).rpartition("/")[2]
    return int(last) if last.isascii() and last.isdecimal() and len(last) < 19 else 0


def _of_note(reads: Reads, ref: MergeRequestRef, note_id: int) -> list[Award]:
    try:
        rows = reads.all(f"{base_path(ref)}/notes/{note_id}/award_emoji")
    except ForgeNotFound:
        return []
    pairs = [(records.person(row.get("user")).id, str(row.get("name") or "")) for row in rows]
    return [Award(note_id, user_id, name) for user_id, name in pairs if user_id and name]
