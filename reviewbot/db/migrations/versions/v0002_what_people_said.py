"""What people said about findings, and how the bot behaves in a merge request."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _merge_request_state()
    _suppression()


def _merge_request_state() -> None:
    op.create_table(
        "merge_request_state",
        sa.Column("project_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("iid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("pause_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("paused_by", sa.Text(), server_default="", nullable=False),
        sa.Column("pushes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_head", sa.Text(), server_default="", nullable=False),
        sa.Column("overridden", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("override_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("overridden_by", sa.Text(), server_default="", nullable=False),
        sa.Column("overridden_at", sa.Double(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "iid"),
    )
    op.create_index("merge_request_state_at", "merge_request_state", ["at"], unique=False)


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("iid", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(length=128), nullable=False),
        sa.Column("paths", sa.Text(), nullable=False),
        sa.Column("anchored", sa.String(length=64), nullable=False),
        sa.Column("around", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("project_wide", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("lifted_at", sa.Double(), nullable=True),
        sa.Column("lifted_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("suppression_finding", "suppression", ["project_id", "iid", "fingerprint"], unique=True)
