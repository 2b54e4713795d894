"""`reviewbot rules`: what owners of rules ask on the command line."""

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cli.conftest import model

from reviewbot.standin.gitlab.state import REPORTER
from reviewbot.standin.model_script import Behaviour, always, failing
from reviewbot.wiring import packs

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


def test_check_tells_each_mistake_of_a_file_on_a_line_of_its_own_with_its_own_mend(reviewbot, write):
    front = "id: one\ntitle: One\nseverity: grave\nlanguages: [pyton]\npaths: src/\npattern: forbidden\n"
    write("one", text=f"---\n{front}verify: 'yes'\n---\nWords.\n")
    done = reviewbot("rules", "check")
    assert done.out.splitlines() == [
        ".reviewbot/rules/one.md:4: severity: should be 'critical', 'warning' or 'suggestion' (write one of these)",
        ".reviewbot/rules/one.md:5: languages[0]: unknown language 'pyton' (did you mean python?)",
        ".reviewbot/rules/one.md:6: paths: is no list (write it as a list, as in [one, two])",
        ".reviewbot/rules/one.md:7: pattern: is no mapping (write `key: value` lines below it)",
        ".reviewbot/rules/one.md:8: verify: is neither true nor false (write true or false, without quotes)",
        "0 rules fine, 1 file with a mistake",
    ]


def test_check_tells_how_many_mistakes_of_a_file_are_left_out(reviewbot, write):
    write("one", text="---\n" + "".join(f"strange{n}: 1\n" for n in range(30)) + "---\nWords.\n")
    told = reviewbot("rules", "check").out.splitlines()
    assert len(told) == 22
    assert told[-2] == ".reviewbot/rules/one.md: 12 more mistakes"  # 30 strange keys, no id, no title


def test_check_says_that_the_front_matter_is_no_yaml(reviewbot, write):
    write("one", text="---\nid: one\ntitle: [a\n---\nWords.\n")
    assert ": the front matter is no YAML: did not find expected" in reviewbot("rules", "check").out


def test_check_warns_of_packs_that_do_not_exist(reviewbot, write, tmp_path):
    write("one")
    (tmp_path / ".reviewbot.yml").write_text("packs: [pyton, '!sql']\n")
    done = reviewbot("rules", "check")
    assert "names a pack that does not exist: pyton; did you mean python?" in done.out
    assert done.out.endswith("1 rule fine, 0 files with a mistake, 1 warning\n")


def test_check_reads_the_rules_of_folders_and_lists_of_rules_that_are_switched_off(reviewbot, write, tmp_path):
    write("one")
    (tmp_path / ".reviewbot" / "rules" / "disabled").write_text("sql/injection\n\nNot an id\n")
    for folder in ("api", "api/deep"):
        rules = tmp_path / folder / ".reviewbot" / "rules"
        rules.mkdir(parents=True)
        (rules / "one.md").write_text("---\nid: one\ntitle: One\n---\nWords.\n")  # nearer than the project's
    (rules / "two.md").write_text("---\nid: two\n---\nWords.\n")
    (rules / "disabled").write_bytes(b"caf\xe9\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "api/.reviewbot"], cwd=tmp_path, check=True)
    done = reviewbot("rules", "check")
    assert done.code == 1
    assert ".reviewbot/rules/disabled:3: 'Not an id' is no id of a rule (write one id a line)\n" in done.out
    assert "api/deep/.reviewbot/rules/two.md:1: title: is needed" in done.out
    assert "api/deep/.reviewbot/rules/disabled:1: no UTF-8 text" in done.out
    assert done.out.endswith("3 rules fine, 3 files with a mistake\n")
    done = reviewbot("rules", "check", "api/deep/.reviewbot/rules/disabled")
    assert done.out.splitlines()[-1] == "0 rules fine, 1 file with a mistake"


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


def test_effective_lists_rules_in_columns(reviewbot, write):
    write("one", more="severity: critical\n")
    write("words", text="---\nid: words\ntitle: Words\nstatus: draft\n---\nBe kind.\n")
    rows = [row for row in reviewbot("rules", "effective", "a.py").out.splitlines() if "(" in row]
    assert len({row.index("(") for row in rows}) == 1


@pytest.mark.parametrize("path", ["/etc/passwd", "../a.py", "src/../../a.py", "."])
def test_effective_takes_no_file_from_elsewhere(reviewbot, write, path):
    write("one")
    done = reviewbot("rules", "effective", path)
    assert (done.code, f"{path} is no file named from the top" in done.err) == (2, True)


def test_effective_takes_a_name_as_a_shell_completes_it(reviewbot, write):
    write("one")
    assert "rules for src/a.py;" in reviewbot("rules", "effective", "./src//a.py").out


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
    assert one["verify"] is False
    assert "one" not in [rule["id"] for rule in second["rules"]]
    done = reviewbot("rules", "effective", "a.py", "--format", "markdown")
    assert "| `one` | Warning | approved | `project: .reviewbot/rules/one.md` |  | pattern |" in done.out


def test_effective_knows_the_rules_of_folders_and_what_is_muted(reviewbot, write, tmp_path):
    write("one")
    write("two")
    inner = tmp_path / "legacy" / ".reviewbot" / "rules"
    inner.mkdir(parents=True)
    (tmp_path / ".reviewbot" / "rules" / "disabled").write_text("two\n")
    (inner / "one.md").write_text((tmp_path / ".reviewbot" / "rules" / "one.md").read_text())
    (inner / "bad.md").write_bytes(b"\xff")
    done = reviewbot("rules", "effective", "legacy/a.py", "a.py")
    within, outside = done.out.split("a.py:\n")[1:]
    assert "(folder legacy: legacy/.reviewbot/rules/one.md, instead of the project one)" in within
    assert "(project: .reviewbot/rules/one.md)" in outside
    assert "two.md" not in done.out
    assert "left out: legacy/.reviewbot/rules/bad.md:1: no UTF-8 text" in done.out


def test_effective_goes_by_a_configuration_that_git_does_not_know_yet(reviewbot, tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web/AGENTS.md").write_text("# Money\n\nAmounts of money must be `Decimal`.\n")
    git = ("git", "-C", str(tmp_path))
    subprocess.run((*git, "init", "-q"), check=True)
    subprocess.run((*git, "add", "-A"), check=True)
    effective = ("rules", "effective", "web/a.py")
    assert "guidance/agents-md/web/money" in reviewbot(*effective).out
    config = tmp_path / ".reviewbot.yml"
    config.write_text("include_rules: [{project: standards/security, ref: v3}]\n")
    done = reviewbot(*effective)
    assert "guidance/agents-md/web/money" in done.out
    assert ".reviewbot.yml:1: the rules of standards/security@v3 were left out: they are read on GitLab" in done.out
    config.write_text("guidance: false\n")
    assert "guidance/agents-md/web/money" not in reviewbot(*effective).out
    config.write_text("guidance: maybe\n")  # a review goes on as if there was none
    assert "guidance/agents-md/web/money" in reviewbot(*effective).out


def test_effective_and_packs_need_no_git(reviewbot, write, tmp_path, monkeypatch):
    write("one")
    monkeypatch.setenv("PATH", str(tmp_path))
    done = reviewbot("rules", "effective", "a.py")
    assert (done.code, "project: .reviewbot/rules/one.md" in done.out) == (0, True), done.err
    assert reviewbot("rules", "packs").code == 0


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
    write("utf16", text="---\nid: x\n".encode("utf-16"))
    own = tmp_path / ".reviewbot" / "rules"
    done = reviewbot("review", "--diff", "-", "--format", "markdown", stdin=DIFF, rules_dir=own)
    assert done.code == 0
    assert "Forbidden" in done.out
    assert "two.md:9: colour" in done.said
    assert "utf16.md:1: UTF-16, not UTF-8 text" in done.said
    checked = reviewbot("doctor", rules_dir=own)
    on = sum(len(pack.on) for pack in packs.shipped())
    assert f"{on} built-in rules, 1 of the instance" in checked.said
    assert "A rule of the instance is left out: two.md:9" in checked.said


def test_effective_says_which_patterns_the_judge_has_the_last_word_on(reviewbot, write):
    write("one", more="verify: true\n")
    assert ["one", "warning", "approved", "pattern,", "judged"] in [
        row.split()[:5] for row in reviewbot("rules", "effective", "src/a.py").out.splitlines()
    ]


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


WORDED = """---
id: kind
title: Be kind
examples:
  bad: ["be_rude()", "be_cruel()"]
  good: ["be_nice()"]
---
Code SHOULD be kind.
"""


def minding(received):
    """A reviewer who takes `rude` and `nice` for unkind, and a judge who takes `forbidden(1)` for forbidden."""
    if received.wanted == "verdicts":
        verdict = "confirmed" if "forbidden(1)" in received.text else "refuted"
        entry = {"id": "F1", "verdict": verdict, "severity": "warning", "reason": "Line 1."}
        return Behaviour(text=json.dumps({"verdicts": [entry]}))
    assert "Code SHOULD be kind." in received.text
    quotes = [quote for quote in ("be_rude()", "be_nice()") if quote in received.text]
    entry = {"path": "example.txt", "start": "", "end": "", "severity": "warning", "category": "maintainability"}
    entry |= {"rule": "kind", "title": "Not kind", "body": "So.", "suggestion": None}
    return Behaviour(text=json.dumps({"findings": [{**entry, "quote": quote} for quote in quotes]}))


def test_rules_in_words_are_asked_of_the_model_once(reviewbot, write, tmp_path):
    write("words", text=WORDED)
    with model(minding) as (standin, settings):
        settings |= {"data_dir": tmp_path / "data"}
        done = reviewbot("rules", "test", **settings)
        assert done.code == 1
        assert "FAILED   kind, bad 2: the model finds nothing in it" in done.out
        assert "FAILED   kind, good 1: the model finds something in it: Not kind" in done.out
        assert "1 passed, 2 failed, 0 skipped; 3 requests to the model" in done.out
        assert "Asking the model about examples" in done.err
        again = reviewbot("rules", "test", "-q", "--junit", "report.xml", **settings)
        assert "1 passed, 2 failed, 0 skipped; 0 requests to the model" in again.out
        assert again.err == ""
        assert len(standin.requests) == 3
        without = reviewbot("rules", "test", "--no-model", **settings)
        assert (without.code, len(standin.requests)) == (0, 3)
        assert "0 passed, 0 failed, 3 skipped\n" in without.out
    suite = ET.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "2", "0")


def test_hits_that_the_judge_decides_about_are_asked_of_it(reviewbot, write, tmp_path):
    write("one", good="forbidden(2)", more="verify: true\n")
    without = reviewbot("rules", "test")
    assert "skipped  one, good 1: the judge decides about its hits" in without.out
    with model(minding, judge=minding) as (_, settings):
        done = reviewbot("rules", "test", data_dir=tmp_path / "data", **settings)
    assert (done.code, done.out) == (0, "2 passed, 0 failed, 0 skipped; 2 requests to the model\n")


def test_a_model_that_fails_passes_nothing_and_one_without_money_is_told(reviewbot, write, tmp_path):
    write("words", text=WORDED)
    with model(always(failing(400))) as (_, settings):
        done = reviewbot("rules", "test", data_dir=tmp_path / "data", **settings)
        assert done.code == 1
        assert "the model gave no answer" in done.out
        none = reviewbot("rules", "test", "--max-cost", "0", data_dir=tmp_path / "data", **settings)
        same = reviewbot("rules", "test", "--budget", "0", data_dir=tmp_path / "data", **settings)
        assert (none.code, same.out) == (0, none.out)
        assert "0 passed, 0 failed, 3 skipped" in none.out
        assert "cost limit" in none.out


def test_each_mistake_of_a_file_has_a_line_of_its_own_wherever_rules_are_read(reviewbot, write, tmp_path):
    write("one", more="colour: red\nshape: round\n")
    done = reviewbot("rules", "test", "--no-model")
    told = [line.split(": there")[0] for line in done.out.splitlines() if "one.md:" in line]
    assert told == [".reviewbot/rules/one.md:9: colour", ".reviewbot/rules/one.md:10: shape"]
    (tmp_path / ".reviewbot.yml").write_text("colour: red\nshape: round\n")
    lines = reviewbot("rules", "effective", "a.py").out.splitlines()
    assert [line.count("there is no such key") for line in lines if ".reviewbot.yml:" in line] == [1, 1]


def test_the_shipped_rules_hold_by_their_own_examples(reviewbot):
    done = reviewbot("rules", "test", "--built-in")
    assert done.code == 0
    assert " 0 failed, " in done.out
    assert reviewbot("rules", "test", "--built-in", "x.md").code == 2


def test_check_reads_the_configuration_too_and_warns_of_what_is_hardly_meant(reviewbot, write, tmp_path):
    write("one")
    write("two", more="paths: ['**']\n")
    write("bare", text="---\nid: bare\ntitle: T\nstatus: enforced\n---\nIt MUST hold.\n")
    write("empty", text="---\nid: empty\ntitle: T\npattern: {regex: x}\n---\nWords.\n")
    (tmp_path / ".reviewbot.yml").write_text("disabled: [ones]\nexclude: ['**']\n")
    done = reviewbot("rules", "check")
    assert done.code == 0
    assert done.out.splitlines() == [
        (
            "warning: .reviewbot/rules/bare.md:4: status: it fails the gate, and has no `bad` and `good` examples"
            " (add what it must find and what it must leave alone)"
        ),
        (
            "warning: .reviewbot/rules/empty.md:4: pattern: it has no `bad` and `good` examples: nobody tries it"
            " (add one of each)"
        ),
        (
            "warning: .reviewbot/rules/two.md:9: paths[0]: '**' matches every file"
            " (leave it out: a rule without `paths` is for all)"
        ),
        (
            "warning: .reviewbot/rules/two.md:4: pattern: one (.reviewbot/rules/one.md) has the same one"
            " (make one rule of both)"
        ),
        (
            "warning: .reviewbot.yml: exclude: '**' matches every file: nothing is reviewed"
            " (say which files are to be left out)"
        ),
        "warning: .reviewbot.yml: `disabled` names a rule that does not exist: ones; did you mean one?",
        "4 rules fine, 0 files with a mistake, 6 warnings",
    ]
    assert reviewbot("rules", "check", "--strict").code == 1
    (tmp_path / ".reviewbot.yml").write_text("language: German\nexclude: x\nlabels: 3\n")
    done = reviewbot("rules", "check")
    assert done.code == 1
    assert (
        ".reviewbot.yml:2: exclude: is no list (write it as a list, as in [one, two])\n.reviewbot.yml:3: labels"
        in done.out
    )
    assert "4 rules fine, 1 file with a mistake, 4 warnings" in done.out


def test_check_of_a_repository_without_rules_reads_its_configuration(reviewbot, tmp_path):
    (tmp_path / ".reviewbot.yml").write_text("language: German\n")
    done = reviewbot("rules", "check")
    assert (done.code, done.out) == (0, "0 rules fine, 0 files with a mistake\n")


def test_effective_of_a_project_on_gitlab_knows_groups_includes_and_folders(reviewbot, stage, tmp_path):
    bot = stage.lab.world.tokens[stage.settings["gitlab_token"]].user

    def project(path, files, visibility="private"):
        stage.lab.project(path, members={bot: REPORTER}, visibility=visibility).commit("main", files)

    def rule(name, place=""):
        return {f"{place}.reviewbot/rules/{name}.md": f"---\nid: {name}\ntitle: {name}\n---\nWords.\n"}

    project("team/reviewbot-config", {**rule("a"), ".reviewbot.yml": "packs: ['!python']\n"})
    project("std/rules", {**rule("b"), **rule("c")}, "public")
    included = "include_rules: [{project: std/rules, ref: main}, {project: std/none, ref: v1}]\n"
    stage.project.commit("main", {**rule("a", "src/"), ".reviewbot.yml": included})
    done = reviewbot("rules", "effective", "src/x.py", "--project", "team/app", data_dir=tmp_path, **stage.settings)
    assert done.code == 0, done.err
    rows = {line.split()[0]: line for line in done.out.splitlines() if "  " in line}
    assert "src/.reviewbot/rules/a.md, instead of the group team one)" in rows["a"]
    assert "std/rules@main" in rows["b"]
    assert "python-eval" not in rows
    assert "left out: .reviewbot.yml:1: the rules of std/none@v1 were left out: there is no such project" in done.out
    done = reviewbot("rules", "effective", "x.py", "--project", "team/none", data_dir=tmp_path, **stage.settings)
    assert (done.code, "GitLab shows the bot no project 'team/none'" in done.err) == (2, True)
    done = reviewbot("rules", "effective", "x.py", "--project", "team/app")
    assert "REVIEWBOT_GITLAB_URL is not set" in done.err
