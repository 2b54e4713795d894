"""Reports in the artifacts of a pipeline, over HTTP from the stand-in."""

import pytest

from reviewbot.control import Control
from reviewbot.core.linter_reports import DEFAULT
from reviewbot.gitlab import reports
from reviewbot.standin.gitlab.state import Job

QUALITY = "gl-code-quality-report.json"


def job(name="quality", files=None, kinds=("codequality",), status="success"):
    return Job(0, name, status, {QUALITY: b"[]"} if files is None else files, kinds)


def read(world, paths=DEFAULT, pause=None):
    """The reports, and how many requests they took."""
    forge = world.forge()
    snapshot = forge.snapshot(world.ref, Control(30))
    before = forge.requests
    if pause:
        pause()
    found = forge.linter_reports(snapshot, paths, Control(30))
    return list(found), forge.requests - before


def test_no_pipeline_costs_no_request(world):
    assert read(world) == ([], 0)


def test_a_report_that_a_job_declares_is_read(world):
    world.project.pipeline("feature", job("build", {"app.bin": b"x"}, ()), job())
    assert read(world) == ([b"[]"], 2)


def test_absence_costs_two_requests_at_most(world):
    world.project.pipeline("feature", job("build", {"a": b"x"}, ()), job("tests", {}, ()))
    assert read(world) == ([], 1)
    world.project.pipeline("feature", *(job(f"lint {number}", {"a": b"x"}, ()) for number in range(5)))
    assert read(world) == ([], 2)


def test_a_lint_job_with_a_sarif_file_is_found_by_its_name(world):
    world.project.pipeline("feature", job("Lint", {"report.sarif": b"{}"}, ()))
    assert read(world) == ([b"{}"], 2)


def test_paths_of_the_owners_choice_are_asked_of_each_job_within_a_limit(world):
    many = [job(f"part {number}", {f"out/{number}.sarif": b"{}"}, ()) for number in range(20)]
    world.project.pipeline("feature", *many)
    found, requests = read(world, ("out/19.sarif", "out/18.sarif", "../../secrets", "out/a b.sarif"))
    assert found == [b"{}", b"{}"]
    assert requests == 1 + reports.MOST_REQUESTS


def test_jobs_that_run_and_pipelines_of_another_head_are_passed_over(world):
    world.project.pipeline("feature", job(status="running"), job("manual", status="manual"), status="running")
    assert read(world) == ([], 1)
    world.project.pipeline("feature", job())
    world.project.push("feature", {"more.py": "x = 1\n"})
    assert read(world) == ([], 0)


def test_a_report_that_is_too_large_is_left_where_it_is(world):
    world.project.pipeline("feature", job(files={QUALITY: b" " * 6_000_000}))
    assert read(world) == ([], 2)


@pytest.mark.parametrize("status", [403, 404, 500, 429])
def test_a_gitlab_that_does_not_give_them_is_no_obstacle(world, status):
    world.project.pipeline("feature", job())
    found, requests = read(world, pause=lambda: world.deny("GET", "pipelines", status))
    assert (found, requests) == ([], 1)
