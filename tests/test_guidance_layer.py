"""What a repository has for other tools, read at a commit as a layer of rules."""

import subprocess
from types import SimpleNamespace

import pytest

from reviewbot import guidance, rulebook
from reviewbot.core import configuration, gating
from reviewbot.core.packs import Shelf
from reviewbot.core.pipelines import Included
from reviewbot.core.prompts import MAX_RULE
from reviewbot.errors import SourceUnavailable
from reviewbot.git.local import LocalRepository
from reviewbot.model.diff import Change, Diff, FileDiff
from reviewbot.model.merge_request import DiffRefs
from reviewbot.model.policy import ReviewPolicy
from reviewbot.texts import configuration_at

AGENTS = "# Shop\n\n## Setup\n\nRun `make`.\n\n## Money\n\nAmounts MUST be `Decimal`.\n"
CURSOR = "---\nglobs: *.tsx\n---\nComponents are functions.\n"


class Counting:
    """A source that notes what it is asked."""

    def __init__(self, source):
        self.source, self.asked = source, []

    def __getattr__(self, name):
        self.asked.append(name)
        return getattr(self.source, name)


class Gone:
    def files(self, sha, under, most):
        raise SourceUnavailable("no git")

    folder = read = files


@pytest.fixture
def repository(tmp_path):
    """A commit with files: the source, its id, and the policy by its configuration."""

    def commit(files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        run = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
            subprocess.run([*run, *words], cwd=tmp_path, check=True)
        source = LocalRepository(tmp_path)
        texts = {path: text for path, text in files.items() if isinstance(text, str)}
        return Counting(source), source.resolve("HEAD"), configuration.configure(ReviewPolicy(), texts)

    return commit


def ids(layer):
    return [rule.id for rule in layer.rules]


def test_only_folders_with_changes_are_looked_into_with_one_listing_and_one_read(repository):
    source, sha, policy = repository(
        {
            "AGENTS.md": AGENTS,
            "web/app/AGENTS.md": "Never use `any`.",
            "api/AGENTS.md": "Never use `eval`.",
            ".cursor/rules/react.mdc": CURSOR,
            "web/.cursor/rules/own.mdc": CURSOR.replace("Components", "Pages"),
        }
    )
    found = guidance.layer(source, sha, policy, ["web/app/x.ts", "README.md"])
    assert ids(found) == ["guidance/agents-md/web.app", "guidance/cursor/react", "guidance/cursor/web/own"]
    assert found.problems == ()
    assert {rule.status for rule in found.rules} == {"approved"}
    assert source.asked == ["files", "read"]


def test_without_any_such_file_it_costs_one_listing(repository):
    source, sha, policy = repository({"a.py": "x = 1\n"})
    assert ids(guidance.layer(source, sha, policy, ["a.py"])) == []
    assert source.asked == ["files"]


def test_a_wrong_file_costs_itself_only_and_is_told(repository):
    source, sha, policy = repository(
        {
            ".coderabbit.yaml": "a: &a 1",
            ".cursorrules": b"Caf\xe9",
            ".github/copilot-instructions.md": "x" * 270_000,
            ".pr_agent.toml": "[pr_reviewer]\nextra_instructions = 'Mind the locks.'\n",
            ".cursor/rules/by-hand.mdc": "Only when asked.",
        }
    )
    found = guidance.layer(source, sha, policy, ["a.py"])
    assert ids(found) == ["guidance/pr-agent/pr-reviewer"]
    assert sorted(found.problems) == [
        ".coderabbit.yaml:1: YAML anchors and aliases are not read (write it out)",
        ".cursorrules: no UTF-8 text",
        ".github/copilot-instructions.md is too large: at most 256 kB, and 1024 kB of all, are read",
    ]


def test_of_a_long_text_counts_what_a_prompt_has_of_it(repository):
    source, sha, policy = repository({".cursor/rules/long.mdc": "---\nglobs: *.py\n---\n" + "Use tabs. " * 5_000})
    (rule,) = guidance.layer(source, sha, policy, ["a.py"]).rules
    assert len(rule.body) < MAX_RULE
    assert rule.body.endswith("… (46039 more characters)")


def test_too_much_guidance_is_bounded_and_told(repository):
    many = {f".cursor/rules/r{number:03}.mdc": f"---\nglobs: *.py\n---\nRule {number}.\n" for number in range(120)}
    sections = "\n".join(f"## S{number}\nUse {number}.\n" for number in range(90))
    source, sha, policy = repository({**many, ".cursorrules": sections, "web/AGENTS.md": sections.replace("Use", "No")})
    found = guidance.layer(source, sha, policy, ["web/a.py"])
    assert len(found.rules) <= guidance.MOST_RULES
    assert "Guidance of other tools is in too many files or folders: not all of it counts" in found.problems
    deep = [f"d{number}/x.py" for number in range(guidance.MOST_FOLDERS + 1)]
    assert any("200 folders" in one for one in guidance.layer(source, sha, policy, deep).problems)


def test_a_repository_that_cannot_be_read_is_told_and_no_more():
    found = guidance.layer(Gone(), "", ReviewPolicy(), ["a.py"])
    assert found.rules == ()
    assert "could not be read: no git" in found.problems[0]


def test_a_nested_claude_md_brings_in_what_it_imports(repository):
    source, sha, policy = repository(
        {"web/CLAUDE.md": "@docs/style.md\n@AGENTS.md", "web/docs/style.md": "Use hooks.", "web/AGENTS.md": "No `any`."}
    )
    found = guidance.layer(source, sha, policy, ["web/a.ts"])
    assert [(rule.id, rule.body) for rule in found.rules] == [
        ("guidance/agents-md/web", "No `any`."),
        ("guidance/claude-md/web", "Use hooks."),
    ]


@pytest.mark.parametrize(
    ("said", "expected", "top"),
    [
        ("", ["guidance/agents-md/web", "guidance/cursor/react"], AGENTS.strip()),
        ("guidance: true", ["guidance/agents-md/web", "guidance/cursor/react"], AGENTS.strip()),
        ("guidance: false", [], ""),
        ("guidance: [cursor]", ["guidance/cursor/react"], ""),
        ("guidance: [agents, duo]", ["guidance/agents-md/web"], AGENTS.strip()),
    ],
)
def test_the_configuration_says_whose_guidance_counts(repository, said, expected, top):
    source, sha, policy = repository(
        {
            ".reviewbot.yml": f"{said}\n",
            "AGENTS.md": AGENTS,
            "web/AGENTS.md": "No `any`.",
            ".cursor/rules/react.mdc": CURSOR,
        }
    )
    assert ids(guidance.layer(source, sha, policy, ["web/a.ts"])) == expected
    assert policy.guidance == top
    if not expected:
        assert source.asked == []


def test_what_the_top_says_in_every_prompt_is_no_rule_besides(repository):
    source, sha, policy = repository({"AGENTS.md": AGENTS, ".cursorrules": "## Money\nAmounts MUST be `Decimal`.\n"})
    assert ids(guidance.layer(source, sha, policy, ["a.py"])) == []


def imported(status="approved", name="guidance/agents-md/money"):
    return f"---\nid: {name}\ntitle: Money\nstatus: {status}\n---\nAmounts MUST be `Decimal`, in cents.\n"


def test_a_rule_file_takes_the_place_of_the_section_that_it_is_from(repository):
    source, sha, policy = repository(
        {
            "AGENTS.md": AGENTS,
            "web/AGENTS.md": "No `any`.",
            ".reviewbot/rules/a.md": imported(),
            ".reviewbot/rules/b.md": imported(name="guidance/agents-md/web").replace("Money", "Ours"),
        }
    )
    book = rulebook.of_project(source, sha, Shelf(), policy, ["web/a.ts"])
    assert "make" in book.guidance
    assert "Decimal" not in book.guidance
    assert "Money" not in book.guidance
    assert [(rule.id, rule.layer) for rule in book.rules] == [
        ("guidance/agents-md/money", "project"),
        ("guidance/agents-md/web", "project"),
    ]


def test_a_section_of_the_top_is_switched_off_like_a_rule(repository):
    disabled = "disabled: [guidance/agents-md/money, guidance/agents-md/api, nothing]\n"
    source, sha, policy = repository(
        {"AGENTS.md": AGENTS, "api/AGENTS.md": "No `eval`.", ".reviewbot.yml": disabled, "b.py": "x = 1\n"}
    )
    book = rulebook.of_project(source, sha, Shelf(), policy, ["b.py"])
    assert "Decimal" not in book.guidance
    assert [one.split(":")[1].strip() for one in book.notices] == ["nothing."]
    assert rulebook.of_project(source, sha, Shelf(), policy, ["api/a.py"]).rules == ()


def test_a_link_at_the_top_is_read_as_what_it_leads_to(repository, tmp_path):
    (tmp_path / "AGENTS.md").symlink_to(".agents/ours.md")
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    source, sha, _ = repository({".agents/ours.md": AGENTS})
    texts, notices = configuration_at(source, sha)
    assert (dict(texts), notices) == ({"AGENTS.md": AGENTS, ".agents/ours.md": AGENTS}, ())
    (tmp_path / "AGENTS.md").unlink()
    (tmp_path / "AGENTS.md").symlink_to("../../outside.md")
    source, sha, _ = repository({})
    assert configuration_at(source, sha)[0]["AGENTS.md"] == "../../outside.md"


def of_target(source, sha, policy, *paths):
    refs = DiffRefs(sha, sha, sha)
    changes = tuple(SimpleNamespace(old_path=path, new_path=path) for path in paths)
    mr = SimpleNamespace(refs=refs, changes=changes)
    return rulebook.of_target(source, mr, Shelf(), policy)


@pytest.mark.parametrize(
    ("files", "led"),
    [
        ({"CLAUDE.md": "@docs/style.md\n", "docs/style.md": "# Style\n\nUse tabs.\n"}, "docs/style.md"),
        ({"AGENTS.md": "docs/absent.md"}, "docs/absent.md"),
        ({"web/CLAUDE.md": "Words.\n\n@docs/style.md\n", "web/docs/style.md": "Use hooks.\n"}, "web/docs/style.md"),
        ({"web/CLAUDE.md": "@../a.md\n", "a.md": "@b.txt\n", "b.txt": "Use hooks.\n"}, "b.txt"),
    ],
)
def test_what_guidance_leads_to_counts_from_its_merge_on_and_is_protected(repository, files, led):
    source, sha, _ = repository(files)
    policy = configuration.configure(ReviewPolicy(), configuration_at(source, sha)[0])
    book = of_target(source, sha, policy, "web/app.py", led, "docs/other.md")
    assert f"not by this change of {led}." in book.notices[0]
    diff = Diff((FileDiff("docs/other.md", "docs/other.md", Change.MODIFIED), FileDiff(led, led, Change.MODIFIED)))
    assert gating.protected(diff, Included(), book.led) == led
    policy = configuration.configure(ReviewPolicy(), {".reviewbot.yml": "guidance: false\n"})
    assert of_target(source, sha, policy, "web/app.py", led).led == ()


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ("true", "AGENTS.md, web/.cursor/rules/a.mdc"),
        ("false", ""),
        ("[cursor]", "web/.cursor/rules/a.mdc"),
        ("[claude]", "AGENTS.md"),
    ],
)
def test_guidance_that_does_not_count_is_not_said_to_count_from_its_merge_on(repository, wanted, named):
    source, sha, _ = repository({".reviewbot.yml": f"guidance: {wanted}\n", "AGENTS.md": AGENTS})
    policy = configuration.configure(ReviewPolicy(), configuration_at(source, sha)[0])
    told = of_target(source, sha, policy, "AGENTS.md", "web/.cursor/rules/a.mdc").notices
    assert [one for one in told if "not by this change" in one] == (
        [f"Reviewed by the rules and the configuration of the target branch, not by this change of {named}."]
        if named
        else []
    )
    assert "not by this change of .reviewbot.yml." in of_target(source, sha, policy, ".reviewbot.yml").notices[0]
