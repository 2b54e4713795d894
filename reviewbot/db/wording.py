"""What people said of a project's comments: dismissals, thumbs, answers, and findings that were fixed."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select, union

from reviewbot.core import awards
from reviewbot.core.commands import DEVELOPER
from reviewbot.db.feedback_tables import comment, held_kind, reaction, reply
from reviewbot.db.tables import suppression
from reviewbot.model.finding import Category, Severity
from reviewbot.model.holding import Voice, VoiceKind

_MOST = 500  # of each sort, the newest
_MOST_PROJECTS = 500
_THUMBS: dict[int, VoiceKind] = {1: "up", -1: "no"}
_ANSWERS: dict[str, VoiceKind] = {"yes": "valued", "no": "no"}
_FACTS = ("iid", "fingerprint", "title", "rule", "category", "severity")


def words(connection: Connection, project_id: int, since: float) -> list[Voice]:
    """Those since a time, in no order. A dismissal that somebody has lifted says nothing any more.

    A run remembers a dismissal some time after it was said: when it was said is what counts.
    """
    dismissals, lifted = _dismissals(connection, project_id, since)
    said = [*_thumbs(connection, project_id, since), *_answers(connection, project_id, since)]
    said = [word for word in said if word.kind != "no" or (word.iid, word.fingerprint) not in lifted]
    first: dict[tuple[int, str], float] = {}
    for word in said:
        if word.kind == "no":
            first[word.iid, word.fingerprint] = min(word.at, first.get((word.iid, word.fingerprint), word.at))
    early = [replace(word, at=min(word.at, first.get((word.iid, word.fingerprint), word.at))) for word in dismissals]
    return [*early, *said, *_fixed(connection, project_id, since)]


def projects(connection: Connection, since: float) -> list[int]:
    """The projects in which somebody said something, or something was held back before."""
    said = union(
        select(suppression.c.project_id).where(suppression.c.at >= since),
        select(reaction.c.project_id).where(reaction.c.at >= since),
        select(reply.c.project_id).where(reply.c.at >= since),
        select(held_kind.c.project_id),
    ).subquery()
    query = select(said.c.project_id).order_by(said.c.project_id).limit(_MOST_PROJECTS)
    return list(connection.execute(query).scalars())


def _dismissals(connection: Connection, project_id: int, since: float) -> tuple[list[Voice], set[tuple[int, str]]]:
    """Whose no counts was found out when it was remembered (docs/decisions/0015)."""
    query = select(suppression).where(suppression.c.project_id == project_id, suppression.c.at >= since)
    rows = _newest(connection, query, suppression.c.at)
    lifted = {(row["iid"], row["fingerprint"]) for row in rows if row["lifted_at"] is not None}
    return [
        _word(row, "no", row["at"], row["by_id"], DEVELOPER, next(iter(json.loads(row["paths"])), ""))
        for row in rows
        if row["lifted_at"] is None and row["project_wide"]
    ], lifted


def _thumbs(connection: Connection, project_id: int, since: float) -> list[Voice]:
    at = func.coalesce(reaction.c.awarded_at, reaction.c.at)
    query = select(comment, reaction.c.emoji, reaction.c.user_id, reaction.c.level, at.label("said_at")).join_from(
        reaction, comment, and_(comment.c.note_id == reaction.c.note_id, comment.c.project_id == reaction.c.project_id)
    )
    query = query.where(reaction.c.project_id == project_id, reaction.c.awarded, reaction.c.at >= since)
    return [
        _word(row, kind, row["said_at"], row["user_id"], row["level"], row["file"])
        for row in _newest(connection, query, reaction.c.at)
        if (kind := _THUMBS.get(awards.thumb(row["emoji"]))) is not None
    ]


def _answers(connection: Connection, project_id: int, since: float) -> list[Voice]:
    same = and_(
        comment.c.project_id == reply.c.project_id,
        comment.c.iid == reply.c.iid,
        comment.c.discussion_id == reply.c.discussion_id,
    )
    columns = (reply.c.kind, reply.c.user_id, reply.c.level, reply.c.at.label("said_at"))
    query = select(comment, *columns).join_from(reply, comment, same)
    query = query.where(
        reply.c.project_id == project_id, reply.c.gone_at.is_(None), reply.c.kind.in_(_ANSWERS), reply.c.at >= since
    )
    return [
        _word(row, _ANSWERS[row["kind"]], row["said_at"], row["user_id"], row["level"], row["file"])
        for row in _newest(connection, query, reply.c.at)
    ]


def _fixed(connection: Connection, project_id: int, since: float) -> list[Voice]:
    query = select(comment).where(
        comment.c.project_id == project_id, comment.c.fate == "fixed", comment.c.fate_at >= since
    )
    rows = _newest(connection, query, comment.c.fate_at)
    return [_word(row, "valued", row["fate_at"], 0, DEVELOPER, row["file"]) for row in rows]


def _newest(connection: Connection, query: Select[Any], at: Any) -> list[Any]:
    return list(connection.execute(query.order_by(at.desc()).limit(_MOST)).mappings())


def _word(row: Any, kind: VoiceKind, at: float, by: int, level: int | None, path: str) -> Voice:
    facts = {name: row[name] for name in _FACTS}
    facts |= {"category": Category(row["category"]), "severity": Severity(row["severity"])}
    return Voice(**facts, path=path, kind=kind, at=at, by=by, level=level)
