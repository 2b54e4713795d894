"""`reviewbot rules health` on the command line, over a database with a few hundred comments."""

import json
import time

import pytest
from sqlalchemy import insert

from reviewbot.db.engine import open_database
from reviewbot.db.feedback_tables import comment, unsaid, watch
from reviewbot.db.schema import upgrade
from reviewbot.db.tables import job

PLAIN = {"severity": "warning", "category": "security", "source": "pattern", "file": "a.py", "line": 1, "title": "T"}


@pytest.fixture
def kept(tmp_path):
    """30 comments of a rule that is acted on, 30 of one that is not; in project 7, merged with another head."""
    url = f"sqlite:///{tmp_path}/data/r.sqlite3"
    database = open_database(url)
    upgrade(database)
    now = time.time()
    posted = {"project_id": 7, "iid": 1, "run_id": 1, "note_id": 0, "head_sha": "a", "placed": "", "at": now - 60}

    def work(connection):
        for rule, fate in (("worth/it", "fixed"), ("noise\x1b[31m", "")):
            rows = [posted | PLAIN | {"rule": rule, "fate": fate, "fingerprint": f"{rule}{n}"} for n in range(30)]
            connection.execute(insert(comment), rows)
        merged = {"state": "merged", "read_last": True, "head_sha": "z", "posted_at": now}
        connection.execute(insert(watch), merged | {"project_id": 7, "iid": 1})
        drafted = {"project_id": 7, "iid": 2, "stage": "shadow", "rule": "a/draft", "file": "a.py", "title": "T"}
        connection.execute(insert(unsaid), drafted | {"fingerprint": "s1", "at": now - 60})
        waiting = {"project_id": 7, "iid": 1, "path": "team/app", "head_sha": "a", "trigger": "opened", "state": "done"}
        columns = {column.name for column in job.c}
        times = {"due_at": now, "first_due_at": now, "created_at": now, "updated_at": now, "deadline_at": now}
        connection.execute(insert(job), waiting | {name: at for name, at in times.items() if name in columns})

    database.write(work)
    database.close()
    return {"database_url": url, "data_dir": tmp_path / "data"}


def test_the_table_tells_counts_bounds_and_advice_and_moves_no_terminal(reviewbot, kept):
    done = reviewbot("rules", "health", "--project", "team/app", **kept)
    assert (done.code, done.err, "\x1b" in done.out) == (0, "", False)
    lines = done.out.splitlines()
    good = next(number for number, line in enumerate(lines) if line.startswith("worth/it"))
    assert lines[good].endswith(".................--#  promote")
    assert lines[good + 1].strip() == "at least 89 % of its comments are addressed"
    assert "at most 11 % of its comments are addressed" in done.out
    assert "a draft: it would have said 1 in 1 merge requests" in done.out


def test_the_same_as_data_and_as_markdown(reviewbot, kept):
    told = json.loads(reviewbot("rules", "health", "--format", "json", **kept).out)
    assert {row["rule"]: (row["posted"], row["advice"]) for row in told["rules"]} == {
        "worth/it": (30, "promote"),
        "noise\x1b[31m": (30, "mute"),
        "a/draft": (0, "too few"),
    }
    table = reviewbot("rules", "health", "--project", "7", "--format", "markdown", **kept).out
    assert "| `worth/it` | 30 | 30 | 0 | 0 | 0 | 0 | 0 | 0/0 | 100 % (89 to 100) | **promote**" in table


def test_nothing_said_and_words_that_are_off_are_told_with_the_mend(reviewbot, kept):
    nothing = reviewbot("rules", "health", "--project", "8", "--since", "12w", **kept)
    assert nothing.out == "No rule has said anything in 8 in the last 12w\n"
    wrong = reviewbot("rules", "health", "--since", "soon", **kept)
    assert (wrong.code, "90d" in wrong.err) == (2, True)
    unknown = reviewbot("rules", "health", "--project", "no/such", **kept)
    assert (unknown.code, "give its number" in unknown.err) == (2, True)
