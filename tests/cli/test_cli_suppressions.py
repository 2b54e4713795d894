"""`reviewbot suppressions`: what people have dismissed, on the command line."""

from dataclasses import replace

import pytest

from reviewbot.db.engine import open_database
from reviewbot.db.schema import upgrade
from reviewbot.db.suppressions import SuppressionTable
from reviewbot.model.finding import Category, Severity
from reviewbot.model.memory import Suppression

DISMISSED = Suppression(
    project_id=7,
    iid=3,
    fingerprint="f1",
    paths=("src/a.py",),
    anchored="abc",
    around=(),
    claim=("eval",),
    title="Unsafe \x1b[31meval",
    rule=None,
    category=Category.SECURITY,
    severity=Severity.WARNING,
    how="thumbs_down",
    by="ann",
    at=86_400.0,
    project_wide=True,
)


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path}/data/r.sqlite3"
    database = open_database(url)
    upgrade(database)
    table = SuppressionTable(database)
    table.record(DISMISSED)
    table.record(replace(DISMISSED, project_id=8, title="Other", project_wide=False))
    yield {"database_url": url, "data_dir": tmp_path / "data"}
    database.close()


def test_the_list_names_what_who_and_how_and_moves_no_terminal(reviewbot, store):
    done = reviewbot("suppressions", "list", **store)
    assert done.out == (
        "     2  8!3  1970-01-02  src/a.py: Other  (thumbs down by ann, this merge request only)\n"
        "     1  7!3  1970-01-02  src/a.py: Unsafe \u241b[31meval  (thumbs down by ann)\n"
    )
    assert "Other" not in reviewbot("suppressions", "list", "--project", "7", **store).out


def test_a_lifted_one_leaves_the_list_and_is_lifted_once(reviewbot, store):
    assert reviewbot("suppressions", "lift", "1", "--by", "owner", **store).code == 0
    assert "eval" not in reviewbot("suppressions", "list", **store).out
    assert "lifted" in reviewbot("suppressions", "list", "--all", **store).out
    again = reviewbot("suppressions", "lift", "1", **store)
    assert (again.code, "reviewbot suppressions list" in again.err) == (2, True)
