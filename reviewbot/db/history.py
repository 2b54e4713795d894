"""What was reviewed last on each merge request (fills `reviewbot.ports.History`)."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, insert, select, update

from reviewbot.db.engine import Database
from reviewbot.db.records import pack, unpack
from reviewbot.db.tables import reviewed
from reviewbot.model.merge_request import MergeRequestRef, OpenHead
from reviewbot.model.outcome import ReviewedVersion


class ReviewHistory:
    """One version per merge request: the last that was reviewed to its end."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def last_reviewed(self, ref: MergeRequestRef) -> ReviewedVersion | None:
        query = select(reviewed.c.record).where(reviewed.c.project_id == ref.project_id, reviewed.c.iid == ref.iid)
        data = self._database.read(lambda c: c.execute(query).scalar())
        return None if data is None else unpack(ReviewedVersion, data)

    def retargeted(self, heads: Sequence[OpenHead]) -> list[OpenHead]:
        """Those of the open merge requests whose reviewed version was to go into another branch."""
        query = select(reviewed.c.project_id, reviewed.c.iid, reviewed.c.head_sha, reviewed.c.target)
        rows = self._database.read(lambda c: c.execute(query.where(reviewed.c.target != "")).all())
        known = {MergeRequestRef(row.project_id, row.iid): (row.head_sha, row.target) for row in rows}
        seen = [(one, *known[one.ref]) for one in heads if one.ref in known and one.target_branch]
        return [one for one, sha, target in seen if sha == one.head_sha and target != one.target_branch]

    def remember(self, ref: MergeRequestRef, version: ReviewedVersion) -> None:
        values = {
            "head_sha": version.head_sha,
            "target": version.target_branch,
            "record": pack(version),
            "at": self._clock(),
        }
        mine = (reviewed.c.project_id == ref.project_id, reviewed.c.iid == ref.iid)

        def work(connection: Connection) -> None:
            if not connection.execute(update(reviewed).where(*mine).values(**values)).rowcount:
                connection.execute(insert(reviewed).values(project_id=ref.project_id, iid=ref.iid, **values))

        self._database.write(work)
