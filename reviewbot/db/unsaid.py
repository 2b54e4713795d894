"""What rules would have said: findings of drafts, and those that a project holds back. Kept for rule health."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from reviewbot.db.feedback_tables import unsaid as table
from reviewbot.model.finding import Dropped
from reviewbot.model.merge_request import MergeRequestRef

STAGES = ("shadow", "held_back")
_MOST = 500  # of one merge request: a draft that hits everything tells its owner so with these


def record(connection: Connection, ref: MergeRequestRef, dropped: Sequence[Dropped], now: float) -> None:
    """Keep what a run left unsaid of rules, each finding of a merge request once, however many runs see it."""
    found = {
        (one.stage, one.fingerprint): one
        for one in dropped
        if one.stage in STAGES and one.rule is not None and one.fingerprint
    }
    if not found:
        return
    mine = select(table.c.stage, table.c.fingerprint).where(
        table.c.project_id == ref.project_id, table.c.iid == ref.iid
    )
    known = {(row[0], row[1]) for row in connection.execute(mine)}
    rows = [
        {
            "project_id": ref.project_id,
            "iid": ref.iid,
            "stage": one.stage,
            "fingerprint": one.fingerprint,
            "rule": one.rule,
            "file": one.path,
            "title": one.title,
            "at": now,
        }
        for key, one in found.items()
        if key not in known
    ]
    if rows := rows[: max(0, _MOST - len(known))]:
        connection.execute(insert(table), rows)
