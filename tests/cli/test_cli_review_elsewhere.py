"""`reviewbot review --base` goes by the rules that come to the project of its clone on GitLab."""

import json
import os
import subprocess

import pytest

RULE = "---\nid: {0}\ntitle: {0}\nseverity: critical\npattern: {{regex: 'seven'}}\n---\nNobody says seven.\n"
INCLUDE = "include_rules: [{project: standards/open, ref: main}]\n"


@pytest.fixture
def clone(stage, tmp_path):
    """A change in a clone of the stage's project, whose group has a rule, and its settings."""
    bot = stage.lab.user("helper", bot=True)
    for path, name in (("team/reviewbot-config", "of-group"), ("standards/open", "of-others")):
        made = stage.lab.project(path, members={bot: 20}, visibility="public")
        made.commit("main", {f".reviewbot/rules/{name}.md": RULE.format(name)})
    settings = {**stage.settings, "data_dir": tmp_path / "data", "gitlab_token": stage.lab.token(bot)}
    stage.project.member(bot, 20)
    folder = tmp_path / "clone"
    folder.mkdir()

    def git(*words):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env=environment)

    environment = {**os.environ, "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
    environment |= {"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com"}
    git("init", "-q", "-b", "main")
    (folder / "app.py").write_text("one = 1\n")
    (folder / ".reviewbot.yml").write_text(INCLUDE)
    git("add", ".")
    git("commit", "-qm", "One")
    (folder / "app.py").write_text("one = 1\nseven = 7\n")
    return folder, settings, git


def rules(done):
    return {found["rule"] for found in json.loads(done.out)["findings"]}


def test_a_clone_of_a_project_goes_by_the_rules_of_its_groups_and_includes(reviewbot, stage, clone):
    folder, settings, git = clone
    words = ("review", "--base", "main", "--format", "json")
    alone = reviewbot(*words, cwd=folder, **settings)
    assert (rules(alone), stage.lab.requests) == (set(), [])
    assert "the rules of standards/open@main were left out" in alone.said
    assert rules(reviewbot(*words, "--project", "team/app", cwd=folder, **settings)) == {"of-group", "of-others"}
    git("remote", "add", "origin", f"{stage.lab.url}/team/app.git")
    assert rules(reviewbot(*words, cwd=folder, **settings)) == {"of-group", "of-others"}
    asked = len(stage.lab.requests)
    assert rules(reviewbot(*words, "--project", "-", cwd=folder, **settings)) == set()
    assert len(stage.lab.requests) == asked


def test_a_remote_elsewhere_is_not_asked_and_a_gitlab_that_is_silent_costs_its_rules_alone(reviewbot, stage, clone):
    folder, settings, git = clone
    git("remote", "add", "origin", "http://127.0.0.1:9/team/app.git")
    words = ("review", "--base", "main", "--format", "json")
    assert rules(reviewbot(*words, cwd=folder, **settings)) == set()
    assert stage.lab.requests == []
    silent = reviewbot(*words, cwd=folder, **{**settings, "gitlab_url": "http://127.0.0.1:9"})
    assert (silent.code, rules(silent)) == (0, set())
    assert "could not be asked for, they were left out" in silent.said


def test_a_project_that_nobody_can_ask_for_is_told_with_the_mend(reviewbot, clone):
    folder, settings, _ = clone
    words = ("review", "--base", "main", "--project", "team/nothing")
    done = reviewbot(*words, cwd=folder, **settings)
    assert (done.code, "GitLab shows you no project 'team/nothing'" in done.err) == (2, True)
    done = reviewbot(*words, cwd=folder)
    assert (done.code, "REVIEWBOT_GITLAB_URL and REVIEWBOT_GITLAB_TOKEN are not both set" in done.err) == (2, True)
    done = reviewbot("review", "--diff", "-", "--project", "team/app", cwd=folder)
    assert (done.code, "--project goes with --base" in done.err) == (2, True)


def test_the_rules_in_effect_are_those_that_a_local_review_goes_by(reviewbot, stage, clone):
    folder, settings, git = clone
    git("remote", "add", "origin", f"{stage.lab.url}/team/app.git")
    words = ("rules", "effective", "app.py", "--format", "json")

    def found(*more):
        done = reviewbot(*words, *more, cwd=folder, **settings)
        told = json.loads(done.out)
        return {one["id"]: one["layer"] for one in told["files"][0]["rules"] if one["id"].startswith("of-")}, told

    here, told = found()
    assert (here, told["problems"]) == ({"of-group": "group team", "of-others": "standards/open@main"}, [])
    asked = len(stage.lab.requests)
    here, told = found("--project", "-")
    assert (here, len(stage.lab.requests)) == ({}, asked)
    assert "the rules of standards/open@main were left out" in told["problems"][0]
