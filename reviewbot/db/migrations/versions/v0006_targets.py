"""What the bot's approvals stand for, whether GitLab has confirmed them, and into which branch a version was to go."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reviewed", sa.Column("target", sa.Text(), server_default="", nullable=False))
    for name in ("base_sha", "target"):
        op.add_column("approval", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("approval", sa.Column("state", sa.String(length=10), server_default="said", nullable=False))
