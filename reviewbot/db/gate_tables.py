"""The tables of the gate: who forced one open, and what the bot itself has said there."""

from sqlalchemy import BigInteger, Column, Double, Index, String, Table

from reviewbot.db.tables import Words, identity, merge_request, metadata

# Who let a merge request pass whatever a review says, each time. It outlives the runs: it is the record of it.
glass = Table(
    "glass",
    metadata,
    identity(),
    *merge_request(),
    Column("user_id", BigInteger, nullable=False),
    Column("username", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("note_id", BigInteger, nullable=False, unique=True),
    Column("at", Double, nullable=False),
    Index("glass_merge_request", "project_id", "iid", "id"),
    sqlite_autoincrement=True,
)

# The version that the bot's approval, or its request for changes, stands for, and whether GitLab has confirmed it.
approval = Table(
    "approval",
    metadata,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("iid", BigInteger, primary_key=True, autoincrement=False),
    Column("word", String(20), primary_key=True),
    Column("head_sha", Words, nullable=False),
    Column("at", Double, nullable=False),
    Column("base_sha", Words, nullable=False, server_default=""),
    Column("target", Words, nullable=False, server_default=""),
    Column("state", String(10), nullable=False, server_default="said"),  # coming, said, going
    Index("approval_at", "at"),
)
