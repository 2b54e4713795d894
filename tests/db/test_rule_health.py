"""What rule health is made of, on both databases: the same as the comments one by one, and what rules left unsaid."""

import json
from dataclasses import replace

import pytest
from alembic import command
from sqlalchemy import event as listening

from reviewbot.core import feedback, rule_health
from reviewbot.db import schema
from reviewbot.db.comments import CommentTable
from reviewbot.db.engine import open_database
from reviewbot.db.purging import purge_older, purge_person, purge_project
from reviewbot.db.rule_health import HealthTable
from reviewbot.db.watching import WatchTable
from reviewbot.model.chunk import Tier
from reviewbot.model.event import Closed, Delivery, Ignored, Reaction, ReviewWanted
from reviewbot.model.feedback import Ended, Said
from reviewbot.model.finding import Anchor, Category, Dropped, Finding, Severity
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Examination, Outcome, Published, Verdict
from reviewbot.model.prompt import Usage

REF = MergeRequestRef(7, 3)
SAID = 100.0


def finding(name, rule="no-eval"):
    anchor = Anchor("src/a.py", (None, 4), (None, 6))
    made = Finding(anchor, Severity.WARNING, Category.CORRECTNESS, f"Title {name}", "Body", rule=rule)
    return replace(made, fingerprint=name, reviewer="correctness")


def shadow(name, rule="drafted", stage="shadow"):
    return Dropped(stage, "a draft", "src/a.py", f"Title {name}", rule, name)


@pytest.fixture
def stage(database, jobs):
    return Stage(database, jobs)


class Stage:
    def __init__(self, database, jobs):
        self.jobs = jobs
        self.comments = CommentTable(database)
        self.watched = WatchTable(database)
        self.health = HealthTable(database)
        self.database = database
        self.notes = 10

    def run(self, *findings, dropped=(), ref=REF, now=SAID, head="a"):
        """A run on `head` that posted these. -> their note ids by name."""
        examination = Examination(Verdict.MINOR_ISSUES, Tier.FULL, findings, (), tuple(dropped), Usage(requests=1))
        posted = {one.fingerprint: self.notes + number for number, one in enumerate(findings, 1)}
        self.notes += len(findings)
        threads = {name: f"d-{name}" for name in posted}
        job_id = self.jobs.want(ReviewWanted(ref, head, "opened", "g/p", "A title", "ann"), now)
        _, lease = self.jobs.take(job_id, "me", now)
        self.jobs.finish(lease, Outcome("done", "", head, examination, Published(posted, discussions=threads)), now)
        return posted

    def end(self, ref=REF, head="z", state="merged", *, read_last=True):
        self.watched.told(ref, state, read_last=read_last, now=150.0, quiet=0.0, head_sha=head)

    def deliver(self, event, said=None):
        body = json.dumps({"user": {"id": 5, "username": "ada"}}).encode()
        self.jobs.receive_many([Delivery(f"{event}{said}", "h", body, event, said)], 200.0)

    def facts(self, since=50.0, until=1_000.0, project_id=None):
        return self.health.facts(since, until, project_id)


def test_groups_tell_the_same_as_the_comments_one_by_one(stage):
    other = MergeRequestRef(8, 1)
    notes = stage.run(
        *(finding(name) for name in ("fixed", "liked", "silent", "hated", "gone")), finding("plain", None)
    )
    stage.run(finding("elsewhere"), ref=other, head="z")
    stage.run(finding("open"), ref=MergeRequestRef(7, 9))
    stage.comments.tell(REF, [Ended("fixed", "fixed"), Ended("hated", "dismissed", "words", 5)], 140.0)
    stage.deliver(Reaction(REF, notes["liked"], 5, "thumbsup_tone3", True, None))
    stage.deliver(Reaction(REF, notes["hated"], 5, "-1", True, None))
    stage.deliver(Reaction(REF, notes["silent"], 5, "heart", True, None))
    stage.deliver(Ignored("not a command"), Said(REF, 50, "d-hated", 5, "no", 150.0))
    stage.deliver(Ignored("not a command"), Said(REF, 51, "d-silent", 5, "other", 150.0))
    stage.end()
    stage.end(other)
    tallies = stage.facts().tallies
    mine = [one for one in tallies if one.rule == "no-eval"]
    found = rule_health.counts(mine)
    assert (found.addressed, found.dismissed, found.silent, found.no_chance) == (1, 1, 3, 2)
    assert (found.incorrect, found.ups, found.downs, found.valued) == (1, 1, 1, 2)
    listed = stage.comments.listed()
    assert sum(one.count for one in tallies) == len(listed) == 8
    endings = [feedback.ending(one) for one in listed if one.rule]
    assert endings.count("addressed") == found.addressed
    assert endings.count("dismissed") == found.dismissed
    assert [(one.rule, one.reviewer) for one in tallies if one.rule is None] == [(None, "correctness")]
    assert {one.reviewer for one in mine} == {""}


def test_what_was_posted_for_the_last_head_had_no_chance_and_an_unknown_head_has_one(stage):
    stage.run(finding("first"), head="a")
    stage.run(finding("second"), head="b", now=SAID + 1)
    stage.end(head="b")
    assert rule_health.counts(stage.facts().tallies).no_chance == 1
    stage.end(head="")
    assert rule_health.counts(stage.facts().tallies).no_chance == 0
    stage.end(state="opened", head="b")  # opened again
    assert rule_health.counts(stage.facts().tallies).no_chance == 2


def test_windows_and_projects_are_told_apart(stage):
    stage.run(finding("before"), now=60.0)
    stage.run(finding("now"), head="b", now=120.0)
    stage.run(finding("old"), head="c", now=10.0, ref=MergeRequestRef(7, 4))
    stage.run(finding("other"), now=120.0, ref=MergeRequestRef(8, 1))
    found = stage.facts(since=100.0, until=150.0, project_id=7).tallies
    assert sorted((one.before, one.count) for one in found) == [(False, 1), (True, 1)]
    assert sum(one.count for one in stage.facts(since=100.0, until=150.0).tallies) == 3
    assert stage.health.project("g/p") in {7, 8}
    assert stage.health.project("g/other") is None


def test_a_draft_s_findings_count_once_however_many_runs_see_them(stage):
    stage.run(dropped=[shadow("s1"), shadow("s2"), shadow("h1", "annoying", "held_back"), Dropped("cap", "more")])
    stage.run(dropped=[shadow("s1"), shadow("s3"), Dropped("shadow", "without a rule", "a.py", "T")], head="b")
    stage.run(dropped=[shadow("s1")], ref=MergeRequestRef(8, 1))
    unsaid = {(one.rule, one.stage): (one.count, one.merge_requests) for one in stage.facts().unsaid}
    assert unsaid == {("drafted", "shadow"): (4, 2), ("annoying", "held_back"): (1, 1)}
    assert {one.rule: one.count for one in stage.facts(project_id=8).unsaid} == {"drafted": 1}
    assert stage.facts(since=900.0).unsaid == ()


def test_a_draft_that_hits_everything_fills_no_database(stage):
    stage.run(dropped=[shadow(f"s{number}") for number in range(700)])
    stage.run(dropped=[shadow(f"t{number}") for number in range(700)], head="b")
    assert stage.facts().unsaid[0].count == 500


def test_what_was_left_unsaid_is_forgotten_with_its_age_its_project_and_its_author(stage):
    for forget, left in (
        (lambda: purge_older(stage.database, 900.0), 2),
        (lambda: purge_project(stage.database, 8), 1),
        (lambda: purge_person(stage.database, "ann"), 0),
    ):
        stage.run(dropped=[shadow("s1")], now=2_000.0, head=f"head{left}")
        stage.run(dropped=[shadow("s2")], now=2_000.0, ref=MergeRequestRef(8, 1), head=f"head{left}")
        forget()
        assert sum(one.count for one in stage.facts(until=5_000.0).unsaid) == left


def test_the_number_of_queries_does_not_grow_with_rules_and_comments(stage):
    queries = []
    listening.listen(stage.database.engine, "before_cursor_execute", lambda *asked: queries.append(asked[2]))
    stage.facts()
    few, queries[:] = len(queries), []
    stage.run(*(finding(f"f{number}", f"rule-{number}") for number in range(40)), dropped=[shadow("s1")])
    queries.clear()
    assert len(stage.facts().tallies) == 40
    assert len(queries) == few


def test_a_merge_request_that_was_closed_by_an_event_waits_for_a_look(stage):
    stage.run(finding("f1"))
    stage.deliver(Closed(REF, "merged"))
    assert rule_health.counts(stage.facts().tallies).unclear == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_comments_of_an_earlier_version_learn_their_heads(kind, request, tmp_path):
    url = f"sqlite:///{tmp_path}/old.sqlite3" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    database = open_database(url)

    def work(connection):
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        connection.exec_driver_sql(
            "INSERT INTO run (id, job_id, project_id, iid, path, title, trigger, head_sha, state, reason, verdict,"
            " tier, findings, posted, model_requests, prompt_tokens, cached_tokens, completion_tokens, forge_requests,"
            " seconds, finished_at, record) VALUES (1, 1, 7, 3, 'g/p', '', 'opened', 'abc', 'done', '', '', '',"
            " 1, 1, 0, 0, 0, 0, 0, 1.0, 1.0, '')"
        )
        for name, run_id in (("known", 1), ("forgotten", 2)):
            connection.exec_driver_sql(
                "INSERT INTO comment (project_id, iid, fingerprint, run_id, note_id, severity, category, source, file,"
                f" line, title, placed, at) VALUES (7, 3, '{name}', {run_id}, 1, 'warning', 'security', 'model', 'a',"
                " 1, '', '', 1.0)"
            )

    database.write(work)
    schema.upgrade(database)
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT fingerprint, head_sha FROM comment ORDER BY fingerprint").all()
    assert [tuple(row) for row in rows] == [("forgotten", ""), ("known", "abc")]
    database.close()
