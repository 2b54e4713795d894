"""The documentation says everything that there is, and nothing that there is not."""

import re
import subprocess
from pathlib import Path

import pytest
import typer.main
import yaml

from reviewbot.cli.main import app
from reviewbot.core.configuration import FILES, configure
from reviewbot.errors import ConfigurationError
from reviewbot.model.policy import ReviewPolicy
from reviewbot.settings import Settings, load

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text("utf-8")
ALL_TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)
OUTSIDE_SETTINGS = {
    "REVIEWBOT_CONFIG",  # where the settings are: read before them
    "REVIEWBOT_RENEW_GOLDEN",  # of the tests
}
_MANIFEST = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE")


def tracked():
    """Paths of the repository's files; a copy without git has what its folders have."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing tells which files are tracked")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def commands(group=None, trail=()):
    """Every command with its words, as the command line has it."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        words = (*trail, name)
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield words, command


def options(command):
    """Those that `--help` shows."""
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        yield from (name for name in parameter.opts if name.startswith("--") and name != "--help")


COMMANDS = {" ".join(words): command for words, command in commands()}


def table(page, heading):
    """First cells of the table rows under a heading, without backticks."""
    text = re.split(rf"^## {re.escape(heading)}$", page, maxsplit=1, flags=re.MULTILINE)[1]
    text = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)


def test_the_settings_table_has_every_setting_once_and_no_other():
    assert sorted(table(CONFIGURATION, "Settings")) == sorted(
        f"REVIEWBOT_{name.upper()}" for name in Settings.model_fields
    )


def test_the_settings_table_tells_the_defaults_of_the_code():
    rows = dict(re.findall(r"^\| `REVIEWBOT_(\w+)` \| `([^`]*)` \|", CONFIGURATION, flags=re.MULTILINE))
    assert len(rows) > 20
    for name, told in rows.items():
        default = Settings.model_fields[name.lower()].default
        if isinstance(default, tuple):
            assert told.split(",") == list(default), name
        elif isinstance(default, bool):
            assert told == str(default).lower(), name
        elif isinstance(default, int | float):
            assert float(told) == default, name
        else:
            assert told == default, name


def test_every_key_of_the_repository_file_is_documented_and_works():
    keys = table(CONFIGURATION, "`.reviewbot.yml`")
    accepted = re.findall(r"^    (\w+):", _source_of_file_model(), flags=re.MULTILINE)
    assert sorted(keys) == sorted(accepted)


def _source_of_file_model():
    source = (ROOT / "reviewbot" / "core" / "configuration.py").read_text("utf-8")
    return source.split("class _File")[1].split("def configure")[0]


def test_the_example_of_the_repository_file_is_accepted():
    example = re.search(r"```yaml\n(.*?)```", CONFIGURATION, flags=re.DOTALL)
    policy = configure(ReviewPolicy(), {FILES[0]: example[1]})
    assert policy.max_inline_comments == yaml.safe_load(example[1])["max_inline_comments"]
    with pytest.raises(ConfigurationError):
        configure(ReviewPolicy(), {FILES[0]: example[1] + "unknown: 1\n"})


def test_the_example_of_the_settings_file_is_accepted(tmp_path, monkeypatch):
    example = re.search(r"```toml\n(.*?)```", CONFIGURATION, flags=re.DOTALL)
    file = tmp_path / "example.toml"
    file.write_text(example[1])
    monkeypatch.setenv("REVIEWBOT_CONFIG", str(file))
    assert load().exclude == ("docs/**", "*.svg")


def section(command):
    """What docs/commands.md says of a command."""
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    parts = re.split(r"^## `reviewbot ([a-z ]+?)(?: [A-Z\[].*)?`$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[command]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_and_all_its_options_are_documented(command):
    told = set(re.findall(r"^\| `(--[a-z-]+)", section(command), flags=re.MULTILINE))
    assert told == set(options(COMMANDS[command]))


def test_every_command_that_the_docs_name_exists():
    known = {words for name in COMMANDS for words in (name, name.split(" ", maxsplit=1)[0])}
    named = set(re.findall(r"(?:^|`)reviewbot ([a-z]+(?: upgrade)?)\b", ALL_TEXT, flags=re.MULTILINE))
    sentences = {"reads", "is", "runs"}  # at the beginning of a line of prose
    assert named - sentences <= known
    assert {"serve", "review", "db upgrade"} <= named


def test_every_variable_that_the_docs_name_exists():
    known = {f"REVIEWBOT_{name.upper()}" for name in Settings.model_fields} | OUTSIDE_SETTINGS
    files = [*PAGES, *(ROOT / "deploy").rglob("*.y*ml"), ROOT / "deploy" / "env.example", ROOT / "worker.Dockerfile"]
    for file in files:
        named = set(re.findall(r"REVIEWBOT_[A-Z_]*[A-Z](?![A-Z_*])", file.read_text("utf-8")))
        assert named <= known, f"{file.name}: {named - known}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_the_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in {_anchor(line) for line in file.read_text("utf-8").splitlines() if line.startswith("#")}


def _anchor(heading):
    words = re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower())
    return words.replace(" ", "-")


def test_every_file_that_the_architecture_names_is_there():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", text)) | set(
        re.findall(r"`(reviewbot/\w+\.py)`", text)
    )
    assert len(named) > 30
    missing = [name for name in named if not (ROOT / name).exists() and not (ROOT / "reviewbot" / name).exists()]
    assert not missing


def test_the_layers_are_drawn_as_the_test_holds_them():
    from test_layers import ROWS

    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    drawn = re.search(r"## Layers\n\n((?:    .*\n)+)", text)[1]
    rows = [re.split(r" {2,}", line.strip())[0].split() for line in drawn.splitlines()]
    assert [set(row) for row in rows] == [set(row) for row in ROWS]


def test_decisions_are_numbered_without_gaps_and_listed():
    folder = ROOT / "docs" / "decisions"
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    index = (folder / "README.md").read_text("utf-8")
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for path in records:
        assert path.name in index
        assert path.read_text("utf-8").startswith(f"# {path.name[:4]} ")


def test_the_changelog_has_a_section_for_what_is_not_released():
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


# Written in parts, so that this file does not find itself.
_MACHINE = re.compile(
    rb"/(?:home|Users|root|work|workspace)" rb"/[A-Za-z0-9_.-]+/|[A-Z]:\\Users" rb"\\|file:" rb"///(?:opt|tmp|home)"
)
_REGISTRY = re.compile(
    rb"(?:pypi\.org|pythonhosted\.org|registry\.npmjs|proxy\.golang|artifactory|devpi)"
    rb"|index-"
    rb"url|find-"
    rb"links"
)


def test_no_file_tells_of_a_machine_or_a_package_registry():
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".png", ".diff", ".json"}:
            continue
        text = path.read_bytes()
        found += [
            (path.relative_to(ROOT), hit[0]) for seek in (_MACHINE, _REGISTRY) for hit in [seek.search(text)] if hit
        ]
    assert not found


def test_the_constraints_name_versions_only_and_cover_what_the_project_asks_for():
    import tomllib

    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    names = []
    for line in lines:
        match = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)==[0-9][A-Za-z0-9.!+]*", line)
        assert match, line
        names.append(re.sub(r"[-_.]+", "-", match[1]).lower())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    asked = {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", one)[0]).lower() for one in wanted}
    assert asked <= set(names)
    assert len(names) == len(set(names))


def test_the_image_copies_what_the_wheel_is_built_from():
    ignored = (ROOT / ".dockerignore").read_text()
    recipe = (ROOT / "worker.Dockerfile").read_text()
    for name in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE", "prompts", "rules", "reviewbot"):
        assert f"!{name}\n" in ignored
        assert re.search(rf"^COPY .*\b{re.escape(name)}\b", recipe, flags=re.MULTILINE), name


def test_every_page_asks_for_the_python_that_the_package_asks_for():
    import tomllib

    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert (asked, re.findall(r"Python \d[^,;)]{0,12}", ALL_TEXT)) == (">=3.11", ["Python 3.11 or newer"] * 3)
    assert "Python 3.11 or newer" in (ROOT / "Makefile").read_text()
