"""Events that are read again once it is known who the bot is."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("undecided", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "inbox_undecided",
        "inbox",
        ["id"],
        sqlite_where=sa.text("undecided = 1"),
        postgresql_where=sa.text("undecided"),
    )
