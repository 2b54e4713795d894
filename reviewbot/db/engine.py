"""Opens the database and runs transactions on it, with the same meaning on SQLite and PostgreSQL."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from reviewbot.errors import ConfigurationError, ReviewbotError, StoreRejected, StoreUnavailable

BUSY_SECONDS = 30  # how long a SQLite writer waits for another process
TRIES = 6
_READS = "reviewbot_reads"

T = TypeVar("T")


class Database:
    """An open database; used from many threads. `engine` is for migrations and tests, the rest goes through here."""

    def __init__(self, engine: Engine, one_writer: bool) -> None:
        self.engine = engine
        # SQLite's own waiting is a sleep of growing length: threads of one process take turns by a lock instead.
        self._turn = threading.Lock() if one_writer else nullcontext()

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction; run it again when it lost a race against another one.

        `work` must be repeatable. Raises `StoreUnavailable` when the database cannot be reached or stays locked,
        `StoreRejected` when it does not take a row.
        """
        for tries_left in reversed(range(TRIES)):
            try:
                with self._turn, self.engine.begin() as connection:
                    return work(connection)
            except (OperationalError, IntegrityError) as error:
                if not tries_left or not _lost_a_race(error):
                    raise _as_ours(error) from None
                time.sleep(0.01 * (TRIES - tries_left))
            except DataError as error:
                raise _as_ours(error) from None
            except OverflowError:  # SQLite's driver; PostgreSQL has a DataError for it
                raise StoreRejected("The database does not take this: a number of more than 64 bits") from None
        raise AssertionError("unreachable: the last try returns or raises")

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that only reads: on SQLite it neither waits for writers nor makes them wait."""
        try:
            with self.engine.connect().execution_options(**{_READS: True}) as connection:
                return work(connection)
        except (OperationalError, DataError) as error:
            raise _as_ours(error) from None

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def open_database(url: str, pool_size: int = 20) -> Database:
    """The database at `sqlite:///…` or `postgresql://…` (psycopg is the driver, whatever the URL says).

    A SQLite file is made readable for its owner alone, and so is its folder. Nothing is connected yet on PostgreSQL.
    Raises `ConfigurationError` for another database or a missing driver.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "REVIEWBOT_DATABASE_URL cannot be read", mend="write sqlite:///PATH or postgresql://USER@HOST/NAME"
        ) from error
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return _open_sqlite(parsed)
    if kind in {"postgresql", "postgres"}:
        return _open_postgresql(parsed, pool_size)
    raise ConfigurationError(
        f"REVIEWBOT_DATABASE_URL names an unknown database: {kind}", mend="use sqlite:/// or postgresql://"
    )


def lock_merge_requests(connection: Connection, refs: Sequence[tuple[int, int]]) -> None:
    """Let one transaction at a time decide about a merge request (SQLite has one writer at all).

    `refs`: project and number of each. The locks are taken in this order.
    """
    if refs and connection.dialect.name == "postgresql":
        keys = [(project_id << 24 ^ iid) % 2**62 for project_id, iid in refs]
        connection.execute(_LOCK_MERGE_REQUESTS, {"keys": keys})


_LOCK_MERGE_REQUESTS = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


def _open_sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(
            "An in-memory SQLite loses every job with its process", mend="write sqlite:///PATH with a file"
        )
    _make_private(Path(url.database))
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, one_writer=True)


def _make_private(path: Path) -> None:
    """The file holds source code: folder 0700 when we make it, file 0600 always."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise ConfigurationError(
            f"The database file {path} cannot be written: {error.strerror}",
            mend="set REVIEWBOT_DATA_DIR or REVIEWBOT_DATABASE_URL to a place that this user may write to",
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # None: the driver opens no transactions by itself, `_begin_sqlite` does.
    connection.isolation_level = None
    # Readers and the writer do not wait for each other. Kept in the file: asked first, as setting it takes a full lock.
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        _switch_to_wal(connection)
    # With WAL, NORMAL keeps the file whole and survives a killed process; only a power cut may lose the last commits,
    # and then the poll finds the merge requests again. FULL costs a disk flush per commit.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """SQLite's busy time-out does not cover this switch, and two processes may start at once."""
    ends = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """IMMEDIATE takes the write lock first: a transaction that reads before it writes cannot fail half-way."""
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _open_postgresql(url: URL, pool_size: int) -> Database:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,  # they hold source code and comments, and an error's text gets into the log
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,  # the server, or something between, may have closed an idle connection
            pool_recycle=1800,
            connect_args={"connect_timeout": 10},
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ConfigurationError(
            "PostgreSQL is configured, but its driver is not installed", mend="pip install 'reviewbot[postgres]'"
        ) from error
    return Database(engine, one_writer=False)


# PostgreSQL: serialization failure, deadlock, unique violation (another transaction was first).
_RACES = frozenset({"40001", "40P01", "23505"})


def _lost_a_race(error: DBAPIError) -> bool:
    original: Any = error.orig
    if isinstance(original, sqlite3.Error):
        return isinstance(error, IntegrityError) or "locked" in str(original) or "busy" in str(original)
    return getattr(original, "sqlstate", None) in _RACES


def _as_ours(error: DBAPIError) -> ReviewbotError:
    """Without the original behind it: PostgreSQL cites the whole row in its details."""
    if isinstance(error, OperationalError):
        return StoreUnavailable(
            f"The database does not answer: {str(error.orig).strip()}",
            mend="see that it runs, and that REVIEWBOT_DATABASE_URL names it",
        )
    diagnosis = getattr(error.orig, "diag", None)
    words = diagnosis.message_primary if diagnosis is not None else str(error.orig)
    return StoreRejected(f"The database does not take this: {type(error).__name__}: {words}")
