"""`reviewbot review` without GitLab: of a diff and of the local repository, in every format."""

import json
import subprocess

import pytest
from cli.conftest import model

from reviewbot.standin.model_script import Behaviour, always, failing

EVAL = """\
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1,3 +1,4 @@
 def run(text):
-    return text
+    value = eval(text)
+    return value
 print(run)
"""
DEBUGGER = EVAL.replace("value = eval(text)", "import pdb; pdb.set_trace()").replace("return value", "return text")
CLEAN = EVAL.replace("eval(text)", "text.strip()")
PLANTED = CLEAN.replace("return value", "return value  # PLANT(warning): Nobody asked for stripping")
FORMATS = ("text", "json", "markdown", "sarif", "codequality")


@pytest.mark.parametrize(
    ("diff", "fail_on", "code"),
    [
        (CLEAN, "critical", 0),
        (EVAL, "critical", 1),
        (EVAL, "never", 0),
        (DEBUGGER, "critical", 0),
        (DEBUGGER, "warning", 1),
    ],
)
def test_the_exit_code_says_whether_there_is_a_finding_that_fails(reviewbot, diff, fail_on, code):
    done = reviewbot("review", "--diff", "-", "--fail-on", fail_on, stdin=diff)
    assert done.code == code
    assert "No model is configured" in done.said  # pattern rules only, said aloud


def test_a_diff_from_a_file_leaves_no_trace(reviewbot, tmp_path):
    (tmp_path / "change.diff").write_text(EVAL)
    done = reviewbot("review", "--diff", "change.diff", "-q")
    assert done.code == 1
    assert done.err == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["change.diff"]


def test_text_in_a_pipe_is_not_cut_at_the_width_of_a_terminal(reviewbot):
    said = reviewbot("review", "--diff", "-", stdin=EVAL).out
    assert "critical  app.py:2  Code built from values" in said
    assert "for choosing a function a dictionary." in said


def test_json_has_the_keys_of_the_contract_and_no_others(reviewbot):
    with model() as (_, settings):
        done = reviewbot("review", "--diff", "-", "--format", "json", stdin=PLANTED, **settings)
    review = json.loads(done.out)
    assert list(review) == ["verdict", "findings", "coverage", "dropped", "consulted", "usage"]
    assert list(review["findings"][0]) == [
        *("path", "side", "start_line", "end_line", "severity", "category", "rule", "title", "body", "suggestion"),
        *("fingerprint", "source"),
    ]
    found = review["findings"][0]
    assert (found["path"], found["side"], found["start_line"], found["severity"]) == ("app.py", "new", 3, "warning")
    assert (found["title"], found["source"]) == ("Nobody asked for stripping", "model")
    assert review["coverage"] == [{"path": "app.py", "state": "reviewed", "reason": ""}]
    assert list(review["usage"]) == [
        *("requests", "prompt_tokens", "cached_tokens", "completion_tokens", "cost_usd", "seconds"),
    ]
    assert review["usage"]["requests"] == 2  # the reviewer and the judge
    assert review["usage"]["cost_usd"] is None  # an unknown model's price is unknown, never 0
    assert review["verdict"] == "approved_with_comments"


def test_sarif_names_rule_level_place_and_fingerprint(reviewbot):
    log = json.loads(reviewbot("review", "--diff", "-", "--format", "sarif", stdin=EVAL).out)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    (result,) = run["results"]
    assert rules[result["ruleIndex"]] == result["ruleId"] == "python-eval"
    assert result["level"] == "error"
    assert result["message"]["text"].startswith("Code built from values")
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "app.py"}, "region": {"startLine": 2, "endLine": 2}}
    assert all(isinstance(value, str) and value for value in result["partialFingerprints"].values())


def test_code_quality_is_what_gitlab_reads(reviewbot):
    (entry,) = json.loads(reviewbot("review", "--diff", "-", "--format", "codequality", stdin=EVAL).out)
    assert entry["description"] == "Code built from values"
    assert (entry["check_name"], entry["severity"]) == ("python-eval", "critical")
    assert entry["location"] == {"path": "app.py", "lines": {"begin": 2, "end": 2}}
    assert entry["fingerprint"]


def test_markdown_tells_place_severity_and_words(reviewbot):
    said = reviewbot("review", "--diff", "-", "--format", "markdown", stdin=EVAL).out
    assert said.startswith("# Review: significant concerns")
    assert "## `app.py:2` — Code built from values" in said
    assert "**critical** · security · rule `python-eval`" in said


@pytest.mark.parametrize("format_name", FORMATS)
def test_an_empty_change_is_clean_in_every_format(reviewbot, tmp_path, format_name):
    done = reviewbot("review", "--diff", "-", "--format", format_name, "--output", "review", "-q", stdin="")
    assert (done.code, done.said) == (0, "")
    text = (tmp_path / "review").read_text()
    if format_name not in {"text", "markdown"}:
        json.loads(text)


@pytest.mark.parametrize(
    ("words", "stdin", "settings", "code"),
    [
        (["--diff", "-"], "a letter, no diff", {}, 2),
        (["--diff", "-"], EVAL, {"max_inline_comments": "many"}, 2),
        (["--base", "nowhere"], "", {}, 2),
        (["--diff", "-", "--base", "main"], "", {}, 2),
        (["https://127.0.0.1:9/a/b/-/merge_requests/1"], "", {"gitlab_url": "https://127.0.0.1:9"}, 2),
    ],
)
def test_a_report_of_an_earlier_run_is_gone_when_there_is_none_of_this_one(
    reviewbot, tmp_path, words, stdin, settings, code
):
    (tmp_path / "report.json").write_text("[]")
    done = reviewbot("review", *words, "--output", "report.json", stdin=stdin, **settings)
    assert done.code == code, done.said
    assert not (tmp_path / "report.json").exists()


def test_a_report_that_is_a_link_stays_one(reviewbot, tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "report.md").symlink_to(tmp_path / "reports" / "new.md")
    reviewbot("review", "--diff", "-", "--format", "markdown", "--output", "report.md", stdin=EVAL)
    assert (tmp_path / "report.md").is_symlink()
    assert (tmp_path / "reports" / "new.md").read_text().startswith("# Review: significant concerns")


def test_a_report_goes_to_a_device_too(reviewbot):
    done = reviewbot("review", "--diff", "-", "--format", "json", "--output", "/dev/stdout", stdin=EVAL, fresh=True)
    assert (done.code, len(json.loads(done.out)["findings"])) == (1, 1)


def test_the_diff_is_not_overwritten_by_its_report(reviewbot, tmp_path):
    (tmp_path / "change.diff").write_text(EVAL)
    (tmp_path / "other.diff").symlink_to("change.diff")
    done = reviewbot("review", "--diff", "change.diff", "--output", "other.diff")
    assert (done.code, "is the diff that is to be reviewed" in done.err) == (2, True)
    assert (tmp_path / "change.diff").read_text() == EVAL


def test_a_report_that_cannot_be_written_is_told_before_the_model_is_asked(reviewbot):
    with model() as (standin, settings):
        done = reviewbot("review", "--diff", "-", "--output", "missing/report", stdin=PLANTED, **settings)
    assert (done.code, "missing/report cannot be written" in done.err, standin.requests) == (2, True, [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["review"], "Name the change to review"),
        (["review", "--diff", "-", "--base", "main"], "One change at a time"),
        (["review", "--head", "x", "--diff", "-"], "--head goes with --base"),
        (["review", "--post", "--diff", "-"], "--post goes with"),
        (["review", "--diff", "missing.diff"], "missing.diff cannot be read"),
        (["review", "--diff", "-"], "The input holds no diff"),
        (["review", "--base", "main"], "repository"),
        (["review", "--format", "xml", "--diff", "-"], "xml"),
        (["review", "https://gitlab.example.com/a/b/-/merge_requests/1"], "REVIEWBOT_GITLAB_URL is not set"),
        (["purge", "--project", "1", "--person", "ada"], "One at a time"),
        (["purge", "--person", ""], "--person names nobody"),
        (["jobs", "--again", "7"], "Job 7 is not there"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_words_that_are_off_exit_2_with_the_mend(reviewbot, words, said):
    done = reviewbot(*words, stdin="This is a letter, not a diff.\n")
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.said


def test_a_setting_that_is_off_is_named(reviewbot):
    done = reviewbot("review", "--diff", "-", max_inline_comments="many", llm_api_key="sk-very-secret")
    assert done.code == 2
    assert "REVIEWBOT_MAX_INLINE_COMMENTS" in done.err
    assert "sk-very-secret" not in done.said


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(status=401, code="invalid_api_key", message="Incorrect API key"), "check REVIEWBOT_LLM_API_KEY"),
        (Behaviour(text="Dear colleague, all is well."), "holds no complete JSON object"),
        (Behaviour(refusal="I cannot help with that."), "declined to answer"),
    ],
)
def test_a_model_that_reads_nothing_makes_the_review_incomplete(reviewbot, behaviour, said):
    with model(always(behaviour)) as (_, settings):
        done = reviewbot("review", "--diff", "-", stdin=CLEAN, **settings)
    assert done.code == 4
    assert "not read  app.py" in done.out
    assert said in done.out
    assert "incomplete" in done.out


def test_a_finding_that_fails_outweighs_what_was_not_read(reviewbot):
    with model(always(Behaviour(status=401, code="x", message="no"))) as (_, settings):
        assert reviewbot("review", "--diff", "-", stdin=EVAL, **settings).code == 1


@pytest.mark.parametrize("address", ["ftp://nowhere", "http://[::1", "http:///v1", "http://nowhere:99999/v1"])
def test_a_broken_model_address_is_told_in_words(reviewbot, address):
    done = reviewbot("review", "--diff", "-", stdin=CLEAN, llm_base_url=address, llm_model="m")
    assert done.code == 2
    assert f"{address} is no address" in done.err
    assert "→ write REVIEWBOT_LLM_BASE_URL as https://HOST/v1" in done.err


def git(folder, *words):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text("def run(text):\n    return text\n")
    (folder / "notes.txt").write_text("one\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "First")
    return folder


def test_the_local_repository_with_uncommitted_changes(reviewbot, repository):
    git(repository, "checkout", "--quiet", "-b", "feature")
    (repository / "app.py").write_text("def run(text):\n    return eval(text)\n")
    git(repository, "commit", "--quiet", "-am", "Evaluate")
    (repository / "notes.txt").write_text("one\ntwo\n")
    done = reviewbot("review", "--base", "main", "--format", "json", cwd=repository)
    assert done.code == 1
    review = json.loads(done.out)
    assert [(found["path"], found["start_line"], found["rule"]) for found in review["findings"]] == [
        ("app.py", 2, "python-eval")
    ]
    assert {file["path"] for file in review["coverage"]} == {"app.py", "notes.txt"}
    committed = reviewbot("review", "--base", "main", "--head", "HEAD", "--format", "json", cwd=repository)
    assert {file["path"] for file in json.loads(committed.out)["coverage"]} == {"app.py"}


def test_a_new_file_that_git_does_not_know_is_named_aloud(reviewbot, repository):
    (repository / "new.py").write_text("print(eval(input()))\n")
    done = reviewbot("review", "--base", "main", cwd=repository)
    assert "new.py" in done.said


def test_a_reference_that_is_not_there_exits_2(reviewbot, repository):
    done = reviewbot("review", "--base", "nowhere", cwd=repository)
    assert done.code == 2
    assert "nowhere" in done.err


def test_the_base_branch_configures_a_local_review(reviewbot, repository):
    (repository / ".reviewbot.yml").write_text("exclude: ['*.py']\nguidance: false\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "Leave Python out")
    git(repository, "checkout", "--quiet", "-b", "feature")
    (repository / "app.py").write_text("def run(text):\n    return eval(text)\n")
    (repository / ".reviewbot.yml").write_text("exclude: []\n")
    (repository / "AGENTS.md").write_text("Amounts must be `Decimal`.\n")
    done = reviewbot("review", "--base", "main", "--format", "json", cwd=repository)
    review = json.loads(done.out)
    assert review["findings"] == []
    assert {file["path"]: file["state"] for file in review["coverage"]}["app.py"] == "skipped"
    assert "not by this change of .reviewbot.yml." in done.err


def test_an_outage_of_the_model_ends_in_words_and_no_hang(reviewbot):
    with model(always(failing(500))) as (standin, settings):
        done = reviewbot("review", "--diff", "-", stdin=CLEAN, review_seconds=8, **settings)
    assert done.code == 4
    assert "not read  app.py" in done.out
    assert standin.requests
