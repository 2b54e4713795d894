"""Answers, history, runs, money, forgetting, the instance's key."""

import threading

import pytest

from reviewbot.db.answers import AnswerTable
from reviewbot.db.history import ReviewHistory
from reviewbot.db.instance import instance_key
from reviewbot.db.purging import purge_older, purge_person, purge_project
from reviewbot.db.runs import Runs
from reviewbot.db.states import MergeRequestStates
from reviewbot.db.wishes import WishTable
from reviewbot.errors import ConfigurationError, LeaseLost
from reviewbot.model.chunk import Tier
from reviewbot.model.event import CommandGiven, Ignored, Reaction, ReviewWanted
from reviewbot.model.finding import Anchor, Category, Finding, Severity
from reviewbot.model.job import JobState
from reviewbot.model.memory import Word
from reviewbot.model.merge_request import MergeRequestRef, OpenHead
from reviewbot.model.outcome import Examination, Outcome, Published, ReviewedVersion, Verdict
from reviewbot.model.policy import Wishes
from reviewbot.model.prompt import Answer, Usage

REF = MergeRequestRef(7, 3)
DAY = 86_400.0


class Clock:
    def __init__(self):
        self.now = 100 * DAY

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def finding(fingerprint):
    anchor = Anchor("src/a.py", (None, 4), (None, 6))
    return Finding(
        anchor, Severity.WARNING, Category.SECURITY, "Title", "Body", rule="no-eval", fingerprint=fingerprint
    )


def outcome(cost=0.25, fingerprints=("f1", "f2")):
    examination = Examination(
        Verdict.MINOR_ISSUES,
        Tier.FULL,
        tuple(finding(name) for name in fingerprints),
        (),
        (),
        Usage(requests=3, prompt_tokens=100, cached_tokens=40, completion_tokens=10, cost_usd=cost),
    )
    published = Published(posted={"f1": 11}, known=("f2",), fallbacks={"f1": "file"})
    return Outcome("done", "", "head", examination, published, forge_requests=9, seconds=1.5)


def run(jobs, outcome, now=100 * DAY, ref=REF, head="a", author="ann"):
    job_id = jobs.want(ReviewWanted(ref, head, "opened", "g/p", "A title", author), now)
    _, lease = jobs.take(job_id, "me", now)
    jobs.finish(lease, outcome, now)
    return job_id


def test_an_answer_is_kept_under_its_key_and_a_later_one_replaces_it(database, clock):
    answers = AnswerTable(database, clock=clock)
    assert answers.get("k") is None
    answers.put("k", Answer("one \0 \ud800", "stop", Usage(requests=1, cost_usd=None), "m"))
    answers.put("k", Answer("two", "length", Usage(requests=1, cost_usd=0.5), "m"))
    answers.put("other", Answer("one \0 \ud800", "stop", Usage(requests=1, cost_usd=None), "m"))
    assert answers.get("k") == Answer("two", "length", Usage(requests=1, cost_usd=0.5), "m")
    assert answers.get("other") == Answer("one \0 \ud800", "stop", Usage(requests=1, cost_usd=None), "m")


def test_an_old_answer_is_not_given_out(database, clock):
    answers = AnswerTable(database, days=30, clock=clock)
    answers.put("k", Answer("t", "stop", Usage(), "m"))
    clock.now += 29 * DAY
    assert answers.get("k") is not None
    clock.now += 2 * DAY
    assert answers.get("k") is None


def test_many_threads_may_keep_the_same_answer(database, clock):
    answers = AnswerTable(database, clock=clock)
    threads = [threading.Thread(target=answers.put, args=("k", Answer("t", "stop", Usage(), "m"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.get("k") == Answer("t", "stop", Usage(), "m")


def test_the_last_reviewed_version_is_remembered(database):
    history = ReviewHistory(database)
    assert history.last_reviewed(REF) is None
    history.remember(REF, ReviewedVersion("a"))
    version = ReviewedVersion("b", {"src/a.py": "digest"}, (finding("f1"),))
    history.remember(REF, version)
    assert history.retargeted([OpenHead(REF, "b", "main")]) == []
    assert history.last_reviewed(REF) == version
    assert history.last_reviewed(MergeRequestRef(7, 4)) is None


def test_open_heads_whose_reviewed_version_was_to_go_into_another_branch(database):
    history = ReviewHistory(database)
    history.remember(REF, ReviewedVersion("a", target_branch="main"))
    moved, pushed = OpenHead(REF, "a", "next"), OpenHead(REF, "b", "next")
    assert history.retargeted([OpenHead(REF, "a", "main"), moved, pushed, OpenHead(REF, "a")]) == [moved]


def test_a_run_is_reported_with_what_it_found_and_used(jobs, database):
    job_id = run(jobs, outcome())
    (report,) = Runs(database).recent()
    assert (report.job_id, report.ref, report.path, report.title, report.head_sha) == (
        job_id,
        REF,
        "g/p",
        "A title",
        "head",
    )
    assert (report.state, report.verdict, report.tier, report.findings, report.posted) == (
        "done",
        "minor_issues",
        "full",
        2,
        1,
    )
    assert report.usage == Usage(3, 100, 40, 10, 0.25)
    assert Runs(database).outcome(report.id) == outcome()
    assert Runs(database).of_job(job_id) == [report]
    assert Runs(database).recent(ref=MergeRequestRef(1, 1)) == []
    assert (jobs.get(job_id).state, jobs.get(job_id).head_sha) == (JobState.DONE, "head")


def test_the_head_that_was_reviewed_first_is_known_of_each_merge_request(jobs, database):
    for head, state in (("failed", "failed"), ("first", "incomplete"), ("second", "done")):
        job_id = jobs.want(ReviewWanted(REF, head, "opened"), 0.0)
        _, lease = jobs.take(job_id, "me", 1.0)
        jobs.finish(lease, Outcome(state, "", head), 2.0)
    assert Runs(database).first_heads(REF.project_id) == {REF.iid: "first"}
    assert Runs(database).first_heads(REF.project_id + 1) == {}


def test_money_is_counted_by_project_and_day(jobs, database):
    run(jobs, outcome(0.25), 100 * DAY, MergeRequestRef(7, 1))
    run(jobs, outcome(0.5), 100 * DAY + 10, MergeRequestRef(7, 2))
    run(jobs, outcome(None), 100 * DAY + 20, MergeRequestRef(7, 3))
    run(jobs, outcome(4.0), 101 * DAY, MergeRequestRef(7, 4))
    run(jobs, outcome(9.0), 100 * DAY, MergeRequestRef(8, 1))
    assert Runs(database).spent(7, 100 * DAY + 30) == 0.75
    assert Runs(database).spent(7, 101 * DAY) == 4.0
    assert Runs(database).spent(9, 101 * DAY) == 0.0


def test_a_run_that_lost_its_lease_leaves_no_outcome_but_its_cost(jobs, database):
    job_id = jobs.want(ReviewWanted(REF, "a", "opened"), 100 * DAY)
    _, lease = jobs.take(job_id, "me", 100 * DAY)
    jobs.reap(100 * DAY + 61)
    with pytest.raises(LeaseLost):
        jobs.finish(lease, outcome(0.25), 100 * DAY + 62)
    assert Runs(database).recent() == []
    assert Runs(database).spent(7, 100 * DAY + 62) == 0.25


def test_what_is_old_is_forgotten_and_what_is_open_stays(jobs, database, clock):
    jobs.receive("old", "h", b"{}", Ignored("x"), 10 * DAY)
    old = run(jobs, outcome(), 10 * DAY, MergeRequestRef(7, 1))
    open_job = jobs.want(ReviewWanted(MergeRequestRef(7, 2), "a", "opened"), 10 * DAY)
    clock.now = 10 * DAY
    AnswerTable(database, clock=clock).put("k", Answer("t", "stop", Usage(), "m"))
    ReviewHistory(database, clock=clock).remember(REF, ReviewedVersion("a"))
    WishTable(database, clock=clock).learn(7, "main", Wishes(), clock.now)
    new = run(jobs, outcome(), 90 * DAY, MergeRequestRef(7, 5))
    purged = purge_older(database, 60 * DAY)
    assert purged.rows == {
        "inbox": 1,
        "answer": 1,
        "reviewed": 1,
        "run": 1,
        "comment": 2,
        "reply": 0,
        "unsaid": 0,
        "watch": 1,
        "reaction": 0,
        "merge_request_state": 0,
        "suppression": 0,
        "wish": 1,
        "job": 1,
    }
    assert jobs.get(old) is None
    assert jobs.get(open_job) is not None
    assert jobs.get(new) is not None
    assert purge_older(database, 60 * DAY).total == 0


def test_a_project_is_forgotten_whole(jobs, database):
    run(jobs, outcome(), ref=MergeRequestRef(7, 1))
    kept = run(jobs, outcome(), ref=MergeRequestRef(8, 1))
    jobs.receive("k", "h", b"{}", Reaction(MergeRequestRef(7, 1), 1, 2, "thumbsup", awarded=True), 1.0)
    jobs.want(ReviewWanted(MergeRequestRef(7, 2), "a", "opened"), 1.0)
    states = MergeRequestStates(database)
    for ref in (MergeRequestRef(7, 1), MergeRequestRef(8, 1)):
        states.put_word(ref, "approved", Word("a"))
        states.override(ref, "it burns", "ann", note_id=ref.project_id)
    purge_project(database, 7)
    assert states.overrides() == 1
    assert states.standing_word(MergeRequestRef(7, 1), "approved") is None
    assert states.standing_word(MergeRequestRef(8, 1), "approved") == Word("a")
    assert [job.id for job in jobs.listed()] == [kept]
    assert [report.ref.project_id for report in Runs(database).recent()] == [8]
    assert Runs(database).spent(7, 100 * DAY) == 0.0


def test_a_person_is_forgotten(jobs, database):
    run(jobs, outcome(), ref=MergeRequestRef(7, 1), author="ann")
    kept = run(jobs, outcome(), ref=MergeRequestRef(7, 2), author="anna")
    asked = jobs.want(CommandGiven(MergeRequestRef(7, 3), "review", "", 5, "ann", 1, "d", "a"), 1.0)
    jobs.finish(jobs.take(asked, "me", 2.0)[1], Outcome("done"), 3.0)
    jobs.receive("1", "h", b'{"user": {"username": "ann"}}', Ignored("x"), 1.0)
    jobs.receive("2", "h", b'{"user":{"username":"anna"}}', Ignored("x"), 1.0)
    jobs.receive("3", "h", b"{}", Reaction(REF, 1, 5, "thumbsup", awarded=True), 1.0)
    purged = purge_person(database, "ann", 5)
    assert (purged.rows["inbox"], purged.rows["reaction"], purged.rows["job"]) == (1, 1, 2)
    assert [job.id for job in jobs.listed()] == [kept]
    assert [report.job_id for report in Runs(database).recent() if report.ref.iid != 3] == [kept]


def test_the_instances_key_is_made_once_and_private(tmp_path):
    key = instance_key(tmp_path / "data")
    assert len(key) == 64
    assert instance_key(tmp_path / "data") == key
    assert (tmp_path / "data" / "instance.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["instance.key"]


def test_a_configured_key_wins_and_makes_no_file(tmp_path):
    assert instance_key(tmp_path / "data", "given") == b"given"
    assert not (tmp_path / "data").exists()


def test_processes_that_start_together_get_the_same_key(tmp_path):
    keys = []
    threads = [threading.Thread(target=lambda: keys.append(instance_key(tmp_path))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 12
    assert len(set(keys)) == 1


def test_a_key_that_cannot_be_used_is_said_with_its_file(tmp_path):
    (tmp_path / "instance.key").write_bytes(b"")
    with pytest.raises(ConfigurationError, match=r"instance\.key is empty"):
        instance_key(tmp_path)
    with pytest.raises(ConfigurationError, match="neither be read nor made"):
        instance_key(tmp_path / "instance.key")
