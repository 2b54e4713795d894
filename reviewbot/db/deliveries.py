"""What came in through the webhook and what was made of it, for people to see."""

from dataclasses import dataclass

from sqlalchemy import select

from reviewbot.db.engine import Database
from reviewbot.db.tables import inbox, job


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One delivery in a line; `received_at` in seconds since the epoch. `result` is a sentence, never empty."""

    received_at: float
    kind: str
    path: str
    iid: int | None
    result: str


class Deliveries:
    """Reads the inbox; used from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(self, limit: int = 100) -> list[DeliveryReport]:
        """The newest first."""
        columns = (inbox.c.received_at, inbox.c.kind, inbox.c.project_id, inbox.c.iid, inbox.c.job_id, inbox.c.note)
        query = select(*columns, job.c.path).outerjoin(job, job.c.id == inbox.c.job_id)
        query = query.order_by(inbox.c.id.desc()).limit(limit)
        rows = self._database.read(lambda c: c.execute(query).mappings().all())
        return [
            DeliveryReport(
                received_at=row["received_at"],
                kind=row["kind"],
                path=row["path"] or str(row["project_id"] or ""),
                iid=row["iid"],
                result=row["note"] or f"job {row['job_id']}",
            )
            for row in rows
        ]
