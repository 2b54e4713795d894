"""Into which branch a merge request was let pass."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("merge_request_state", sa.Column("override_target", sa.Text(), server_default="", nullable=False))
