"""When the commit was the head of its branch that says what a repository wants of events."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wish", sa.Column("seen", sa.Double(), server_default="0", nullable=False))
