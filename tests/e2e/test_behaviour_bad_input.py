"""Merge requests with nothing to read or too much, gone ones, tokens that may not: a stated outcome each time."""

import threading

import pytest
from e2e.house import Case, code

from reviewbot.standin.model_script import Behaviour, reviewer

BEFORE = code(30)
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = x  # PLANT(warning): Plant 7\n")
ON = [("app.py", "value_7 = x  # PLANT(warning): Plant 7")]
FOR_EVER = 10**6


def test_a_merge_request_without_changes(house):
    project, developer = house.project({"app.py": BEFORE})
    project.commit("feature", {"app.py": AFTER}, author=developer)
    project.commit("feature", {"app.py": BEFORE}, author=developer)
    mr = project.merge_request("feature", "main", f"Nothing {project.id}", author=developer)
    case = Case(house, project, developer, mr, len(house.model.requests))
    case.reviewed()
    assert "Nothing to review" in case.summary()
    assert case.prompts() == []


def test_a_merge_request_of_binaries_only(house):
    case = house.open({"a.bin": b"\0\1\2"}, {"a.bin": b"\0\1\3", "b.png": b"\x89PNG\r\n\0\0"})
    case.reviewed()
    assert case.prompts() == []
    assert {state for state, _ in case.coverage().values()} == {"skipped"}
    assert "Nothing to review: 2 changed files" in case.summary()
    assert case.status() == "success"


def test_3000_files_end_in_a_bounded_review_that_names_what_it_read(house):
    before = {f"d{n % 60}/f{n}.py": f"value = {n}\n" for n in range(3_000)}
    after = {path: text + "more = 1\n" for path, text in before.items()}
    plant = "more = 1  # PLANT(critical): The last file\n"
    after["d59/f2999.py"] = before["d59/f2999.py"] + plant
    case = house.open(before, after)
    report = case.reviewed()
    assert len(case.coverage()) == 3_000
    assert {state for state, _ in case.coverage().values()} == {"reviewed"}
    assert case.on() == [("d59/f2999.py", plant.rstrip())]
    assert report.usage.requests == case.requests
    assert len(case.prompts()) <= 80
    assert report.forge_requests <= 80
    assert len(case.summary().encode()) <= 100_000


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


def test_a_merge_request_that_is_deleted_while_it_is_reviewed(house, gate):
    house.model.script = lambda received: Behaviour(text=reviewer()(received).text, gate=gate, gate_at=1)
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    house.until(case.prompts, "the model is asked")
    case.lab.delete_merge_request(case.mr)
    gate.set()
    job = case.settled()
    assert (job.state, case.report().state) == ("failed", "failed")
    assert "404" in job.reason
    assert case.report().usage.requests in {0, 1}


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_without_permission_to_read_ends_the_job_with_the_mend(house, status):
    house.faults.add("GET", r"/api/v4/projects/\d+/merge_requests/", "deny", times=FOR_EVER, retry_after=str(status))
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    job = case.settled()
    assert job.state == "failed"
    assert str(status) in job.reason
    assert "(" in job.reason  # the mend
    assert (case.prompts(), case.comments, len(case.jobs())) == ([], [], 1)
    # Nothing is lost: with a better token a person runs it again.
    house.faults.clear()
    assert house.store.jobs.requeue(job.id, 0.0) == job.id
    house.tell(job.id)
    case.reviewed()
    assert case.on() == ON


def test_a_token_that_may_read_and_not_write_ends_in_words(house):
    house.faults.add("POST", r"/(draft_notes|discussions|notes|statuses/)", "deny", times=FOR_EVER, retry_after="403")
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    job = case.settled()
    assert job.state == "failed"
    assert "403" in job.reason
    house.faults.clear()
    house.store.jobs.requeue(job.id, 0.0)
    house.tell(job.id)
    asked = len(house.model.requests)
    case.reviewed()
    assert case.on() == ON
    assert len(house.model.requests) == asked  # the answer was kept


def test_a_token_that_may_not_set_the_status_is_a_warning(house):
    house.faults.add("POST", r"/statuses/", "deny", times=FOR_EVER, retry_after="403")
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == ON
    assert any("status" in warning for warning in case.outcome().published.warnings)


def test_without_draft_notes_discussions_are_posted_one_by_one(house):
    house.faults.add("*", r"/draft_notes", "deny", times=FOR_EVER, retry_after="404")
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == ON


def test_diff_refs_that_are_not_ready_are_waited_for(house):
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER}, unready_reads=2)
    case.reviewed()
    assert case.on() == ON


def test_a_rate_limit_is_waited_out(house):
    house.faults.add("GET", r"/diffs$", "limit", retry_after="0")
    house.faults.add("POST", r"/bulk_publish$", "limit", retry_after="0")
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == ON


def test_a_line_that_gitlab_does_not_take_falls_back_and_is_not_lost(house):
    """As with a position that GitLab refuses although it was checked: every kind of position is 400."""
    house.faults.add("POST", r"/(draft_notes|discussions)$", "deny", times=FOR_EVER, retry_after="400")
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed()
    assert case.comments == []
    assert "could not place" in case.summary()
    assert "Plant 7" in case.summary()
