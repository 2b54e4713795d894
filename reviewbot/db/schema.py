"""Brings the tables to the version that this code needs: migrations, one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from reviewbot.db.engine import Database

_UPGRADE_LOCK = text("SELECT pg_advisory_xact_lock(7234, 1)")


def upgrade(database: Database) -> None:
    """Run the missing migrations in one transaction. Several processes may call it at once: one works, all wait."""

    def work(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(_UPGRADE_LOCK)  # on SQLite the transaction itself is the lock
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    database.write(work)


def current(database: Database) -> str | None:
    """The version that the database is at; None when it is empty."""
    return database.read(lambda connection: MigrationContext.configure(connection).get_current_revision())


def head() -> str:
    """The version that this code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None, "migrations are shipped with the package"  # noqa: S101  # the package is broken
    return revision


def is_current(database: Database) -> bool:
    """Whether the tables are the ones that this code needs: readiness asks it. Raises `StoreUnavailable`."""
    return current(database) == head()


def _config() -> Config:
    config = Config()
    # `%` starts an interpolation in alembic's options, and a folder may have one in its name.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
