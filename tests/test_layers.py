"""Imports go down only, libraries stay in their rooms, files stay short, broad excepts stay at the entrances."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "reviewbot").rglob("*.py"))

# Top to bottom; units in one row do not import each other.
ROWS = (
    ("cli",),
    ("demo",),
    ("processes", "single", "checkup"),
    ("web", "worker"),
    ("wiring",),
    ("gitlab", "llm", "db", "broker", "git", "settings", "log", "standin", "isolated"),
    ("review", "local", "commanding", "replies", "feedback", "backtesting"),
    ("configured", "gate", "rulebook", "subjects", "saying"),
    ("inheriting",),
    ("discretion", "limits", "rulefiles", "keeping"),
    ("examine", "heeding", "pausing"),
    ("ahead", "mending", "rulechecks", "scanning", "texts", "guidance", "trying"),
    ("following",),
    ("verifying",),
    ("reading", "walkthrough"),
    ("assigning",),
    ("bench",),
    ("asking",),
    ("ports", "listening"),
    ("control",),
    ("beside",),
    ("core",),
    ("resources",),
    ("model",),
    ("errors",),
)
ROW = {unit: index for index, row in enumerate(ROWS) for unit in row}
ROOMS = {
    "gitlab": ("gitlab",),
    "openai": ("llm",),
    "httpx2": ("llm",),
    "sqlalchemy": ("db",),
    "alembic": ("db",),
    "celery": ("broker", "worker"),
    "kombu": ("broker", "worker"),
    "unidiff": ("core/diffs",),
    "ast_grep_py": ("core/syntax",),
    "starlette": ("web", "standin", "demo", "processes"),
    "typer": ("cli",),
    "pebble": ("isolated",),
}
ENTRANCES = ("cli", "web", "worker")
LONGEST = 300


def unit(path: Path) -> str:
    return path.relative_to(ROOT / "reviewbot").with_suffix("").parts[0]


@cache
def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in line {node.lineno}"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_go_down(path):
    mine = unit(path)
    for name in imports(path):
        parts = name.split(".")
        if (
            parts[0] != "reviewbot"
            or len(parts) < 2
            or mine in {"__init__", "__main__"}
            or parts[1] in {mine, "__version__"}
        ):
            continue
        assert ROW[parts[1]] > ROW[mine], f"{path.name} ({mine}) imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_libraries_stay_in_their_rooms(path):
    place = str(path.relative_to(ROOT / "reviewbot").with_suffix(""))
    for name in imports(path):
        room = ROOMS.get(name.split(".")[0])
        assert room is None or place.startswith(room), f"{place} imports {name}"
        if place.startswith("model/"):
            top = name.split(".")[0]
            assert top == "reviewbot" or top in sys.stdlib_module_names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_broad_excepts_stay_at_the_entrances(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            names = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else {"BaseException"}
            assert not names & {"Exception", "BaseException"} or unit(path) in ENTRANCES, f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_short(path):
    assert len(path.read_text().splitlines()) <= LONGEST


def test_there_are_no_import_cycles():
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in FILES}
    edges = {
        name: {
            target
            for target in modules
            for seen in imports(path)
            if seen == target or (seen.startswith(target + ".") and target != "reviewbot.__init__")
        }
        - {name}
        for name, path in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"cycle: {' -> '.join((*trail, name))}"
        if name in done:
            return
        for target in edges[name]:
            visit(target, (*trail, name))
        done.add(name)

    for name in modules:
        visit(name, ())
