"""The bot's comments with their facts and what became of each (fills `listening.Feedback`)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from reviewbot.core import awards as emoji
from reviewbot.db import reactions, replies, watching
from reviewbot.db.engine import Database
from reviewbot.db.feedback_tables import comment, reaction, reply, watch
from reviewbot.db.standing import Row
from reviewbot.model.feedback import Award, Ended, Heard, PostedComment
from reviewbot.model.finding import Category, Severity
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Examination, Published

_PLAIN = ("fingerprint", "note_id", "source", "rule", "reviewer", "prompts", "model", "file", "line", "title", "placed")
_LATER = ("fate", "how", "fate_at", "resolved_by", "gone_at")


class CommentTable:
    """Every method is one short transaction. Raises `StoreUnavailable`. Times are seconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def observe(
        self,
        ref: MergeRequestRef,
        heard: Sequence[Heard],
        there: Collection[int],
        awards: Sequence[Award] | None,
        began: float,
    ) -> None:
        """Keep what a look at GitLab that began at `began` showed: our threads, the ids of all notes, and the emoji
        (None: they were not looked at). What we learnt of after it began is newer and stays.
        """

        def work(connection: Connection) -> None:
            _threads(connection, ref, heard, there, began)
            ours = {one.discussion_id for one in heard}
            replies.observe(connection, ref, [each for one in heard for each in one.replies], ours, began)
            if awards is not None:
                reactions.observe(connection, ref, {one.note_id for one in heard}, awards, began)

        self._database.write(work)

    def tell(self, ref: MergeRequestRef, ended: Sequence[Ended], now: float) -> None:
        """Keep what a run, or the end of a merge request, says of its comments; telling it twice changes nothing."""

        def work(connection: Connection) -> None:
            known = {row["fingerprint"]: row for row in _rows(connection, ref)}
            for one in ended:
                row = known.get(one.fingerprint)
                values: Row = {"fate": one.fate, "how": one.how, "fate_by": one.by}
                if row is not None and any(row[name] != value for name, value in values.items()):
                    _change(connection, row, {**values, "fate_at": now})

        if ended:
            self._database.write(work)

    def learn_levels(self, project_id: int, levels: Mapping[int, int]) -> None:
        """Keep the roles of people in a project, by user id, with what they said there."""

        def work(connection: Connection) -> None:
            for table in (reaction, reply):
                for user_id, level in levels.items():
                    mine = and_(table.c.project_id == project_id, table.c.user_id == user_id)
                    connection.execute(
                        update(table).where(mine, table.c.level.is_distinct_from(level)).values(level=level)
                    )

        if levels:
            self._database.write(work)

    def listed(
        self, project_id: int | None = None, since: float = 0.0, ref: MergeRequestRef | None = None
    ) -> list[PostedComment]:
        """The comments that were posted since, oldest first, of one project, one merge request, or all."""
        query = select(comment, watch.c.state, watch.c.ended_at, watch.c.read_last).outerjoin(
            watch, and_(watch.c.project_id == comment.c.project_id, watch.c.iid == comment.c.iid)
        )
        query = query.where(comment.c.at >= since).order_by(comment.c.at, comment.c.fingerprint)
        if project_id is not None:
            query = query.where(comment.c.project_id == project_id)
        if ref is not None:
            query = query.where(comment.c.project_id == ref.project_id, comment.c.iid == ref.iid)

        def work(connection: Connection) -> list[PostedComment]:
            rows = [dict(row) for row in connection.execute(query).mappings()]
            thumbs, said = _said_of(connection, rows)
            return [_comment(row, thumbs, said) for row in rows]

        return self._database.read(work)


def record(
    connection: Connection,
    run_id: int,
    ref: MergeRequestRef,
    examination: Examination,
    published: Published,
    now: float,
    head_sha: str = "",
) -> None:
    """Keep the facts of the comments that stand since this run, those of an attempt that was cut off among them.

    `head_sha` is the commit that it reviewed.
    """
    standing = {**dict.fromkeys(published.known, 0), **published.standing, **published.posted}
    told = {one.fingerprint: one for one in examination.findings if one.fingerprint in standing}
    if not told:
        return
    known = {row["fingerprint"]: row for row in _rows(connection, ref)}
    rows = []
    for fingerprint, finding in told.items():
        if fingerprint in known:
            continue
        asked = finding.source == "model"
        rows.append({
            "project_id": ref.project_id,
            "iid": ref.iid,
            "fingerprint": fingerprint,
            "run_id": run_id,
            "head_sha": head_sha,
            "note_id": standing[fingerprint],
            "discussion_id": published.discussions.get(fingerprint, ""),
            "severity": finding.severity.value,
            "category": finding.category.value,
            "source": finding.source,
            "rule": finding.rule,
            "reviewer": finding.reviewer,
            "prompts": examination.prompts if asked else "",
            "model": examination.model if asked else "",
            "file": finding.anchor.path,
            "line": finding.anchor.lines[0],
            "title": finding.title,
            "placed": published.fallbacks.get(fingerprint, ""),
            "at": now,
        })  # fmt: skip
    if rows:
        connection.execute(insert(comment), rows)
        watching.begin(connection, ref, now)


def _threads(
    connection: Connection, ref: MergeRequestRef, heard: Sequence[Heard], there: Collection[int], began: float
) -> None:
    seen = {one.fingerprint: one for one in heard}
    for row in _rows(connection, ref):
        one = seen.get(row["fingerprint"])
        if one is not None:
            values: Row = {
                "note_id": one.note_id,
                "discussion_id": one.discussion_id,
                "resolved_by": one.resolved_by,
                "gone_at": None,
            }
        elif row["note_id"] and row["note_id"] not in there and row["gone_at"] is None and row["at"] < began:
            values = {"gone_at": began}
        else:
            continue
        if any(row[name] != value for name, value in values.items()):
            _change(connection, row, values)


def _rows(connection: Connection, ref: MergeRequestRef) -> list[Row]:
    query = select(comment).where(comment.c.project_id == ref.project_id, comment.c.iid == ref.iid)
    return [dict(row) for row in connection.execute(query.with_for_update()).mappings()]


def _change(connection: Connection, row: Row, values: Row) -> None:
    key = (comment.c[name] == row[name] for name in ("project_id", "iid", "fingerprint"))
    connection.execute(update(comment).where(*key).values(**values))


_Said = tuple[dict[int, Counter[int]], dict[tuple[int, int, str], list[str]]]


def _said_of(connection: Connection, rows: Sequence[Row]) -> _Said:
    """Thumbs by note, and kinds of answers by thread, of the merge requests of these comments."""
    projects = {row["project_id"] for row in rows}
    thumbs: dict[int, Counter[int]] = defaultdict(Counter)
    said: dict[tuple[int, int, str], list[str]] = defaultdict(list)
    if not projects:
        return thumbs, said
    awarded = select(reaction.c.note_id, reaction.c.emoji).where(
        reaction.c.project_id.in_(projects), reaction.c.awarded
    )
    for note_id, name in connection.execute(awarded):
        thumbs[note_id][emoji.thumb(name)] += 1
    answers = select(reply.c.project_id, reply.c.iid, reply.c.discussion_id, reply.c.kind)
    answers = answers.where(reply.c.project_id.in_(projects), reply.c.gone_at.is_(None)).order_by(reply.c.note_id)
    for project_id, iid, discussion_id, kind in connection.execute(answers):
        said[project_id, iid, discussion_id].append(kind)
    return thumbs, said


def _comment(
    row: Row, thumbs: Mapping[int, Counter[int]], said: Mapping[tuple[int, int, str], list[str]]
) -> PostedComment:
    mine = thumbs.get(row["note_id"], Counter())
    answers: Any = said.get((row["project_id"], row["iid"], row["discussion_id"]), ())
    return PostedComment(
        ref=MergeRequestRef(row["project_id"], row["iid"]),
        severity=Severity(row["severity"]),
        category=Category(row["category"]),
        posted_at=row["at"],
        ups=mine[1],
        downs=mine[-1],
        replies=tuple(answers),
        state=row["state"] or "opened",
        ended_at=row["ended_at"],
        read_last=row["read_last"],
        **{name: row[name] for name in (*_PLAIN, *_LATER)},
    )
