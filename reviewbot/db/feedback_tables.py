"""The tables of what people made of the bot's comments. They hold no source code and none of people's words."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, String, Table, false

from reviewbot.db.tables import Words, identity, merge_request, metadata

# A finding that people see, with its facts and what became of it: what feedback hangs on, and reports read.
comment = Table(
    "comment",
    metadata,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("iid", BigInteger, primary_key=True, autoincrement=False),
    Column("fingerprint", String(128), primary_key=True),
    Column("run_id", BigInteger, nullable=False),  # that posted it
    Column("head_sha", Words, nullable=False, server_default=""),  # that it was posted for; empty: unknown
    Column("note_id", BigInteger, nullable=False),  # 0: unknown
    Column("discussion_id", String(64), nullable=False, server_default=""),  # empty: unknown
    Column("severity", String(20), nullable=False),
    Column("category", String(40), nullable=False),
    Column("source", String(20), nullable=False),
    Column("rule", Words),
    Column("reviewer", Words, nullable=False, server_default=""),
    Column("prompts", String(40), nullable=False, server_default=""),  # the templates' version; empty: unknown
    Column("model", Words, nullable=False, server_default=""),
    Column("file", Words, nullable=False),
    Column("line", Integer, nullable=False),
    Column("title", Words, nullable=False),
    Column("placed", String(20), nullable=False),  # how, if not as planned
    Column("at", Double, nullable=False),
    Column("fate", String(20), nullable=False, server_default=""),  # as the last run said
    Column("how", String(20), nullable=False, server_default=""),  # of a dismissal
    Column("fate_by", BigInteger, nullable=False, server_default="0"),  # a user's id; 0: unknown
    Column("fate_at", Double),
    Column("resolved_by", BigInteger),  # a user's id, 0: unknown; null: its thread is not resolved by a person
    Column("gone_at", Double),  # since when it is known to be deleted in GitLab
    Index("comment_note", "note_id"),
    Index("comment_at", "at"),
)

# The latest word of each person with each emoji on a note. `level`: the person's role in the project, null: not asked.
reaction = Table(
    "reaction",
    metadata,
    Column("note_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("emoji", String(100), primary_key=True),
    *merge_request(),
    Column("awarded", Boolean, nullable=False),
    Column("at", Double, nullable=False),  # when we learnt of the last change
    Column("award_id", BigInteger),  # GitLab's number of the award; null: no event has told it
    Column("awarded_at", Double),
    Column("withdrawn_at", Double),
    Column("level", Integer),
    Index("reaction_user", "user_id"),
    Index("reaction_merge_request", "project_id", "iid"),
)

# A person's answer in a thread of ours, without its words.
reply = Table(
    "reply",
    metadata,
    Column("note_id", BigInteger, primary_key=True, autoincrement=False),
    *merge_request(),
    Column("discussion_id", String(64), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("level", Integer),
    Column("at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("gone_at", Double),  # since when it is known to be deleted in GitLab
    Index("reply_user", "user_id"),
    Index("reply_merge_request", "project_id", "iid"),
    Index("reply_at", "at"),
)

# What a rule would have said: findings of drafts ("shadow"), and those that were held back ("held_back").
unsaid = Table(
    "unsaid",
    metadata,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("iid", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", String(20), primary_key=True),
    Column("fingerprint", String(128), primary_key=True),
    Column("rule", Words, nullable=False),
    Column("file", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("at", Double, nullable=False),
    Index("unsaid_at", "at"),
)

# Merge requests with comments of ours: where the sweep looks, and how they ended.
watch = Table(
    "watch",
    metadata,
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("iid", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(20), nullable=False, server_default="opened"),
    Column("posted_at", Double, nullable=False),  # the newest comment
    Column("swept_at", Double, nullable=False, server_default="0"),
    Column("ended_at", Double),
    Column("read_last", Boolean),  # whether what was merged was reviewed; null: nobody looked
    Column("head_sha", Words, nullable=False, server_default=""),  # that it ended with; empty: unknown
    Column("settled", Boolean, nullable=False, server_default=false()),  # nothing more is looked for
    Index("watch_due", "settled", "swept_at"),
)

# A kind of finding of which a project has dismissed several, as soon as there were enough of them.
held_kind = Table(
    "held_kind",
    metadata,
    identity(),
    Column("project_id", BigInteger, nullable=False),
    Column("rule", Words),
    Column("category", String(40), nullable=False),
    Column("area", String(40), nullable=False),
    Column("claim", Words, nullable=False),  # JSON
    Column("title", Words, nullable=False),
    Column("at", Double, nullable=False),
    Column("lifted_at", Double),
    Column("lifted_by", Words, nullable=False, server_default=""),
    Index("held_kind_project", "project_id", "id"),
    sqlite_autoincrement=True,
)
