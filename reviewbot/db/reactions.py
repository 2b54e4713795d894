"""Emoji on notes, as they stand: the latest word of each person with each emoji (fills `ports.Reactions`)."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from reviewbot.core import awards
from reviewbot.core.awards import Standing
from reviewbot.db.engine import Database
from reviewbot.db.feedback_tables import reaction
from reviewbot.db.tables import clean
from reviewbot.model.event import Reaction
from reviewbot.model.feedback import Award
from reviewbot.model.merge_request import MergeRequestRef

_LONGEST = 100  # characters of an emoji's name
_FIELDS = ("awarded", "at", "award_id", "awarded_at", "withdrawn_at")
_Key = tuple[int, int, str]  # note, user, emoji


class ReactionTable:
    """Reads what webhook and sweep noted. Raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, ref: MergeRequestRef) -> Sequence[tuple[int, int, str]]:
        """(note id, user id, emoji) of those that were awarded and not taken back."""
        query = select(reaction.c.note_id, reaction.c.user_id, reaction.c.emoji).where(
            reaction.c.project_id == ref.project_id, reaction.c.iid == ref.iid, reaction.c.awarded
        )
        query = query.order_by(reaction.c.note_id, reaction.c.user_id, reaction.c.emoji)
        return self._database.read(lambda c: [(row[0], row[1], row[2]) for row in c.execute(query)])


def note(connection: Connection, event: Reaction, now: float) -> None:
    """Apply an event of the webhook: late, repeated and reordered ones change nothing (`core.awards`)."""
    key = (event.note_id, event.user_id, _name(event.emoji))
    before = _standings(connection, _is(key)).get(key)
    _put(connection, event.ref, key, before, awards.told(before, event, now))


def observe(
    connection: Connection, ref: MergeRequestRef, ours: Collection[int], seen: Sequence[Award], began: float
) -> None:
    """Apply what a look at our notes showed. Emoji on notes that are not ours are nobody's business: they go."""
    mine = and_(reaction.c.project_id == ref.project_id, reaction.c.iid == ref.iid)
    before = _standings(connection, mine)
    present = {(one.note_id, one.user_id, _name(one.emoji)) for one in seen if one.note_id in ours}
    for key in sorted(present | {key for key in before if key[0] in ours}):
        after = awards.seen(before.get(key), began, present=key in present)
        _put(connection, ref, key, before.get(key), after)
    strangers = {key[0] for key, standing in before.items() if key[0] not in ours and standing.at < began}
    if strangers:
        connection.execute(delete(reaction).where(mine, reaction.c.note_id.in_(strangers)))


def _name(emoji: str) -> str:
    return clean(emoji[:_LONGEST])


def _is(key: _Key) -> ColumnElement[bool]:
    return and_(reaction.c.note_id == key[0], reaction.c.user_id == key[1], reaction.c.emoji == key[2])


def _standings(connection: Connection, which: ColumnElement[bool]) -> dict[_Key, Standing]:
    rows = connection.execute(select(reaction).where(which).with_for_update()).mappings()
    return {
        (row["note_id"], row["user_id"], row["emoji"]): Standing(**{name: row[name] for name in _FIELDS})
        for row in rows
    }


def _put(
    connection: Connection, ref: MergeRequestRef, key: _Key, before: Standing | None, after: Standing | None
) -> None:
    if after is None or after == before:
        return
    values = {name: getattr(after, name) for name in _FIELDS}
    if before is not None:
        connection.execute(update(reaction).where(_is(key)).values(**values))
        return
    place = {"project_id": ref.project_id, "iid": ref.iid}
    own = dict(zip(("note_id", "user_id", "emoji"), key, strict=True))
    connection.execute(insert(reaction).values(**own, **place, **values))
