"""`reviewbot holds`: the kinds of findings that are held back, on the command line."""

import time

import pytest

from reviewbot.db.engine import open_database
from reviewbot.db.schema import upgrade
from reviewbot.db.suppressions import SuppressionTable
from reviewbot.model.finding import Category, Severity
from reviewbot.model.memory import Suppression


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path}/data/r.sqlite3"
    database = open_database(url)
    upgrade(database)
    table = SuppressionTable(database)
    for iid in (1, 2, 3):
        table.record(
            Suppression(
                project_id=7,
                iid=iid,
                fingerprint=f"f{iid}",
                paths=("src/a.py",),
                anchored="abc",
                around=(),
                claim=(),
                title="Missing \x1b[31mdocstring",
                rule=None,
                category=Category.DOCUMENTATION,
                severity=Severity.WARNING,
                how="words",
                by="ann",
                at=time.time(),
                project_wide=True,
            )
        )
    yield {"database_url": url, "data_dir": tmp_path / "data"}
    database.close()


def test_the_list_has_numbers_counts_and_examples_and_moves_no_terminal(reviewbot, store):
    done = reviewbot("holds", "list", **store)
    first, *examples = done.out.splitlines()
    assert first.startswith("     1  7  ")
    assert first.endswith("Missing \u241b[31mdocstring  (documentation, code.py; 3 dismissed in 3 merge requests)")
    assert sorted(examples) == [f"        !{iid} src/a.py: Missing \u241b[31mdocstring" for iid in (1, 2, 3)]
    assert (
        reviewbot("holds", "list", "--project", "8", **store).out
        == "Nothing is held back in project 8 (--all: lifted too)\n"
    )


def test_a_lifted_one_leaves_the_list_and_comes_back(reviewbot, store):
    reviewbot("holds", "list", **store)
    assert reviewbot("holds", "lift", "1", "--by", "owner", **store).code == 0
    assert reviewbot("holds", "list", **store).out == "Nothing is held back (--all: lifted too)\n"
    assert "lifted by owner" in reviewbot("holds", "list", "--all", **store).out
    again = reviewbot("holds", "lift", "1", **store)
    assert (again.code, "reviewbot holds list" in again.err) == (2, True)
    assert reviewbot("holds", "restore", "1", **store).code == 0
    assert reviewbot("holds", "list", **store).out != ""
    assert reviewbot("holds", "restore", "1", **store).code == 2
