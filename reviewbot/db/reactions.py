"""Emoji on notes, as they stand: the latest word of each person with each emoji (fills `ports.Reactions`)."""

from collections.abc import Sequence

from sqlalchemy import select

from reviewbot.db.engine import Database
from reviewbot.db.tables import reaction
from reviewbot.model.merge_request import MergeRequestRef


class ReactionTable:
    """Reads what the webhook noted. Raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, ref: MergeRequestRef) -> Sequence[tuple[int, int, str]]:
        """(note id, user id, emoji) of those that were awarded and not taken back."""
        query = select(reaction.c.note_id, reaction.c.user_id, reaction.c.emoji).where(
            reaction.c.project_id == ref.project_id, reaction.c.iid == ref.iid, reaction.c.awarded
        )
        query = query.order_by(reaction.c.note_id, reaction.c.user_id, reaction.c.emoji)
        return self._database.read(lambda c: [(row[0], row[1], row[2]) for row in c.execute(query)])
