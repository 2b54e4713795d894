"""A job table, and workers around it."""

import time

import pytest

from reviewbot.db.engine import open_database
from reviewbot.db.jobs import JobTable

PATIENCE = 30  # seconds until something that does not come counts as missing


@pytest.fixture
def database(sqlite_url):
    database = open_database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def jobs(database):
    return JobTable(database, debounce_seconds=0.2, lease_seconds=30)


@pytest.fixture
def until():
    """Wait until something is true; returns it."""

    def wait(condition):
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < end, "it did not come"
            time.sleep(0.01)
        return found

    return wait
