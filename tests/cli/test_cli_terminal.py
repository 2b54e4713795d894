"""What a person at the terminal is told: the verdict, the notices, that there was nothing to do, and what is wrong."""

import json
import os
import subprocess
import sys

import pytest
from cli.test_cli_review_local import CLEAN, EVAL, FORMATS, git

LOCK = CLEAN.replace("app.py", "poetry.lock")
NO_MODEL = "No model is configured"
VERDICT = "significant concerns: 1 critical finding; 1 of 1 files read"


@pytest.mark.parametrize(
    ("diff", "said"),
    [
        ("", "Nothing to review: no file was changed"),
        (LOCK, "Nothing to review: every changed file is of a kind that is left out (lock file)"),
    ],
)
def test_where_there_is_nothing_to_review_nothing_is_praised(reviewbot, diff, said):
    text = reviewbot("review", "--diff", "-", stdin=diff)
    assert (text.code, text.out.splitlines()[-1]) == (0, said)
    markdown = reviewbot("review", "--diff", "-", "--format", "markdown", stdin=diff).out
    assert markdown.startswith("# Review: nothing to review\n")
    assert said in markdown
    assert "approved" not in text.out + markdown
    told = reviewbot("review", "--diff", "-", "--format", "json", stdin=diff)
    assert (told.code, said in told.err, json.loads(told.out)["verdict"]) == (0, True, "approved")


def test_a_repository_without_changes_has_nothing_to_review(reviewbot, tmp_path):
    (tmp_path / "app.py").write_text("x = 1\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "First")
    done = reviewbot("review", "--base", "main")
    assert (done.code, done.out.splitlines()[-1]) == (0, "Nothing to review: no file was changed")


def test_quiet_text_is_the_findings_and_the_verdict_alone(reviewbot):
    done = reviewbot("review", "--diff", "-", "-q", stdin=EVAL)
    assert done.err == ""
    assert NO_MODEL not in done.out
    assert done.out.startswith("critical  app.py:2")
    assert VERDICT in done.out


@pytest.mark.parametrize("format_name", FORMATS)
def test_with_a_file_the_terminal_still_gets_verdict_and_notices(reviewbot, tmp_path, format_name):
    done = reviewbot("review", "--diff", "-", "--format", format_name, "--output", "report", stdin=EVAL)
    assert (done.code, done.out) == (1, "")
    for words in (NO_MODEL, VERDICT, "The review is in report"):
        assert words in done.err
    loud = (tmp_path / "report").read_text()
    quiet = reviewbot("review", "--diff", "-", "--format", format_name, "--output", "report", "-q", stdin=EVAL)
    assert (quiet.code, quiet.said) == (1, "")
    assert NO_MODEL in loud or format_name in {"json", "codequality"}  # which have no place for it
    if format_name != "json":  # where the seconds differ
        assert (tmp_path / "report").read_text() == loud


def test_a_text_that_nobody_reads_to_its_end_is_no_finding(tmp_path):
    many = "".join(EVAL.replace("app.py", f"app{number}.py") for number in range(400))
    (tmp_path / "change.diff").write_text(many)
    command = [sys.executable, "-m", "reviewbot", "review", "--diff", "change.diff", "-q"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (3, b"")


def test_a_disabled_rule_that_does_not_exist_is_told_with_the_nearest(reviewbot, tmp_path):
    (tmp_path / "app.py").write_text("x = 1\n")
    (tmp_path / ".reviewbot.yml").write_text("disabled: [python-evall, js-debugger-left]\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "First")
    (tmp_path / "app.py").write_text("x = 2\n")
    done = reviewbot("review", "--base", "main")
    assert "a rule that does not exist: python-evall; did you mean python-eval?" in done.out
    assert "js-debugger-left" not in done.out


def test_a_file_that_is_too_much_for_a_rule_is_told_in_every_text(reviewbot):
    lines = "".join(f"+value_{number} = eval(name_{number})\n" for number in range(12_000))
    diff = f"--- /dev/null\n+++ b/table.py\n@@ -0,0 +1,12000 @@\n{lines}"
    said = "the rules that need a syntax tree were left out: it is too large, minified or repeats itself"
    text = reviewbot("review", "--diff", "-", stdin=diff).out
    assert f"not matched  table.py: {said}" in text
    assert f"- `table.py`: {said}" in reviewbot("review", "--diff", "-", "--format", "markdown", stdin=diff).out
    (run,) = json.loads(reviewbot("review", "--diff", "-", "--format", "sarif", stdin=diff).out)["runs"]
    told = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert f"table.py: {said}" in told


def test_empty_lists_say_so(reviewbot):
    assert reviewbot("jobs").out.startswith("No job yet")
    assert reviewbot("suppressions", "list").out == "Nothing that people have dismissed counts (--all: lifted too)\n"
    said = reviewbot("suppressions", "list", "--all", "--project", "7").out
    assert said == "Nothing that people have dismissed counts in project 7\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "xml", "--diff", "-"], "'xml' is not one of 'text', 'json', 'markdown', 'sarif', 'codequality'"),
        (["--post", "--diff", "-"], "→ give MR_URL instead of --diff or --base"),
        (["--head", "x", "--diff", "-"], "→ name where the change begins: --base main --head REF"),
    ],
)
def test_words_that_are_off_are_answered_in_words_for_people(reviewbot, words, said):
    done = reviewbot("review", *words)
    assert done.code == 2
    assert said in done.err
    assert "Value error" not in done.err


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (["review", "--diff", "-", "--output", "."], {}, "→ name a file in it for --output"),
        (["review", "--diff", "-"], {"reviewers_dir": "nowhere"}, "REVIEWBOT_REVIEWERS_DIR names no folder: nowhere"),
        (["jobs"], {"data_dir": "taken"}, "→ set REVIEWBOT_DATA_DIR or REVIEWBOT_DATABASE_URL"),
        (["serve", "--insecure", "--host", "203.0.113.7"], {}, "Nobody can listen on 203.0.113.7:8080 here: Cannot"),
    ],
)
def test_a_place_that_is_none_is_named(reviewbot, tmp_path, words, settings, said):
    (tmp_path / "taken").write_text("a file where a folder should be")
    given = {"gitlab_url": "http://127.0.0.1:9", "gitlab_token": "glpat-x", **settings}
    done = reviewbot(*words, stdin=EVAL, **given)
    assert (done.code, said in done.err) == (2, True), done.said
    assert "Traceback" not in done.err


def test_doctor_goes_on_after_what_is_broken(reviewbot, tmp_path):
    (tmp_path / "taken").write_text("a file where a folder should be")
    done = reviewbot("doctor", data_dir="taken", llm_model="m", llm_base_url="http://[x", gitlab_url="gitlab.com")
    assert done.code == 3
    assert "BAD   The data folder taken cannot be made" in done.out
    assert "BAD   http://[x is no address of a model's endpoint" in done.out
    assert "built-in rules" in done.out
    assert "Traceback" not in done.err


@pytest.mark.parametrize("format_name", FORMATS)
def test_another_encoding_of_the_terminal_stops_nothing(reviewbot, monkeypatch, format_name):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    diff = EVAL.replace("app.py", "caf\N{LATIN SMALL LETTER E WITH ACUTE}\N{GRINNING FACE}.py")
    done = reviewbot("review", "--diff", "-", "--format", format_name, stdin=diff, fresh=True)
    assert done.code == 1, done.said
    assert done.said.isascii()
    if format_name in {"json", "codequality"}:
        assert "caf\N{LATIN SMALL LETTER E WITH ACUTE}\N{GRINNING FACE}.py" in str(json.loads(done.out))


def test_a_closed_standard_input_is_told(tmp_path):
    command = f"exec {sys.executable} -m reviewbot review --diff - <&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "Standard input is closed" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(("answer", "code", "said"), [("n", 2, "Nothing was deleted"), ("y", 0, "Deleted 0 rows")])
def test_to_delete_everything_is_asked_for_on_a_terminal(tmp_path, answer, code, said):
    ours, theirs = os.openpty()
    with os.fdopen(ours, "wb", buffering=0) as terminal, os.fdopen(theirs, "rb") as stdin:
        terminal.write(f"{answer}\n".encode())
        command = [sys.executable, "-m", "reviewbot", "purge", "--older-than", "0"]
        done = subprocess.run(command, cwd=tmp_path, stdin=stdin, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stderr
    assert "Go on? [y/N]" in done.stdout


def test_to_delete_everything_takes_a_word_where_nobody_can_be_asked(reviewbot):
    refused = reviewbot("purge", "--older-than", "0", stdin="y\n")
    assert (refused.code, "add --yes" in refused.err) == (2, True)
    assert reviewbot("purge", "--older-than", "0", "--yes").out == "Deleted 0 rows\n"


def test_help_tells_whole_sentences(reviewbot):
    for words in ((), ("rules",)):
        listed = reviewbot(*words, "--help").out.partition("Commands:")[2]
        assert listed
        assert "..." not in listed
