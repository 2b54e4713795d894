"""Migrations on both databases: complete, repeatable, one at a time."""

import threading

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from reviewbot.db import schema
from reviewbot.db.engine import open_database
from reviewbot.db.tables import metadata
from reviewbot.errors import ConfigurationError, StoreUnavailable


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    return (
        f"sqlite:///{tmp_path / 'made' / 'new.sqlite3'}"
        if request.param == "sqlite"
        else request.getfixturevalue("empty_postgres_url")
    )


def test_migrations_make_exactly_the_tables_that_the_code_declares(database_url):
    database = open_database(database_url)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_an_empty_database_is_not_current_until_it_is_upgraded(empty_url):
    database = open_database(empty_url)
    assert (schema.current(database), schema.is_current(database)) == (None, False)
    schema.upgrade(database)
    assert (schema.current(database), schema.is_current(database)) == (schema.head(), True)
    schema.upgrade(database)
    assert schema.is_current(database)
    database.close()


def test_comments_that_were_kept_once_per_run_become_one_row(empty_url):
    database = open_database(empty_url)

    def work(connection):
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for run_id, fingerprint, at in ((1, "f1", 10.0), (2, "f1", 20.0), (2, "f2", 20.0)):
            connection.exec_driver_sql(
                "INSERT INTO posted (run_id, fingerprint, project_id, iid, note_id, severity, category, source, file,"
                f" line, title, placed, at) VALUES ({run_id}, '{fingerprint}', 7, 3, 5, 'warning', 'security', 'model',"
                f" 'a.py', 1, 'Title', '', {at})"
            )

    database.write(work)
    schema.upgrade(database)
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT fingerprint, run_id, at FROM comment ORDER BY fingerprint").all()
        assert [tuple(row) for row in rows] == [("f1", 1, 10.0), ("f2", 2, 20.0)]
        assert connection.exec_driver_sql("SELECT posted_at FROM watch").all() == [(20.0,)]
    database.close()


def test_processes_that_start_together_migrate_once(empty_url):
    databases = [open_database(empty_url) for _ in range(4)]
    errors = []

    def start(database):
        try:
            schema.upgrade(database)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=start, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert schema.is_current(databases[0])
    for database in databases:
        database.close()


def test_the_sqlite_file_and_its_folder_belong_to_the_owner_alone(tmp_path):
    path = tmp_path / "data" / "reviewbot.sqlite3"
    open_database(f"sqlite:///{path}").close()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_sqlite_writes_ahead_and_its_extra_files_are_private_too(sqlite_url, tmp_path):
    database = open_database(sqlite_url)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob("test.sqlite3*")}
    assert modes == {0o600}
    database.close()


@pytest.mark.parametrize("url", ["mysql://host/name", "not a url", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_cannot_be_used_is_refused_with_the_setting_or_the_reason(url):
    with pytest.raises(ConfigurationError) as refused:
        open_database(url)
    assert refused.value.mend


def test_a_database_that_does_not_answer_is_a_transient_error():
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        schema.current(database)
    database.close()
