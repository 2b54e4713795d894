"""Fixtures for all tests: a clean environment, no way out of loopback, real Redis, SQLite and PostgreSQL."""

import contextlib
import gc
import ipaddress
import os
import shutil
import socket
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # test folders are not packages: `import servers` from everywhere

import servers  # needs the path above
from prefork import Prefork


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One more than there are cores: end-to-end tests wait for other processes half of their time."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_collection_finish():
    """What was imported to find the tests stays: garbage is not looked for in it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path):
    """No setting of the machine gets into a test; the data folder and the configuration file are its own."""
    for name in os.environ:
        if name.startswith("REVIEWBOT_") or name in {"CI", "GITLAB_CI"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("REVIEWBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("REVIEWBOT_CONFIG", os.devnull)


def _refuse_beyond_loopback(address):
    if not isinstance(address, tuple):
        return  # a Unix socket
    host = str(address[0])
    try:
        inside = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        inside = host == "localhost"
    if not inside:
        raise RuntimeError(f"A test tried to reach {host}: tests stay on loopback")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    """Refuse connections that leave the machine. Subprocesses are not covered: they get loopback URLs only.

    The methods are put on the class itself: sockets that were imported by name, and those of TLS, are guarded too.
    """
    plain = socket.socket

    def connect(self, address):
        _refuse_beyond_loopback(address)
        return super(plain, self).connect(address)

    def connect_ex(self, address):
        _refuse_beyond_loopback(address)
        return super(plain, self).connect_ex(address)

    monkeypatch.setattr(plain, "connect", connect)
    monkeypatch.setattr(plain, "connect_ex", connect_ex)


@contextlib.contextmanager
def _or_skip(name, server):
    """A started server, or a skip that says what is missing."""
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(server)
        except servers.Unavailable as missing:
            pytest.skip(f"{name}: {missing}")
        yield url


@pytest.fixture(scope="session")
def prefork():
    """Starts processes of reviewbot, faster than the interpreter does."""
    with contextlib.closing(Prefork()) as made:
        yield made


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    """A real Redis for this session. Its tests share its one database: call `FLUSHALL` at will."""
    with _or_skip("Redis", servers.redis_server(tmp_path_factory.mktemp("redis"))) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url():
    """A real PostgreSQL for this session: the URL of its `postgres` database (make your own beside it)."""
    with _or_skip("PostgreSQL", servers.postgres_server()) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    """A migrated, empty SQLite file to copy: migrations run once per session, not once per test."""
    from reviewbot.db.engine import open_database
    from reviewbot.db.schema import upgrade

    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.close()  # the last connection folds the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url):
    """The name of a migrated, empty PostgreSQL database to use as a template."""
    from reviewbot.db.engine import open_database
    from reviewbot.db.schema import upgrade

    url = _create_database(postgres_url, "template0")
    database = open_database(url)
    upgrade(database)
    database.close()
    return url.rpartition("/")[2]


def _create_database(postgres_url, template):
    import psycopg

    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"{postgres_url.rpartition('/')[0]}/{name}"


@pytest.fixture
def empty_postgres_url(postgres_url):
    """A new PostgreSQL database without any table."""
    return _create_database(postgres_url, "template0")


@pytest.fixture
def sqlite_url(migrated_sqlite, tmp_path):
    """A new, migrated SQLite database of this test."""
    path = tmp_path / "test.sqlite3"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """A new, migrated database of this test: once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url")
    template = request.getfixturevalue("migrated_postgres")
    return _create_database(request.getfixturevalue("postgres_url"), template)
