"""What kinds of answers people gave in our threads; their words are not kept."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, delete, insert, or_, select, tuple_, update

from reviewbot.db.feedback_tables import comment, reply
from reviewbot.db.standing import Row
from reviewbot.model.feedback import Said
from reviewbot.model.merge_request import MergeRequestRef


def note(connection: Connection, said: Sequence[Said], now: float) -> None:
    """Keep answers that the webhook tells of, as far as they may stand in a thread of ours.

    A thread that nobody has looked at since it began is not known yet: an answer in it waits for the next look.
    """
    if not said:
        return
    places = {(one.ref.project_id, one.ref.iid) for one in said}
    query = select(comment.c.project_id, comment.c.iid, comment.c.discussion_id)
    query = query.where(tuple_(comment.c.project_id, comment.c.iid).in_(places))
    ours = {tuple(row) for row in connection.execute(query)}
    for one in said:
        place = (one.ref.project_id, one.ref.iid)
        if ours & {(*place, one.discussion_id), (*place, "")}:
            _put(connection, one, now)


def observe(
    connection: Connection, ref: MergeRequestRef, said: Sequence[Said], ours: Collection[str], began: float
) -> None:
    """Apply what a look at the threads showed: answers that are gone are marked, those of other threads forgotten."""
    mine = and_(reply.c.project_id == ref.project_id, reply.c.iid == ref.iid, reply.c.seen_at < began)
    connection.execute(delete(reply).where(mine, reply.c.discussion_id.not_in(ours)))
    there = {one.note_id for one in said}
    gone = update(reply).where(mine, reply.c.note_id.not_in(there), reply.c.gone_at.is_(None))
    connection.execute(gone.values(gone_at=began, seen_at=began))
    for one in said:
        _put(connection, one, began)


def _put(connection: Connection, one: Said, now: float) -> None:
    query = select(reply).where(reply.c.note_id == one.note_id).with_for_update()
    before = connection.execute(query).mappings().first()
    if before is None:
        values: Row = {
            "project_id": one.ref.project_id,
            "iid": one.ref.iid,
            "user_id": one.user_id,
            "at": one.at or now,
        }
        changes: Row = {"note_id": one.note_id, "discussion_id": one.discussion_id, "kind": one.kind, "seen_at": now}
        connection.execute(insert(reply).values(**values, **changes))
    elif (before["kind"], before["gone_at"]) != (one.kind, None) and before["seen_at"] <= now:
        changed = or_(reply.c.kind != one.kind, reply.c.gone_at.is_not(None))
        mine = and_(reply.c.note_id == one.note_id, changed)
        connection.execute(update(reply).where(mine).values(kind=one.kind, gone_at=None, seen_at=now))
