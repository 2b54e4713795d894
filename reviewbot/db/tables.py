"""The tables. Times are seconds since the epoch (UTC); records are kept as compressed JSON."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)

metadata = MetaData()

# SQLite only gives out ids by itself for INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer, "sqlite")


class Words(TypeDecorator[str]):
    """Text from outside. PostgreSQL takes neither NUL nor lone surrogates, and both come in file names and titles."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


def clean(value: str) -> str:
    """`value` as any database takes it: NUL and lone surrogates become U+FFFD or `?`."""
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def identity() -> Column[Any]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def merge_request() -> tuple[Column[Any], Column[Any]]:
    return Column("project_id", BigInteger, nullable=False), Column("iid", BigInteger, nullable=False)


# Every delivery of the webhook, whatever came of it. `note` says why nothing was started.
inbox = Table(
    "inbox",
    metadata,
    identity(),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),  # compressed
    Column("received_at", Double, nullable=False),
    Column("project_id", BigInteger),
    Column("iid", BigInteger),
    Column("job_id", BigInteger),
    Column("note", Words, nullable=False, server_default=""),
    Column("undecided", Boolean, nullable=False, server_default=false()),  # to be read again once the bot is known
    Index("inbox_received_at", "received_at"),
    Index("inbox_project", "project_id"),
    Index("inbox_undecided", "id", sqlite_where=text("undecided = 1"), postgresql_where=text("undecided")),
    sqlite_autoincrement=True,
)

# One wanted review of one head, or comments to be answered. At most one row per merge request and kind is waiting and
# one is running: the indexes hold it, whatever two processes do at once. Ids are never given twice (a stale task must
# not find another job under its id).
job = Table(
    "job",
    metadata,
    identity(),
    *merge_request(),
    Column("kind", String(20), nullable=False, server_default="review"),
    Column("head_sha", Words, nullable=False),
    Column("trigger", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("explicit", Boolean, nullable=False, server_default=false()),
    Column("path", Words, nullable=False, server_default=""),
    Column("title", Words, nullable=False, server_default=""),
    Column("author", Words, nullable=False, server_default=""),
    Column("commands", Text, nullable=False, server_default="[]"),  # JSON: the comments that asked for it
    Column("reason", Words, nullable=False, server_default=""),
    Column("due_at", Double, nullable=False),
    Column("first_due_at", Double, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("crashes", Integer, nullable=False, server_default="0"),
    Column("alone", Boolean, nullable=False, server_default=false()),
    Column("steps", Integer, nullable=False, server_default="0"),  # rows of `step`
    Column("steps_at_crash", Integer, nullable=False, server_default="0"),
    Column("owner", Words, nullable=False, server_default=""),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", Double, nullable=False, server_default="0"),
    Column("stop", Words, nullable=False, server_default=""),  # why a running one must end
    Column("superseded_by", BigInteger),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("outcome", String(20), nullable=False, server_default=""),
    Index(
        "job_waiting",
        "project_id",
        "iid",
        "kind",
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "job_running",
        "project_id",
        "iid",
        "kind",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    Index("job_due", "state", "due_at"),
    Index("job_owner", "owner"),
    Index("job_merge_request", "project_id", "iid", "id"),
    sqlite_autoincrement=True,
)

# How far a job ever got: a step that an earlier attempt reached already is no progress.
step = Table(
    "step",
    metadata,
    Column("job_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Words, primary_key=True),
)

# One ended run: what it found, wrote and used.
run = Table(
    "run",
    metadata,
    identity(),
    Column("job_id", BigInteger, nullable=False),
    *merge_request(),
    Column("path", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("head_sha", Words, nullable=False),
    Column("trigger", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Words, nullable=False),
    Column("verdict", String(40), nullable=False),
    Column("tier", String(20), nullable=False),
    Column("findings", Integer, nullable=False),
    Column("posted", Integer, nullable=False),
    Column("model_requests", Integer, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("cost_usd", Double),  # null: unknown
    Column("forge_requests", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("finished_at", Double, nullable=False),
    Column("record", LargeBinary, nullable=False),  # the whole outcome, compressed JSON
    Index("run_job", "job_id"),
    Index("run_merge_request", "project_id", "iid", "id"),
    Index("run_finished_at", "finished_at"),
    sqlite_autoincrement=True,
)

answer = Table(
    "answer",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("model", Words, nullable=False),
    Column("record", LargeBinary, nullable=False),  # the answer, compressed JSON
    Column("created_at", Double, nullable=False),
    Index("answer_created_at", "created_at"),
)

reviewed = Table(
    "reviewed",
    metadata,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("iid", BigInteger, primary_key=True, autoincrement=False),
    Column("head_sha", Words, nullable=False),
    Column("record", LargeBinary, nullable=False),  # the reviewed version, compressed JSON
    Column("target", Words, nullable=False, server_default=""),  # the branch that it was to go into
    Column("at", Double, nullable=False),
    Index("reviewed_at", "at"),
)

# Money of one project on one day (UTC, ISO date). Outlives the runs.
spend = Table(
    "spend",
    metadata,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("cost_usd", Double, nullable=False),
    Column("unpriced", Integer, nullable=False),  # runs whose cost is unknown
)

# How the bot behaves in one merge request: paused, and the gate forced open (break glass).
merge_request_state = Table(
    "merge_request_state",
    metadata,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("iid", BigInteger, primary_key=True, autoincrement=False),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("pause_reason", Words, nullable=False, server_default=""),
    Column("paused_by", Words, nullable=False, server_default=""),
    Column("pushes", Integer, nullable=False, server_default="0"),  # reviewed since the last resume
    Column("last_head", Words, nullable=False, server_default=""),  # the newest that was counted
    Column("overridden", Boolean, nullable=False, server_default=false()),
    Column("override_reason", Words, nullable=False, server_default=""),
    Column("overridden_by", Words, nullable=False, server_default=""),
    Column("overridden_at", Double),
    Column("override_target", Words, nullable=False, server_default=""),
    Column("at", Double, nullable=False),
    Index("merge_request_state_at", "at"),
)

# A finding that people dismissed. It holds no source code: texts are hashed, the title is the model's.
suppression = Table(
    "suppression",
    metadata,
    identity(),
    *merge_request(),
    Column("fingerprint", String(128), nullable=False),
    Column("paths", Words, nullable=False),  # JSON
    Column("anchored", String(64), nullable=False),
    Column("around", Text, nullable=False),  # JSON
    Column("claim", Words, nullable=False),  # JSON
    Column("title", Words, nullable=False),
    Column("rule", Words),
    Column("category", String(40), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("how", String(20), nullable=False),
    Column("by", Words, nullable=False),
    Column("by_id", BigInteger, nullable=False, server_default="0"),
    Column("reason", Words, nullable=False, server_default=""),
    Column("project_wide", Boolean, nullable=False, server_default=false()),
    Column("at", Double, nullable=False),
    Column("lifted_at", Double),
    Column("lifted_by", Words, nullable=False, server_default=""),
    Index("suppression_finding", "project_id", "iid", "fingerprint", unique=True),
    sqlite_autoincrement=True,
)

# What the configuration on a target branch says of events, as a run last read it. Null: nothing, the operator's counts.
wish = Table(
    "wish",
    metadata,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("branch", Words, primary_key=True),
    Column("review_drafts", Boolean),
    Column("trigger_labels", Words),  # JSON
    Column("at", Double, nullable=False),
    Column("seen", Double, nullable=False, server_default="0"),  # when what was read was the branch's head
)
