"""For which head a comment was posted, with which one a merge request ended, and what rules left unsaid."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("comment", "watch"):
        op.add_column(table, sa.Column("head_sha", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "unsaid",
        sa.Column("project_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("iid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("fingerprint", sa.String(128), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "iid", "stage", "fingerprint"),
    )
    op.create_index("unsaid_at", "unsaid", ["at"])
    # What is still known of earlier comments: their run's head, and the head that was reviewed last when it is the
    # one that was merged.
    op.execute(
        "UPDATE comment SET head_sha = COALESCE("
        "(SELECT run.head_sha FROM run WHERE run.id = comment.run_id AND run.project_id = comment.project_id), '')"
    )
    op.execute(
        "UPDATE watch SET head_sha = COALESCE((SELECT reviewed.head_sha FROM reviewed"
        " WHERE reviewed.project_id = watch.project_id AND reviewed.iid = watch.iid), '') WHERE read_last"
    )
