"""`reviewbot rules backtest`: a change of rules on past merge requests, with real git and a model that answers."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import yaml
from cli.conftest import PATIENCE, Stage, model
from e2e.house import Denying

from reviewbot.asking.budget import Budget
from reviewbot.backtesting.story import Backtest
from reviewbot.backtesting.trial import Trial
from reviewbot.control import Control
from reviewbot.core import backtest_tables, markers
from reviewbot.core.backtests import changes
from reviewbot.core.rules import parse
from reviewbot.core.tokens import Counter
from reviewbot.errors import Superseded
from reviewbot.git.archive import Commits
from reviewbot.git.local import LocalRepository
from reviewbot.model.feedback import Ended
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.policy import ReviewPolicy
from reviewbot.settings import load
from reviewbot.single import backtest as story
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.model_script import Behaviour
from reviewbot.wiring.bench import bench_of
from reviewbot.wiring.memory import NoAnswers
from reviewbot.wiring.store import open_store

KEY = "an-instance-key-of-the-tests-0123456789"
BEFORE = "".join(f"value_{number} = {number}\n" for number in range(1, 41))
DOCS = Path(__file__).parents[2] / "docs" / "rules.md"


def rule(regex, **fields):
    front = {"id": "no-forbidden", "title": "Forbidden", **({"pattern": f"{{regex: '{regex}'}}"} if regex else {})}
    lines = "\n".join(f"{key}: {value}" for key, value in {**front, **fields}.items())
    return f"---\n{lines}\n---\nCall `allowed`.\n"


OLD, NEW = rule(r"forbidden\("), rule(r"(?:forbidden|risky)\(")


def changed(**lines):
    text = BEFORE
    for number, call in lines.items():
        text = text.replace(f"{number} = {number[6:]}\n", f"{number} = {call}\n")
    return text


@pytest.fixture
def git(tmp_path):
    """A checkout in a folder of its own: `git("commit", …)`, `git.write(path, text)`."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    identity = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
    identity |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in identity.items()}

    def run(*words):
        done = subprocess.run(
            ["git", *words], cwd=folder, env={**os.environ, **identity}, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(path, text):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)

    run.folder, run.write = folder, write
    run("init", "-q", "-b", "main")
    return run


@pytest.fixture
def checkout(git):
    """A checkout whose base has the old rule and whose working tree has the new one."""
    git.write("app.py", BEFORE)
    git.write(".reviewbot/rules/no-forbidden.md", OLD)
    git("add", "-A")
    git("commit", "-qm", "The shop")
    git.write(".reviewbot/rules/no-forbidden.md", NEW)
    return git


# the local history


@pytest.fixture
def history(git):
    """Three landed changes: a merge of two commits, a squashed one, and a merge that GitLab made."""
    git.write("app.py", BEFORE)
    git.write(".reviewbot/rules/no-forbidden.md", OLD)
    git("add", "-A")
    git("commit", "-qm", "The shop")
    git("checkout", "-qb", "side")
    git.write("app.py", changed(value_3="risky(3)"))
    git("commit", "-qam", "One")
    git.write("app.py", changed(value_3="risky(3)", value_20="forbidden(20)"))
    git("commit", "-qam", "Two")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "side", "-m", "Merge side\n\nSee merge request team/app!7")
    git.write("app.py", changed(value_3="risky(3)", value_20="forbidden(20)", value_30="risky(30)"))
    git("commit", "-qam", "Squashed")
    return git


def test_the_local_history_shows_what_a_changed_rule_would_say_more(reviewbot, history):
    history.write(".reviewbot/rules/no-forbidden.md", NEW)
    done = reviewbot("rules", "backtest", "-q", cwd=history.folder)
    squashed = history("rev-parse", "HEAD")[:12]
    assert done.code == 0
    assert "1 rule tried on 2 commits of main of checkout since" in done.out
    assert "no-forbidden  (changed, pattern, approved)" in done.out
    assert re.search(r"before +█+ +1 in 1 commit\n", done.out)
    assert re.search(r"after +█+ +3 in 2 commits\n", done.out)
    assert f"+ {squashed} app.py:30" in done.out
    assert "+ !7 app.py:3" in done.out


def test_rules_that_are_new_gone_and_not_known_to_git_yet_are_tried(reviewbot, history):
    (history.folder / ".reviewbot/rules/no-forbidden.md").unlink()
    history.write(".reviewbot/rules/risky.md", rule(r"risky\(", id="risky", status="draft"))
    history.write(".reviewbot/rules/broken.md", rule(r"risky\(", id="Broken"))
    done = reviewbot("rules", "backtest", "--format", "json", "-q", cwd=history.folder)
    report = json.loads(done.out)
    found = {row["rule"]: (row["kind"], row["before"]["comments"], row["after"]["comments"]) for row in report["rows"]}
    assert found == {"risky": ("added", 0, 2), "no-forbidden": ("deleted", 1, 0)}
    assert [row["status"] for row in report["rows"]] == ["draft", "approved"]
    assert any("broken.md:2: id" in notice for notice in report["notices"])


def test_without_a_changed_rule_nothing_is_tried_and_all_tries_those_that_stay(reviewbot, history):
    done = reviewbot("rules", "backtest", "-q", cwd=history.folder)
    assert (done.code, "0 rules tried on 0 commits" in done.out, done.err) == (0, True, "")
    assert "No rule has changed: change one, name files" in reviewbot("rules", "backtest", cwd=history.folder).err
    done = reviewbot("rules", "backtest", "--all", "--format", "json", "-q", cwd=history.folder)
    rows = {row["rule"]: row for row in json.loads(done.out)["rows"]}
    assert (rows["no-forbidden"]["kind"], rows["no-forbidden"]["after"]["comments"]) == ("same", 1)
    assert "python-eval" in rows
    text = reviewbot("rules", "backtest", "--all", "-q", cwd=history.folder).out
    assert "no-forbidden  (not changed, pattern, approved)\n" in text
    quiet = text.partition("Without a word, before and after: ")[2].splitlines()[0].split(", ")
    assert ("python-eval" in quiet, "no-forbidden" in quiet) == (True, False)


def test_named_files_are_tried_and_the_newest_changes_come_first(reviewbot, history, tmp_path):
    (tmp_path / "mine.md").write_text(rule(r"value_3 = risky\(", id="mine"))
    done = reviewbot("rules", "backtest", str(tmp_path / "mine.md"), "--most", "1", "-q", cwd=history.folder)
    assert "mine  (added, pattern, approved)" in done.out
    assert "0 in 0 commits" in done.out
    assert "Left out: 1 commit, the older ones (--most)" in done.out
    done = reviewbot("rules", "backtest", str(tmp_path / "mine.md"), "-q", cwd=history.folder)
    assert "+ !7 app.py:3" in done.out


def test_a_name_that_would_move_the_terminal_is_shown_as_it_is(reviewbot, history):
    history.write("src/\x1b[2Jx.py", "a = risky(1)\n")
    history("add", "-A")
    history("commit", "-qm", "Hostile")
    history.write(".reviewbot/rules/no-forbidden.md", NEW)
    done = reviewbot("rules", "backtest", "-q", cwd=history.folder)
    assert "\x1b" not in done.out
    assert "src/␛[2Jx.py:1" in done.out


def test_a_time_that_is_none_and_a_folder_without_a_repository_are_refused(reviewbot, history, tmp_path):
    for none in ("soon", "0d"):
        done = reviewbot("rules", "backtest", "--since", none, cwd=history.folder)
        assert (done.code, f"'{none}' is no time before now" in done.err) == (2, True)
        assert "say --since 12h" in done.err
    empty = tmp_path / "empty"
    empty.mkdir()
    assert reviewbot("rules", "backtest", cwd=empty).code == 2


# a project of GitLab


@pytest.fixture
def stage(tmp_path):
    """A merge request that was reviewed by the old rule, changed after that, and merged."""
    with Lab() as lab:
        ada = lab.user("ada")
        project = lab.project("team/app", members={ada: 40})
        bot, token = lab.bot(project)
        project.commit("main", {"app.py": BEFORE, ".reviewbot/rules/no-forbidden.md": OLD}, author=ada)
        project.commit("one", {"app.py": changed(value_3="risky(3)", value_20="forbidden(20)")}, author=ada)
        mr = project.merge_request("one", "main", "Change things", author=ada)
        faults = Denying(lab.app)
        with lab.serve(faults) as url:
            settings = {
                "gitlab_url": url,
                "gitlab_token": token,
                "instance_key": KEY,
                "data_dir": tmp_path / "data",
            }
            made = Stage(lab, project, mr, ada, settings)
            made.faults, made.bot = faults, bot
            yield made


@pytest.fixture
def reviewed(reviewbot, stage):
    done = reviewbot("review", stage.url, "--post", **stage.settings)
    assert "Posted 1 new comments" in done.out
    return stage


def merged(stage):
    """Its last version has one of both calls no more."""
    stage.lab.push(stage.mr, {"app.py": changed(value_20="forbidden(20)")}, "Mend three", user=stage.developer)
    stage.lab.close_merge_request(stage.mr, stage.developer, "merge")


def dismiss(stage):
    with closing(open_store(load(data_dir=stage.settings["data_dir"]), migrate=False)) as store:
        ref = MergeRequestRef(stage.project.id, stage.mr.iid)
        (told,) = store.comments.listed(ref=ref)
        store.comments.tell(ref, [Ended(told.fingerprint, "dismissed", "reaction")], told.posted_at + 1)


def test_what_became_of_earlier_comments_and_of_the_lines_is_told(reviewbot, reviewed, checkout):
    merged(reviewed)
    dismiss(reviewed)
    before = list(reviewed.writes)
    words = ("rules", "backtest", "--project", "team/app", "-q")
    done = reviewbot(*words, "--format", "json", cwd=checkout.folder, **reviewed.settings)
    report = json.loads(done.out)
    (row,) = report["rows"]
    assert done.code == 0
    assert (row["before"]["comments"], row["after"]["comments"]) == (1, 2)
    assert row["before"]["verdicts"] == {"addressed": 0, "liked": 0, "dismissed": 1, "unknown": 0}
    assert row["after"]["verdicts"] == {"addressed": 0, "liked": 0, "dismissed": 1, "unknown": 0}
    assert row["after"]["precision"] is None
    assert (row["after"]["watched"], row["after"]["later"]) == (1, 1)
    assert report["control"] == [2, 1]
    (example,) = row["examples"]
    assert (example["name"], example["where"], example["url"]) == ("!1", "app.py:3", reviewed.url)
    assert reviewed.writes == before
    text = reviewbot(*words, cwd=checkout.folder, **reviewed.settings).out
    assert "worth it, after: 1 dismissed (n 1, below 20: no share)" in text
    assert f"+ !1 app.py:3  {reviewed.url}" in text
    assert reviewed.writes == before


def test_both_sides_have_the_rules_of_groups_and_each_its_own_includes(reviewbot, stage, checkout):
    group = stage.lab.project("team/reviewbot-config", members={stage.bot: 20})
    group.commit("main", {".reviewbot/rules/risky.md": rule(r"risky\(", id="risky")})
    shared = stage.lab.project("standards/shared", members={stage.bot: 20}, visibility="public")
    shared.commit("main", {".reviewbot/rules/shared.md": rule(r"= risky\(", id="shared")})
    checkout("checkout", "-q", ".")
    checkout.write(".reviewbot.yml", "disabled: [risky]\ninclude_rules: [{project: standards/shared, ref: main}]\n")
    checkout("add", "-N", ".reviewbot.yml")
    words = ("rules", "backtest", "--project", "team/app", "--format", "json", "-q")
    report = json.loads(reviewbot(*words, cwd=checkout.folder, **stage.settings).out)
    found = {row["rule"]: (row["kind"], row["before"]["comments"], row["after"]["comments"]) for row in report["rows"]}
    assert found == {"risky": ("deleted", 1, 0), "shared": ("added", 0, 1)}
    done = reviewbot("rules", "backtest", "-q", cwd=checkout.folder)
    assert "the rules of standards/shared@main were left out: they are read on GitLab only" in done.out


def test_a_sick_merge_request_costs_itself_alone(reviewbot, reviewed, checkout):
    project, ada = reviewed.project, reviewed.developer
    project.commit("two", {"app.py": changed(value_9="risky(9)")}, author=ada)
    project.merge_request("two", "main", "Two", author=ada)
    merged(reviewed)
    reviewed.faults.add("GET", r"/merge_requests/1/versions$", "deny", retry_after="403")
    project.commit("three", {"app.py": changed(value_9="risky(9)")}, author=ada)
    gone = project.merge_request("three", "main", "Three", author=ada)
    gone.versions.append(replace(gone.version, id=999, head="d" * 40))
    words = ("rules", "backtest", "--project", "team/app", "--format", "json", "-q")
    report = json.loads(reviewbot(*words, cwd=checkout.folder, **reviewed.settings).out)
    assert report["rows"][0]["after"]["comments"] == 1
    assert dict(report["problems"]) == {
        "!1": "GitLab answered 403 to GET /projects/1/merge_requests/1/versions: 403 of the test",
        "!3": "The repository does not give out commit dddddddddddd",
    }
    assert (report["wanted"], report["tried"]) == (3, 1)


# rules in words


def finding_sleeps(received):
    """The model: it finds `sleep(` where it is told of the rule."""
    if "no-sleep" not in received.text:
        return Behaviour()
    found = [
        {
            "path": "app.py",
            "start": match[1],
            "end": match[1],
            "quote": match[2],
            "severity": "warning",
            "category": "correctness",
            "rule": "no-sleep",
            "title": "It sleeps",
            "body": "It does.",
            "suggestion": None,
        }
        for match in re.finditer(r"^(\d+[a-z2-7]{2})\|\+(.*sleep\(.*)$", received.text, re.MULTILINE)
    ]
    return Behaviour(text=orjson.dumps({"findings": found}).decode())


@pytest.fixture
def sleepy(history):
    """Two more changes, one of which sleeps, and a new rule in words."""
    history.write("app.py", changed(value_9="sleep(9)"))
    history("commit", "-qam", "Sleep")
    history.write("notes.txt", "sleep(1)\n")
    history("add", "-A")
    history("commit", "-qm", "Other")
    words = rule("", id="no-sleep", title="No sleep", languages="[python]").replace("Call", "Nobody SHOULD sleep. Call")
    history.write(".reviewbot/rules/no-sleep.md", words)
    return history


def test_the_model_is_asked_about_changed_prompts_only_and_never_twice(reviewbot, sleepy):
    words = ("rules", "backtest", "--format", "json", "-q")
    with model(finding_sleeps) as (standin, settings):
        first = json.loads(reviewbot(*words, cwd=sleepy.folder, **settings).out)
        asked = len(standin.requests)
        second = json.loads(reviewbot(*words, cwd=sleepy.folder, **settings).out)
        assert len(standin.requests) == asked
    assert asked == 3  # the merge, the squashed one and the one that sleeps; of the text file no rule says a word
    assert all("no-sleep" in received.text for received in standin.requests)
    (row,) = second["rows"]
    assert (row["rule"], row["how"], row["before"]["comments"], row["after"]["comments"]) == ("no-sleep", "words", 0, 1)
    assert row["after"]["tokens"] > 0
    assert row["examples"][0]["where"] == "app.py:9"
    assert first["rows"] == second["rows"]
    assert (first["kept"], second["kept"], second["usage"]["requests"]) == (0, 3, 0)


@pytest.fixture
def tried(sleepy, tmp_path, monkeypatch):
    """The story itself, in this process."""
    monkeypatch.chdir(sleepy.folder)

    def run(settings, **wish):
        made = load(**{"data_dir": tmp_path / "data", **settings})
        return story.backtest(made, story.Wish(since=0.0, **wish), lambda step, done, total: None)

    return run


def test_what_may_not_be_asked_is_told_and_what_was_kept_serves(tried):
    with model(finding_sleeps) as (standin, settings):
        asked = standin.requests
        report = tried(settings, ask=False)
        assert (report.asked, report.unasked, report.stopped, len(asked)) == (0, 3, "", 0)
        assert report.rows[0].after.silent == 3
        assert report.unasked_tokens > 1_000
        report = tried(settings, most_requests=1)
        assert (report.asked, report.unasked, len(asked)) == (1, 2, 1)
        assert report.stopped == "The limit of 1 requests is reached"
        report = tried(settings, most_requests=0)
        assert (report.kept, report.unasked, len(asked)) == (1, 2, 1)
        report = tried(settings, max_cost=0.5)
        assert (report.unasked, len(asked)) == (2, 1)
        assert report.stopped == "A cost limit is set, but the price of the model is unknown"


@pytest.mark.parametrize("name", ["--max-cost", "--budget"])
def test_the_limit_has_the_name_that_other_commands_give_it_too(reviewbot, sleepy, tmp_path, name):
    with model(finding_sleeps) as (standin, settings):
        words = ("rules", "backtest", name, "0.5", "-q")
        done = reviewbot(*words, cwd=sleepy.folder, data_dir=tmp_path / "data", **settings)
    assert (done.code, standin.requests) == (0, []), done.err
    assert "A cost limit is set, but the price of the model is unknown" in done.out


def test_a_budget_of_money_holds_where_the_price_is_known(tried):
    with model(finding_sleeps) as (standin, settings):
        settings["llm_model"] = "openai/gpt-4o"
        report = tried(settings, max_cost=0.0001)
        assert (report.asked, report.unasked, len(standin.requests)) == (0, 3, 0)
        assert "cost limit of $0.00" in report.stopped
        assert report.unasked_cost > 0
        report = tried(settings)
        assert (report.asked, report.unasked, report.stopped) == (3, 0, "")
        assert report.rows[0].after.cost_usd > 0
        assert 0 < report.usage.cost_usd < 1


def test_a_rule_that_is_switched_off_is_gone_and_a_pack_that_is_switched_on_comes(tried, sleepy):
    (sleepy.folder / ".reviewbot/rules/no-sleep.md").unlink()
    sleepy.write(".reviewbot.yml", "disabled: [no-forbidden]\npacks: [python]\n")
    sleepy("add", "-N", ".reviewbot.yml")
    rows = {row.rule: row for row in tried({}).rows}
    assert (rows["no-forbidden"].kind, rows["no-forbidden"].before.comments) == ("deleted", 1)
    assert {row.kind for row in rows.values()} == {"deleted", "added"}


def test_who_has_no_more_time_gets_what_was_found_until_then(history, tmp_path):
    bench = bench_of(load(data_dir=tmp_path), None, NoAnswers(), Counter(), processes=1)
    found = changes((), (parse(NEW, "a.md"),))
    trial = Trial(found, (), found[0].after, ReviewPolicy())
    archive = Commits(LocalRepository(history.folder), "main")
    late = Backtest(archive, trial, bench, Budget(), 60.0, control=Control(0.0))
    report = late.run(0.0, 9, lambda step, done, total: None)
    assert (report.interrupted, report.tried, report.wanted) == (True, 0, 2)
    stopped = Control()
    stopped.stop(Superseded("a newer push"))
    with pytest.raises(Superseded):
        replace(late, control=stopped).run(0.0, 9, lambda step, done, total: None)
    whole = replace(late, control=Control()).run(0.0, 9, lambda step, done, total: None)
    assert (whole.interrupted, whole.rows[0].after.comments) == (False, 3)


@pytest.mark.parametrize("named", [False, True])
def test_a_rule_of_a_folder_is_tried_there_alone(tried, sleepy, named):
    (sleepy.folder / ".reviewbot/rules/no-sleep.md").unlink()
    sleepy.write("pay/app.py", "a = risky(1)\n")
    sleepy.write("pay/.reviewbot/rules/no-forbidden.md", OLD)
    sleepy("add", "-A")
    sleepy("commit", "-qm", "Pay")
    sleepy("branch", "-q", "base")
    place = sleepy.folder / "pay/.reviewbot/rules/no-forbidden.md"
    place.write_text(NEW)
    report = tried({}, base="base", places=(place,) if named else ())
    (row,) = report.rows
    assert [(row.before.comments, row.after.comments)] == [(1, 2)]
    assert [one.where for one in row.examples] == ["pay/app.py:1"]
    place.unlink()
    sleepy.write("pay/.reviewbot/rules/other.md", rule(r"risky\(", id="other"))
    found = {row.rule: (row.kind, row.after.comments) for row in tried({}, base="base").rows}
    assert found["other"] == ("added", 1)


def test_without_a_model_rules_in_words_are_told_as_not_asked(tried):
    report = tried({})
    assert (report.unasked, report.stopped, report.unasked_cost) == (3, "No model is configured", None)
    assert "No model is configured" in backtest_tables.as_text(report)


def test_a_model_that_fails_is_told_and_the_patterns_count(tried, sleepy):
    sleepy.write(".reviewbot/rules/no-forbidden.md", NEW)
    with model(lambda received: Behaviour(status=400, code="bad", message="no")) as (_, settings):
        report = tried(settings)
    assert report.asked == 0
    assert any("the model did not answer" in why for _, why in report.problems)
    assert {row.rule: row.after.comments for row in report.rows} == {"no-forbidden": 3, "no-sleep": 0}


# the note


def pipeline(stage, **more):
    """A merge request that changes the rule, and the variables that GitLab gives to a job of its pipeline."""
    stage.project.commit("rules", {".reviewbot/rules/no-forbidden.md": NEW}, author=stage.developer)
    mr = stage.project.merge_request("rules", "main", "Forbid risks", author=stage.developer)
    return mr, {
        "CI": "true",
        "CI_PROJECT_ID": str(stage.project.id),
        "CI_PROJECT_PATH": stage.project.path,
        "CI_MERGE_REQUEST_IID": str(mr.iid),
        **more,
    }


def of_bot(mr):
    return [note for note in mr.notes if "<!-- reviewbot: backtest" in note.body]


def test_the_table_is_one_note_of_the_merge_request_that_changes_the_rules(reviewbot, reviewed, checkout, monkeypatch):
    merged(reviewed)
    mr, variables = pipeline(reviewed)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    others = len(reviewed.mr.notes)
    words = ("rules", "backtest", "--comment", "-q")
    # The answer to the first attempt is lost: it must be looked for before it is repeated.
    reviewed.faults.add("POST", rf"/merge_requests/{mr.iid}/notes$", "lose")
    done = reviewbot(*words, cwd=checkout.folder, **reviewed.settings)
    assert (done.code, "The table is in the merge request" in done.err) == (0, True)
    (note,) = of_bot(mr)
    ref = MergeRequestRef(reviewed.project.id, mr.iid)
    assert markers.read(note.body, KEY.encode(), ref).kind == "backtest"
    assert "| `no-forbidden` | changed, pattern, approved | 1 → 2 | 1 → 1 |" in note.body
    blob = f"{reviewed.lab.url}/team/app/-/blob/"
    assert re.search(rf"`!1` \[`app.py:3`\]\({re.escape(blob)}[0-9a-f]{{40}}/app.py#L3\)", note.body)
    checkout.write(".reviewbot/rules/no-forbidden.md", rule(r"risky\("))
    assert reviewbot(*words, cwd=checkout.folder, **reviewed.settings).code == 0
    (again,) = of_bot(mr)
    assert again.id == note.id
    assert "| 1 → 1 |" in again.body
    assert len(reviewed.mr.notes) == others


def test_a_table_needs_a_pipeline_and_shows_no_other_project(reviewbot, reviewed, checkout, monkeypatch):
    done = reviewbot("rules", "backtest", "--comment", cwd=checkout.folder, **reviewed.settings)
    assert (done.code, "--comment is for a merge request's pipeline" in done.err) == (2, True)
    mr, variables = pipeline(reviewed)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    words = ("rules", "backtest", "--comment", "--project", "team/secret")
    done = reviewbot(*words, cwd=checkout.folder, **reviewed.settings)
    assert (done.code, "are not for readers of this project" in done.err) == (2, True)
    assert of_bot(mr) == []


def test_the_job_of_the_documentation_runs(reviewed, checkout, tmp_path):
    """Its own commands, in a shell, with the variables that GitLab sets."""
    text = DOCS.read_text()
    job = yaml.safe_load(text[text.index("rules-backtest:") :].split("```")[0])["rules-backtest"]
    assert job["variables"] == {"GIT_DEPTH": "0"}
    assert ".reviewbot/rules/**/*" in job["rules"][0]["changes"]
    merged(reviewed)
    mr, variables = pipeline(reviewed, CI_MERGE_REQUEST_DIFF_BASE_SHA=checkout("rev-parse", "HEAD"))
    checkout("commit", "-qam", "Forbid risks")
    program = tmp_path / "bin" / "reviewbot"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reviewbot "$@"\n')
    program.chmod(0o755)
    own = {f"REVIEWBOT_{name.upper()}": str(value) for name, value in reviewed.settings.items()}
    environment = {**os.environ, **variables, **own, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    for command in job["script"]:
        done = subprocess.run(
            ["sh", "-c", command], cwd=checkout.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    (note,) = of_bot(mr)
    assert "1 → 2" in note.body


def test_an_interruption_shows_what_was_found_until_then(sleepy, tmp_path):
    hang = threading.Event()

    def script(received):
        return finding_sleeps(received) if "sleep(9)" in received.text else Behaviour(gate=hang)

    with model(script) as (standin, settings):
        environment = {**os.environ, **{f"REVIEWBOT_{name.upper()}": value for name, value in settings.items()}}
        command = [sys.executable, "-m", "reviewbot", "rules", "backtest", "-q"]
        with subprocess.Popen(
            command, cwd=sleepy.folder, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            end = time.monotonic() + PATIENCE
            while len(standin.requests) < 2:
                assert time.monotonic() < end
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=PATIENCE)
        hang.set()
    assert process.returncode == 130
    assert "Interrupted: 2 of 4 were tried" in out
    assert "app.py:9" in out


def test_answers_that_a_review_kept_serve_the_side_as_it_was(reviewbot, stage, git):
    words = rule("", id="no-sleep", title="No sleep").replace("Call", "Nobody SHOULD sleep. Call")
    stage.project.push("main", {".reviewbot/rules/no-sleep.md": words}, user=stage.developer)
    stage.lab.push(stage.mr, {"app.py": changed(value_9="sleep(9)")}, user=stage.developer)
    git.write(".reviewbot/rules/no-sleep.md", words)
    git("add", "-A")
    git("commit", "-qm", "The shop")
    git.write(".reviewbot/rules/no-sleep.md", words.replace("SHOULD", "MUST NOT"))
    with model(finding_sleeps) as (standin, settings):
        done = reviewbot("review", stage.url, "--post", **stage.settings, **settings)
        assert "Posted 1 new comments" in done.out
        asked = len(standin.requests)
        command = ("rules", "backtest", "--project", "team/app", "--format", "json", "-q")
        report = json.loads(reviewbot(*command, cwd=git.folder, **stage.settings, **settings).out)
        assert len(standin.requests) == asked + 1
    assert (report["asked"], report["kept"]) == (2, 1)
    (row,) = report["rows"]
    assert (row["before"]["comments"], row["after"]["comments"]) == (1, 1)
    assert row["after"]["verdicts"]["unknown"] == 1
