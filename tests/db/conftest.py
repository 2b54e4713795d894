"""The job table on a fresh database, once per kind of database."""

import pytest

from reviewbot.db.engine import open_database
from reviewbot.db.jobs import JobTable


@pytest.fixture
def database(database_url):
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def jobs(database):
    return JobTable(database, debounce_seconds=3, debounce_max_seconds=10, lease_seconds=60)
