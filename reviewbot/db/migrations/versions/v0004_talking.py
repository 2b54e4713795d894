"""Kinds of jobs, who forced merge requests open, and the bot's approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("job", sa.Column("kind", sa.String(length=20), server_default="review", nullable=False))
    for state in ("waiting", "running"):
        where = sa.text(f"state = '{state}'")
        op.drop_index(f"job_{state}", "job")
        op.create_index(
            f"job_{state}",
            "job",
            ["project_id", "iid", "kind"],
            unique=True,
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_table(
        "glass",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("iid", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("note_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("glass_merge_request", "glass", ["project_id", "iid", "id"], unique=False)
    op.create_table(
        "approval",
        sa.Column("project_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("iid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.Column("head_sha", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "iid", "word"),
    )
    op.create_index("approval_at", "approval", ["at"], unique=False)
