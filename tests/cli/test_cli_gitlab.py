"""`reviewbot review MR_URL`, `doctor`, and the commands about the instance's own data."""

import json
import os
import re
import socket
import threading

import pytest
from cli.conftest import model

from reviewbot.standin import model_script
from reviewbot.standin.gitlab.state import REPORTER


@pytest.fixture
def trap():
    """A server of another host: it counts connections, answers none."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections = []

    def listen():
        while True:
            try:
                connections.append(listener.accept())
            except OSError:
                return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    for connection, _ in connections:
        connection.close()


def test_a_merge_request_is_printed_and_nothing_is_written(reviewbot, stage):
    with model() as (_, settings):
        done = reviewbot("review", stage.url, "--format", "json", **settings, **stage.settings)
    review = json.loads(done.out)
    assert done.code == 1
    assert [(one["path"], one["start_line"], one["title"]) for one in review["findings"]] == [
        ("app.py", 7, "Seven is not defined")
    ]
    assert stage.writes == []
    assert "Planning the comments" in done.err
    assert "Publishing" not in done.err


def test_what_is_not_proven_fails_nothing(reviewbot, stage):
    def doubting(received):
        if received.schema != "verdicts":
            return model_script.reviewer()(received)
        told = [
            {**one, "verdict": "unproven", "reason": "It depends."} for one in model_script.confirmed(received.text)
        ]
        return model_script.Behaviour(text=json.dumps({"verdicts": told}))

    with model() as (standin, settings):
        standin.judge = doubting
        done = reviewbot("review", stage.url, "--fail-on", "suggestion", **settings, **stage.settings)
    assert (done.code, "(not proven)" in done.out) == (0, True)


def test_post_writes_once_and_a_second_time_nothing(reviewbot, stage):
    with model() as (standin, settings):
        first = reviewbot("review", stage.url, "--post", **settings, **stage.settings)
        assert first.code == 1
        assert "Posted 1 new comments" in first.out
        (comment,) = stage.lab.comments(stage.mr)
        assert comment.text == "value_7 = seven()  # PLANT(critical): Seven is not defined"
        notes, asked = len(stage.mr.notes), len(standin.requests)
        second = reviewbot("review", stage.url, "--post", **settings, **stage.settings)
    assert "Posted 0 new comments" in second.out
    assert "1 of 1 files read, by an earlier review: nothing is new since; no model request" in second.out
    assert (len(stage.mr.notes), len(standin.requests)) == (notes, asked)
    listed = reviewbot("jobs", **stage.settings).out.splitlines()
    heading, *rows = (re.split(r"  +", line.strip()) for line in listed)
    assert heading[:4] == ["JOB", "STATE", "SINCE (UTC)", "VERDICT"]
    assert [(row[1], row[3], row[4]) for row in rows] == [("done", "significant concerns", "team/app!1")] * 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", row[2]) for row in rows)


def test_what_could_not_be_written_is_said(reviewbot, stage):
    bot, token = stage.lab.bot(stage.project, REPORTER)
    done = reviewbot("review", stage.url, "--post", **{**stage.settings, "gitlab_token": token})
    assert "Warning: The commit status could not be set" in done.err
    assert "The commit status could not be set" in reviewbot("jobs", **stage.settings).out
    assert [note.author for note in stage.lab.notes(stage.mr)] == [bot]


def test_a_ci_job_posts_only_with_a_key_that_later_jobs_have_too(reviewbot, stage, monkeypatch):
    monkeypatch.setenv("CI", "true")
    done = reviewbot("review", stage.url, "--post", **stage.settings)
    assert done.code == 2
    assert "REVIEWBOT_INSTANCE_KEY is not set, and this is a CI job" in done.err
    assert "openssl rand -hex 32" in done.err
    assert stage.lab.requests == []
    assert reviewbot("review", stage.url, **stage.settings).code == 0  # looking needs none
    assert reviewbot("review", stage.url, "--post", instance_key="k" * 32, **stage.settings).code == 0


def test_a_merge_request_of_another_host_is_refused_without_a_request(reviewbot, stage, trap):
    url, connections = trap
    for address in (
        f"{url}/team/app/-/merge_requests/1",
        stage.url.replace("127.0.0.1", "127.0.0.2"),
        stage.url.replace("http://", f"http://{stage.lab.url.removeprefix('http://')}@evil.example.com:1/"),
        stage.url.replace("http:", "https:"),
    ):
        done = reviewbot("review", address, "--post", **stage.settings)
        assert done.code == 2
        assert "the token stays home" in done.err
        assert stage.settings["gitlab_token"] not in done.said
    assert connections == []
    assert stage.lab.requests == []


def test_a_redirect_to_another_host_is_not_followed(reviewbot, stage, trap):
    url, connections = trap

    async def elsewhere(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 302, "headers": [(b"location", f"{url}/api".encode())]})
        await send({"type": "http.response.body"})

    from reviewbot.standin.serving import serving

    with serving(elsewhere) as home:
        done = reviewbot("review", f"{home}/a/b/-/merge_requests/1", gitlab_url=home, gitlab_token="glpat-x")
    assert done.code == 3
    assert connections == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gitlab_token": "glpat-wrong"}, "401"),
        ({"gitlab_url": "http://127.0.0.1:9"}, "check REVIEWBOT_GITLAB_URL"),
    ],
)
def test_a_gitlab_that_refuses_or_is_not_there_exits_3_in_words(reviewbot, stage, change, said):
    settings = {**stage.settings, **change}
    url = stage.url.replace(stage.lab.url, settings["gitlab_url"])
    done = reviewbot("review", url, **settings)
    assert done.code == 3
    assert said in done.err
    assert "Traceback" not in done.said
    assert settings["gitlab_token"] not in done.said


def test_a_merge_request_that_is_not_there_exits_3(reviewbot, stage):
    done = reviewbot("review", stage.url.replace("requests/1", "requests/99"), **stage.settings)
    assert (done.code, "404" in done.err, "Traceback" in done.err) == (3, True, False)


def test_a_closed_merge_request_is_not_reviewed_and_it_is_said(reviewbot, stage, tmp_path):
    stage.lab.close_merge_request(stage.mr, stage.developer)
    (tmp_path / "report").write_text("Nothing found, said an earlier run")
    done = reviewbot("review", stage.url, "--output", "report", **stage.settings)
    assert "Not reviewed: The merge request is closed" in done.err
    assert not (tmp_path / "report").exists()


def test_doctor_tells_what_is_well(reviewbot, stage):
    with model(key="sk-of-the-doctor") as (_, settings):
        done = reviewbot("doctor", stage.url, webhook_secret="s3cret-of-the-hook", **settings, **stage.settings)
    assert done.code == 0, done.said
    assert "BAD" not in done.out
    for words in (
        "knows the token as",
        "The token has the scope api",
        "A webhook secret is set",
        "answered in",
        "team/app!1 is readable",
    ):
        assert words in done.out
    for secret in ("sk-of-the-doctor", "s3cret-of-the-hook", stage.settings["gitlab_token"]):
        assert secret not in done.said
    assert stage.writes == []


def test_doctor_finds_a_token_that_may_only_read(reviewbot, stage):
    bot = stage.lab.bot(stage.project)[0]
    token = stage.lab.token(bot, ("read_api",))
    done = reviewbot("doctor", **{**stage.settings, "gitlab_token": token})
    assert done.code == 3
    assert "BAD   The token lacks the scope api: it may not comment" in done.out


def test_doctor_names_each_trouble_with_its_mend(reviewbot, stage):
    with model(key="sk-right") as (_, settings):
        settings["llm_api_key"] = "sk-wrong-key-000"
        done = reviewbot("doctor", gitlab_url=stage.lab.url, gitlab_token="glpat-wrong-one", **settings)
    assert done.code == 3
    assert done.out.count("BAD") == 2
    assert "REVIEWBOT_LLM_API_KEY" in done.out
    assert "401" in done.out
    for secret in ("sk-wrong-key-000", "glpat-wrong-one"):
        assert secret not in done.said


def test_the_database_is_upgraded_once_and_purged(reviewbot, stage, tmp_path):
    assert "(was empty)" in reviewbot("db", "upgrade").out
    again = reviewbot("db", "upgrade")
    assert (again.code, "was" in again.out) == (0, False)
    with model() as (_, settings):
        reviewbot("review", stage.url, "--post", **settings, **stage.settings)
    assert reviewbot("purge").out == "Deleted 0 rows\n"
    mirror = tmp_path / "data" / "mirrors" / str(stage.project.id) / "repository.git"
    assert mirror.is_dir()
    os.utime(mirror, (0, 0))
    assert reviewbot("purge").out == "Deleted 0 rows and 1 mirror of repositories\n"
    assert not mirror.exists()
    with model() as (_, settings):
        reviewbot("review", stage.url, "--post", **settings, **stage.settings)
    assert mirror.is_dir()
    refused = reviewbot("purge", "--older-than", "0")
    assert (refused.code, "→ if that is meant, add --yes" in refused.err) == (2, True)
    purged = reviewbot("purge", "--project", str(stage.project.id)).out
    assert int(purged.split()[1]) > 0
    assert purged.endswith("and the mirror of its repository\n")
    assert not mirror.exists()
    assert reviewbot("jobs").out.startswith("No job yet")
    assert reviewbot("purge", "--project", str(stage.project.id)).out == "Deleted 0 rows\n"


def test_an_ended_job_is_run_again_on_request(reviewbot, stage):
    reviewbot("review", stage.url, "--post", **stage.settings)
    done = reviewbot("jobs", "--again", "1")
    assert (done.code, "Job 1 waits" in done.out) == (0, True)
    assert "waiting" in reviewbot("jobs").out


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (["serve"], {}, "REVIEWBOT_WEBHOOK_SECRET is not set"),
        (["serve"], {"webhook_secret": "whsec_###"}, "REVIEWBOT_WEBHOOK_SECRET"),
        (["serve", "--insecure"], {"gitlab_url": ""}, "REVIEWBOT_GITLAB_URL is not set"),
        (["serve"], {"webhook_secret": "x", "gitlab_token": ""}, "REVIEWBOT_GITLAB_TOKEN is not set"),
        (["worker"], {}, "REVIEWBOT_BROKER_URL is not set"),
        (["web"], {}, "REVIEWBOT_BROKER_URL is not set"),
        (["schedule"], {}, "REVIEWBOT_BROKER_URL is not set"),
    ],
)
def test_a_process_that_lacks_a_setting_refuses_with_the_mend(reviewbot, words, settings, said):
    given = {"gitlab_url": "http://127.0.0.1:9", "gitlab_token": "glpat-x", **settings}
    done = reviewbot(*words, **given)
    assert done.code == 2
    assert said in done.err
    assert "→" in done.err
    assert "Traceback" not in done.said
