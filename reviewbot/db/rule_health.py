"""What rule health is made of, read with three queries whatever the number of rules and comments."""

from typing import Any

from sqlalchemy import Connection, Select, and_, case, exists, func, or_, select

from reviewbot.db.engine import Database
from reviewbot.db.feedback_tables import comment, held_kind, reaction, reply, unsaid, watch
from reviewbot.db.tables import job
from reviewbot.model.rule_health import HealthFacts, Tally, Unsaid

# As `core.awards.thumb` has them: what follows these names is a skin's tone.
_UP, _DOWN = ("thumbsup", "+1"), ("thumbsdown", "-1")
_MOST_ROWS = 200_000  # groups of comments: far beyond what rules and reviewers there are


class HealthTable:
    """Every method is one short transaction. Raises `StoreUnavailable`. Times are seconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def facts(self, since: float, until: float, project_id: int | None = None) -> HealthFacts:
        """Of the comments posted from `since` to `until`, and as long before, in one project or all."""
        start = since - (until - since)

        def work(connection: Connection) -> HealthFacts:
            return HealthFacts(
                tuple(_tally(row) for row in connection.execute(_tallies(start, since, until, project_id)).mappings()),
                tuple(
                    Unsaid(row["rule"], row["stage"], int(row["found"]), row["places"])
                    for row in connection.execute(_unsaid(since, until, project_id)).mappings()
                ),
                tuple((row[0], row[1]) for row in connection.execute(_kinds(project_id))),
            )

        return self._database.read(work)

    def project(self, path: str) -> int | None:
        """The number of a project by its full path, as its newest job knew it; None: no job of it is kept."""
        query = select(job.c.project_id).where(job.c.path == path).order_by(job.c.id.desc()).limit(1)
        return self._database.read(lambda c: c.execute(query).scalar())


def _tallies(start: float, since: float, until: float, project_id: int | None) -> Select[Any]:
    """Comments with their facts, grouped by all of them: few rows, however many comments there are."""
    where = [comment.c.at >= start, comment.c.at < until]
    if project_id is not None:
        where.append(comment.c.project_id == project_id)
    one = (
        select(
            comment.c.rule,
            case((comment.c.rule.is_(None), comment.c.reviewer), else_="").label("reviewer"),
            _flag(comment.c.at < since).label("before"),
            comment.c.fate,
            _flag(comment.c.gone_at.is_not(None)).label("gone"),
            _flag(comment.c.resolved_by.is_not(None)).label("resolved"),
            func.coalesce(watch.c.state, "opened").label("state"),
            watch.c.read_last,
            _flag(and_(comment.c.head_sha != "", comment.c.head_sha == watch.c.head_sha)).label("last"),
            _flag(_thumbs(_UP)).label("up"),
            _flag(_thumbs(_DOWN)).label("down"),
            _flag(_no()).label("no"),
        )
        .outerjoin_from(comment, watch, and_(watch.c.project_id == comment.c.project_id, watch.c.iid == comment.c.iid))
        .where(*where)
        .subquery()
    )
    return select(*one.c, func.count().label("count")).group_by(*one.c).limit(_MOST_ROWS)


def _thumbs(names: tuple[str, ...]) -> Any:
    named = or_(*(reaction.c.emoji.startswith(name, autoescape=True) for name in names))
    # A note's number is its own in all of GitLab. With the project beside it SQLite would look through the project's.
    mine = reaction.c.note_id == comment.c.note_id
    return and_(comment.c.note_id != 0, exists().where(mine, reaction.c.awarded, named))


def _no() -> Any:
    mine = and_(
        reply.c.project_id == comment.c.project_id,
        reply.c.iid == comment.c.iid,
        reply.c.discussion_id == comment.c.discussion_id,
    )
    return and_(comment.c.discussion_id != "", exists().where(mine, reply.c.kind == "no", reply.c.gone_at.is_(None)))


def _flag(condition: Any) -> Any:
    return case((condition, 1), else_=0)


def _unsaid(since: float, until: float, project_id: int | None) -> Select[Any]:
    query = select(unsaid.c.rule, unsaid.c.stage, func.count().label("found"))
    query = query.where(unsaid.c.at >= since, unsaid.c.at < until)
    if project_id is not None:
        query = query.where(unsaid.c.project_id == project_id)
    place = query.group_by(unsaid.c.rule, unsaid.c.stage, unsaid.c.project_id, unsaid.c.iid).subquery()
    sums = (func.sum(place.c.found).label("found"), func.count().label("places"))
    return select(place.c.rule, place.c.stage, *sums).group_by(place.c.rule, place.c.stage)


def _kinds(project_id: int | None) -> Select[Any]:
    query = select(held_kind.c.rule, func.count()).where(held_kind.c.rule.is_not(None), held_kind.c.lifted_at.is_(None))
    query = query.group_by(held_kind.c.rule)
    return query if project_id is None else query.where(held_kind.c.project_id == project_id)


def _tally(row: Any) -> Tally:
    flags = {name: bool(row[name]) for name in ("before", "last", "up", "down", "no")}
    return Tally(
        rule=row["rule"],
        reviewer=row["reviewer"],
        fate=row["fate"],
        gone_at=0.0 if row["gone"] else None,
        resolved_by=0 if row["resolved"] else None,
        state=row["state"],
        read_last=row["read_last"],
        count=row["count"],
        **flags,
    )
