"""`reviewbot rules`: what owners of rules ask on the command line."""

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

FRONT = "id: {id}\ntitle: Forbidden\npattern: {{regex: 'forbidden\\('}}\nlanguages: [python]\n"
EXAMPLES = "examples:\n  bad: ['forbidden(1)']\n  good: ['{good}']\n"


@pytest.fixture
def write(tmp_path):
    """Put a rule file into the folder where the command runs."""
    folder = tmp_path / ".reviewbot" / "rules"
    folder.mkdir(parents=True)

    def write(name, good="allowed(1)", more="", text=None):
        made = text or f"---\n{FRONT.format(id=name)}{EXAMPLES.format(good=good)}{more}---\nCall `allowed`.\n"
        (folder / f"{name}.md").write_bytes(made if isinstance(made, bytes) else made.encode())

    return write


def test_check_is_content_with_rules_that_are_fine(reviewbot, write):
    write("one")
    done = reviewbot("rules", "check")
    assert (done.code, done.out) == (0, "1 rule fine, 0 files with a mistake\n")


def test_check_tells_file_line_and_mend_of_every_mistake(reviewbot, write):
    write("one")
    write("two", more="colour: red\n")
    write("three", text=b"---\nid: caf\xe9\n---\nWords.\n")
    write("four", text="---\nid: &a four\ntitle: *a\n---\nWords.\n")
    done = reviewbot("rules", "check")
    assert done.code == 1
    assert ".reviewbot/rules/two.md:9: colour" in done.out
    assert ".reviewbot/rules/three.md:2: no UTF-8 text (save the file as UTF-8)" in done.out
    assert ".reviewbot/rules/four.md:2: YAML anchors and aliases are not allowed" in done.out
    assert "1 rule fine, 3 files with a mistake" in done.out


def test_schema_prints_what_is_published(reviewbot):
    published = Path(__file__).parent.parent.parent / "docs" / "schemas"
    for words, name in (((), "rule"), (("rule",), "rule"), (("config",), "config")):
        done = reviewbot("rules", "schema", *words)
        assert (done.code, done.out) == (0, (published / f"{name}.json").read_text("utf-8"))


def test_a_folder_that_is_not_there_is_named(reviewbot):
    done = reviewbot("rules", "check", "elsewhere")
    assert done.code == 2
    assert "elsewhere is not there" in done.err


def test_test_passes_where_the_examples_hold(reviewbot, write):
    write("one")
    write("words", text="---\nid: words\ntitle: Words\nexamples: {bad: ['x']}\n---\nBe kind.\n")
    done = reviewbot("rules", "test")
    assert done.code == 0
    assert "skipped  words, bad 1: a rule in words" in done.out
    assert "2 passed, 0 failed, 1 skipped" in done.out


def test_test_fails_where_a_pattern_finds_what_is_good(reviewbot, write, tmp_path):
    write("one", good="forbidden(2)")
    done = reviewbot("rules", "test", "--junit", "report.xml")
    assert done.code == 1
    assert "FAILED   one, good 1: the pattern finds something in it (.reviewbot/rules/one.md)" in done.out
    suite = ET.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_effective_tells_which_rules_reach_a_file_and_what_they_replace(reviewbot, write, tmp_path):
    write("one")
    write("python-eval")
    (tmp_path / ".reviewbot.yml").write_text("disabled: [python-mktemp]\n")
    done = reviewbot("rules", "effective", "src/a.py")
    assert done.code == 0
    assert "(project: .reviewbot/rules/one.md)" in done.out
    assert "python-eval.md, instead of the built-in one)" in done.out
    assert "python-unsafe-yaml" in done.out
    assert "python-mktemp" not in done.out
    assert "one" not in reviewbot("rules", "effective", "a.go").out.split()


def test_effective_takes_several_files_and_other_formats(reviewbot, write, tmp_path):
    write("one")
    done = reviewbot("rules", "effective", "a.py", "b\x1b[31m.go")
    assert "a.py:\n" in done.out
    assert "\x1b" not in done.out
    assert "of the 4,000 tokens that rules may take of a prompt" in done.out
    done = reviewbot("rules", "effective", "a.py", "b.go", "--format", "json")
    first, second = json.loads(done.out)["files"]
    (one,) = (rule for rule in first["rules"] if rule["id"] == "one")
    assert (one["layer"], one["file"], one["kind"]) == ("project", ".reviewbot/rules/one.md", "pattern")
    assert "one" not in [rule["id"] for rule in second["rules"]]
    done = reviewbot("rules", "effective", "a.py", "--format", "markdown")
    assert "| `one` | Warning | approved | `project: .reviewbot/rules/one.md` |  | pattern |" in done.out


def test_effective_knows_the_instances_rules_and_works_below_the_top(reviewbot, write, tmp_path, monkeypatch):
    write("one")
    theirs = tmp_path / "instance"
    shutil.copytree(tmp_path / ".reviewbot" / "rules", theirs)
    (theirs / "two.md").write_text((theirs / "one.md").read_text().replace("one", "two"))
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    done = reviewbot("rules", "effective", "src/a.py", rules_dir=theirs)
    assert done.code == 0
    assert "(project: .reviewbot/rules/one.md, instead of the instance one)" in done.out
    assert "(instance: two.md)" in done.out
    (tmp_path / ".reviewbot.yml").write_text("disabld: [one]\n")
    done = reviewbot("rules", "effective", "src/a.py")
    assert done.code == 0
    assert "left out: .reviewbot.yml:1: disabld: there is no such key (did you mean disabled?" in done.out


DIFF = "--- a/app.py\n+++ b/app.py\n@@ -1 +1,2 @@\n a = 1\n+b = forbidden(1)\n"


def test_the_instances_rules_count_everywhere_and_a_mistake_in_one_is_told(reviewbot, write, tmp_path):
    write("one")
    write("two", more="colour: red\n")
    own = tmp_path / ".reviewbot" / "rules"
    done = reviewbot("review", "--diff", "-", "--format", "markdown", stdin=DIFF, rules_dir=own)
    assert done.code == 0
    assert "Forbidden" in done.out
    assert "two.md:9: colour" in done.said
    checked = reviewbot("doctor", rules_dir=own)
    assert "21 built-in rules, 1 of the instance" in checked.said
    assert "A rule of the instance is left out: two.md:9" in checked.said


def test_a_folder_of_rules_that_is_not_there_stops_the_start(reviewbot):
    done = reviewbot("review", "--diff", "-", stdin=DIFF, rules_dir="nowhere")
    assert done.code == 2
    assert "REVIEWBOT_RULES_DIR names no folder: nowhere" in done.err


def test_a_link_to_a_device_and_a_file_without_end_are_not_read(reviewbot, write, tmp_path):
    write("fine")
    (tmp_path / ".reviewbot" / "rules" / "endless.md").symlink_to("/dev/zero")
    with (tmp_path / ".reviewbot" / "rules" / "huge.md").open("wb") as file:
        file.truncate(1 << 40)
    done = reviewbot("rules", "check")
    assert "huge.md:1: larger than 64 kB" in done.out
    assert "1 rule fine, 1 file with a mistake" in done.out


def test_packs_lists_what_is_shipped_and_what_of_it_counts_here(reviewbot, tmp_path):
    done = reviewbot("rules", "packs")
    assert done.code == 0
    rows = {line.split()[0]: line.split()[1] for line in done.out.splitlines()}
    assert rows["general"] == "on"
    (tmp_path / ".reviewbot.yml").write_text("packs: ['!general', pyhton]\n")
    done = reviewbot("rules", "packs", packs="ruby")
    rows = {line.split()[0]: line.split()[1] for line in done.out.splitlines()}
    assert (rows["general"], rows["ruby"]) == ("off", "on")
    assert "names a pack that does not exist: pyhton; did you mean python?" in done.out


def test_a_pack_of_the_settings_that_is_not_there_stops_the_start(reviewbot):
    done = reviewbot("rules", "packs", packs="rubby")
    assert done.code == 2
    assert "REVIEWBOT_PACKS: `packs` of the instance names a pack that does not exist: rubby; did you mean ruby?" in (
        done.err
    )


def test_a_pack_that_the_project_switches_off_does_not_reach_its_files(reviewbot, tmp_path):
    assert "python-eval" in reviewbot("rules", "effective", "a.py").out
    (tmp_path / ".reviewbot.yml").write_text("packs: ['!python']\n")
    assert "python-eval" not in reviewbot("rules", "effective", "a.py").out


def test_a_local_review_tells_what_is_wrong_with_the_rules_of_the_branch(reviewbot, write, tmp_path):
    def git(*words):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "Begin")
    write("one")
    write("two", more="colour: red\n")
    git("add", "-A")
    done = reviewbot("review", "--base", "main", "--format", "json")
    (found,) = json.loads(done.out)["findings"]
    assert (found["path"], found["start_line"], found["rule"]) == (
        ".reviewbot/rules/two.md",
        9,
        "reviewbot/rule-file",
    )
    assert found["title"] == "colour: there is no such field"
    assert done.code == 0
