"""The job table on a fresh SQLite file: attacks on databases of both kinds ask for `database_url` themselves."""

import pytest

from reviewbot.db.engine import open_database
from reviewbot.db.jobs import JobTable
from reviewbot.db.schema import upgrade


@pytest.fixture
def jobs(tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/jobs.sqlite3")
    upgrade(database)
    yield JobTable(database)
    database.close()
