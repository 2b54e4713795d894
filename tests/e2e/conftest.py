"""A stage per test."""

import pytest
from e2e.stage import Stage


@pytest.fixture
def stage(sqlite_url, tmp_path):
    """Everything set up on a SQLite file of its own; nothing is running yet, no merge request is open."""
    with Stage(tmp_path, sqlite_url) as stage:
        yield stage


@pytest.fixture
def farm(stage, redis_url):
    """The same on Redis, for processes of their own."""
    stage.broker(redis_url)
    return stage
