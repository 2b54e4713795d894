"""`reviewbot rules import`: guidance of other tools becomes rule files, once."""

import subprocess

import pytest
import yaml

AGENTS = "# Shop\n\n## Setup\n\n`make install`\n\n## Money\n\nAmounts MUST be `Decimal`.\n"
WEB = "---\ndescription: React components\nglobs: **/*.tsx, hooks/*\n---\nComponents are functions.\n"
DUO = "instructions:\n- name: Ruby style\n  fileFilters: ['**/*.rb', '!spec/**/*.rb']\n  instructions: Use `frozen`.\n"
RULES = ".reviewbot/rules"


@pytest.fixture
def repository(tmp_path):
    """A repository with such files, all of them tracked."""

    def write(files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        if not (tmp_path / ".git").exists():
            subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
        subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
        return tmp_path

    return write


def written(folder):
    return {file.name: file.read_text(encoding="utf-8") for file in (folder / RULES).glob("*.md")}


def test_each_section_and_instruction_becomes_a_rule_that_check_is_content_with(repository, reviewbot):
    top = repository(
        {"AGENTS.md": AGENTS, "web/.cursor/rules/react.mdc": WEB, ".gitlab/duo/mr-review-instructions.yaml": DUO}
    )
    done = reviewbot("rules", "import")
    assert done.code == 0
    assert "3 written" in done.out
    assert 'left out   AGENTS.md, "Setup": only commands' in done.out
    files = written(top)
    assert sorted(files) == [
        "guidance-agents-md-money.md",
        "guidance-cursor-web-react.md",
        "guidance-duo-ruby-style.md",
    ]
    money = files["guidance-agents-md-money.md"]
    assert "id: guidance/agents-md/money\ntitle: Money\nseverity: warning\ncategory: agents_md\nstatus: draft" in money
    assert money.endswith("Amounts MUST be `Decimal`.\n\nImported from `AGENTS.md`.\n")
    paths = yaml.safe_load(files["guidance-cursor-web-react.md"].split("---")[1])["paths"]
    assert paths == ["/web/hooks/*", "!/web/hooks/*/**", "/web/**/*.tsx"]
    assert reviewbot("rules", "check").out == "3 rules fine, 0 files with a mistake\n"


def test_importing_again_changes_nothing_and_keeps_what_was_edited(repository, reviewbot):
    top = repository({"AGENTS.md": AGENTS, "CLAUDE.md": AGENTS})
    assert "1 written" in reviewbot("rules", "import").out
    again = reviewbot("rules", "import")
    assert "1 unchanged" in again.out
    assert 'CLAUDE.md, "Money": AGENTS.md says the same' in again.out
    file = top / RULES / "guidance-agents-md-money.md"
    edited = file.read_text().replace("status: draft", "status: approved")
    file.unlink()
    file.with_name("money.md").write_text(edited)
    kept = reviewbot("rules", "import")
    assert "1 kept" in kept.out
    assert "--force" in kept.out
    assert written(top) == {"money.md": edited}
    assert "1 replaced" in reviewbot("rules", "import", "--force", "--status", "draft").out
    assert "status: draft" in written(top)["money.md"]


def test_a_dry_run_writes_nothing_and_one_file_can_be_named(repository, reviewbot):
    top = repository({"AGENTS.md": AGENTS, "web/AGENTS.md": "Never use `any`.", "web/CLAUDE.md": "@../more.md"})
    (top / "more.md").write_text("Use hooks.")
    done = reviewbot("rules", "import", "--dry-run", "--from", "AGENTS.md")
    assert (done.code, written(top)) == (0, {})
    assert "Nothing is written; would be: 1 written" in done.out
    assert done.out.startswith("would be written  AGENTS.md")
    subprocess.run(["git", "add", "-A"], cwd=top, check=True)
    done = reviewbot("rules", "import", "--from", "web", "--to", "ours", "--status", "approved")
    assert "2 written" in done.out
    texts = {file.name: file.read_text() for file in (top / "ours").iterdir()}
    assert "status: approved\npaths:\n- /web/\n" in texts["guidance-agents-md-web.md"]
    assert "Use hooks." in texts["guidance-claude-md-web.md"]


def test_what_cannot_be_imported_is_an_error_or_is_told(repository, reviewbot, tmp_path):
    told = reviewbot("rules", "import").err
    assert "in no git repository" in told
    assert "or give --diff" not in told  # which is an option of `review` alone
    top = repository({"a.py": "x = 1\n"})
    nothing = reviewbot("rules", "import")
    assert (nothing.code, "No guidance of another tool" in nothing.err) == (2, True)
    assert reviewbot("rules", "import", "--from", "..").code == 2
    repository(
        {".coderabbit.yaml": "a: &a 1\nb: *a", ".pr_agent.toml": "[pr_reviewer]\nextra_instructions = 'Be brief.'"}
    )
    (top / "AGENTS.md").symlink_to("/etc/passwd")
    (top / "CLAUDE.md").write_bytes(b"# Caf\xe9\n\x1b[31m")
    (top / ".cursorrules").write_bytes(b"Use tabs.\n" * 30_000)
    subprocess.run(["git", "add", "-A"], cwd=top, check=True)
    done = reviewbot("rules", "import")
    assert done.code == 0
    assert ".coderabbit.yaml:1: YAML anchors and aliases are not read" in done.out
    assert "CLAUDE.md: no UTF-8 text" in done.out
    assert ".cursorrules: 300,000 bytes, at most 262,144 are read" in done.out
    assert "AGENTS.md: a link to what is no text of this repository" in done.out
    assert "root:" not in done.said
    assert list(written(top)) == ["guidance-pr-agent-pr-reviewer.md"]


def test_no_link_of_the_repository_is_written_through(repository, reviewbot, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    top = repository({"AGENTS.md": AGENTS})
    (top / ".reviewbot").symlink_to(outside)
    assert (reviewbot("rules", "import").code, list(outside.iterdir())) == (2, [])
    (top / ".reviewbot").unlink()
    (top / ".reviewbot").mkdir()
    (top / ".reviewbot" / "rules").symlink_to(outside)
    done = reviewbot("rules", "import")
    assert (done.code, list(outside.iterdir())) == (2, [])
    assert "a link out of the repository" in done.err
    (top / ".reviewbot" / "rules").unlink()
    (top / ".reviewbot" / "rules").mkdir()
    (outside / "target").write_text("mine")
    (top / RULES / "guidance-agents-md-money.md").symlink_to(outside / "target")
    assert "1 kept" in reviewbot("rules", "import", "--force").out
    assert (outside / "target").read_text() == "mine"


def test_what_is_imported_takes_the_place_of_the_guidance(repository, reviewbot):
    top = repository({"web/AGENTS.md": "Never use `any`.", "api/AGENTS.md": "Never use `eval`."})
    before = reviewbot("rules", "effective", "web/a.ts").out
    assert ["guidance/agents-md/web", "warning", "approved"] in [row.split()[:3] for row in before.splitlines()]
    assert "(guidance: web/AGENTS.md)" in before
    assert "api" not in before
    reviewbot("rules", "import", "--from", "web")
    after = reviewbot("rules", "effective", "web/a.ts").out
    assert f"(project: {RULES}/guidance-agents-md-web.md, instead of the guidance one)" in after
    assert after.count("guidance/agents-md/web  ") == 1
    (top / ".reviewbot.yml").write_text("guidance: false\n")
    repository({})
    assert "guidance/" not in reviewbot("rules", "effective", "api/a.py").out


def test_one_file_under_several_names_is_imported_once(repository, reviewbot, tmp_path):
    (tmp_path / "AGENTS.md").symlink_to(".agents/ours.md")
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    top = repository({".agents/ours.md": AGENTS})
    assert "left out   CLAUDE.md: a link to AGENTS.md" in reviewbot("rules", "import").out
    assert list(written(top)) == ["guidance-agents-md-money.md"]
