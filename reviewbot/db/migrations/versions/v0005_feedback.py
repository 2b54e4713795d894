"""Comments with their facts instead of one row per run, answers, where the sweep looks, and kinds held back."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEPT = "project_id, iid, fingerprint, run_id, note_id, severity, category, source, rule, file, line, title, placed, at"


def upgrade() -> None:
    _comment()
    op.execute(
        f"INSERT INTO comment ({_KEPT}) SELECT {_KEPT} FROM posted WHERE run_id = (SELECT min(first.run_id)"  # noqa: S608
        " FROM posted AS first WHERE first.project_id = posted.project_id AND first.iid = posted.iid"
        " AND first.fingerprint = posted.fingerprint)"
    )
    op.drop_table("posted")
    _reaction()
    _reply()
    _watch()
    op.execute(
        "INSERT INTO watch (project_id, iid, posted_at) SELECT project_id, iid, max(at) FROM comment"
        " GROUP BY project_id, iid"
    )
    _held_kind()


def _comment() -> None:
    op.create_table(
        "comment",
        sa.Column("project_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("iid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(length=128), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("discussion_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("reviewer", sa.Text(), server_default="", nullable=False),
        sa.Column("prompts", sa.String(length=40), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("placed", sa.String(length=20), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("fate", sa.String(length=20), server_default="", nullable=False),
        sa.Column("how", sa.String(length=20), server_default="", nullable=False),
        sa.Column("fate_by", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fate_at", sa.Double(), nullable=True),
        sa.Column("resolved_by", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("project_id", "iid", "fingerprint"),
    )
    op.create_index("comment_note", "comment", ["note_id"], unique=False)
    op.create_index("comment_at", "comment", ["at"], unique=False)


def _reaction() -> None:
    op.add_column("reaction", sa.Column("award_id", sa.BigInteger(), nullable=True))
    op.add_column("reaction", sa.Column("awarded_at", sa.Double(), nullable=True))
    op.add_column("reaction", sa.Column("withdrawn_at", sa.Double(), nullable=True))
    op.add_column("reaction", sa.Column("level", sa.Integer(), nullable=True))
    op.create_index("reaction_merge_request", "reaction", ["project_id", "iid"], unique=False)


def _reply() -> None:
    op.create_table(
        "reply",
        sa.Column("note_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("iid", sa.BigInteger(), nullable=False),
        sa.Column("discussion_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("gone_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("note_id"),
    )
    op.create_index("reply_user", "reply", ["user_id"], unique=False)
    op.create_index("reply_merge_request", "reply", ["project_id", "iid"], unique=False)
    op.create_index("reply_at", "reply", ["at"], unique=False)


def _watch() -> None:
    op.create_table(
        "watch",
        sa.Column("project_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("iid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), server_default="opened", nullable=False),
        sa.Column("posted_at", sa.Double(), nullable=False),
        sa.Column("swept_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("read_last", sa.Boolean(), nullable=True),
        sa.Column("settled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "iid"),
    )
    op.create_index("watch_due", "watch", ["settled", "swept_at"], unique=False)


def _held_kind() -> None:
    op.create_table(
        "held_kind",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("lifted_at", sa.Double(), nullable=True),
        sa.Column("lifted_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("held_kind_project", "held_kind", ["project_id", "id"], unique=False)
