"""A stage per test, or a house per module."""

import contextlib
import os

import pytest
from e2e.house import House
from e2e.stage import Stage

from reviewbot.standin.model_script import reviewer


@pytest.fixture
def stage(sqlite_url, tmp_path, prefork):
    """Everything set up on a SQLite file of its own; nothing is running yet, no merge request is open."""
    with Stage(tmp_path, sqlite_url, prefork) as stage:
        yield stage


@pytest.fixture
def farm(stage, redis_url):
    """The same on Redis, for processes of their own."""
    stage.broker(redis_url)
    return stage


@pytest.fixture(scope="module")
def house(tmp_path_factory, migrated_sqlite):
    """All of reviewbot in this process, shared by the tests of a module: each opens its own project in it."""
    with pytest.MonkeyPatch.context() as environment, contextlib.ExitStack() as stack:
        for name in [name for name in os.environ if name.startswith("REVIEWBOT_")]:
            environment.delenv(name)
        yield stack.enter_context(House(tmp_path_factory.mktemp("house"), migrated_sqlite))


@pytest.fixture(autouse=True)
def _fresh_model(request):
    """A test that told the model or the faults what to do leaves nothing of it behind."""
    yield
    if "house" in request.fixturenames:
        house = request.getfixturevalue("house")
        house.model.script = reviewer()
        house.faults.clear()


@pytest.fixture
def own_house(tmp_path, migrated_sqlite):
    """Make a house with settings of its own, `own_house(review_drafts=True)`; not in a module that shares `house`.

    There is one embedded worker in a process at a time.
    """
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(House(tmp_path, migrated_sqlite, **settings))
