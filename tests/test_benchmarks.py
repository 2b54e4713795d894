"""The benchmarks run, at their smallest sizes. What they measure is not asserted: this machine is not theirs."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import making, measuring, table
from benchmarks.__main__ import NAMES, benchmark
from benchmarks.patches import changes_of
from reviewbot.core import diffs

ROOT = Path(__file__).parent.parent
SERVERLESS = (
    "life",
    "overhead",
    "size",
    "requests",
    "webhook",
    "startup",
    "matching",
    "inherited",
)  # placement below, capacity needs Redis


@pytest.fixture(autouse=True)
def _from_the_top_level(monkeypatch):
    """Benchmarks start processes of their own package."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.mark.integration
@pytest.mark.parametrize("name", SERVERLESS)
def test_benchmark_runs_at_its_smallest_size(name):
    result = benchmark(name)(True)
    assert result.name == name
    assert result.rows
    assert all(row.measured for row in result.rows)


@pytest.mark.integration
def test_patterns_count_the_hits_in_each_file_that_a_review_reads(tmp_path, monkeypatch):
    for name, text in {
        "app.py": "value = eval(text)\n",
        "yarn.lock": "eval(text)\n",
        "pay.py": "price: float\n",
    }.items():
        path = tmp_path / "flask" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("BENCH_TREES", str(tmp_path))
    result = benchmark("patterns")(True)
    assert result.data["default"] == ["python-eval flask/app.py:1"]
    assert result.data["all"] == {"python-eval": 1, "correctness-money-as-float": 1}
    assert "2; 1; 2" in [row.measured for row in result.rows]
    assert any("git clone --depth 1 --branch 7.4.1 https://github.com/redis/redis" in note for note in result.notes)


def test_patterns_without_code_bases_are_skipped_with_the_way_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_TREES", str(tmp_path))
    with pytest.raises(table.Skipped, match=r"git clone .* https://github\.com/pallets/flask"):
        benchmark("patterns")(True)


@pytest.mark.integration
def test_capacity_runs_at_its_smallest_size(redis_url):
    assert redis_url  # skipped aloud where there is no Redis
    assert benchmark("capacity")(True).rows


@pytest.mark.integration
def test_smallest_placement_finds_every_planted_line_on_its_own_line():
    result = benchmark("placement")(True)
    assert [row.measured for row in result.rows if row.target == "all"] == ["20 of 20", "20 of 20"]


def test_every_module_with_a_run_is_a_known_benchmark():
    modules = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if not path.stem.startswith("_")}
    measuring_ones = {name for name in modules if hasattr(importlib.import_module(f"benchmarks.{name}"), "run")}
    assert measuring_ones == set(NAMES)


def test_unknown_benchmark_is_refused_with_the_known_names():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "speed"], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no benchmark speed" in done.stderr
    assert "overhead" in done.stderr


def test_same_seed_makes_the_same_change():
    order = making.Order(9, 200, 6, "+- ")
    assert making.make(order) == making.make(order)


def test_made_change_has_the_lines_and_plants_that_were_ordered():
    change = making.make(making.Order(40, 1_000, 30, "+- "))
    diff = diffs.parse_changes(changes_of(change))
    lines = {(file.path, line.sign, line.text) for file in diff.files for line in file.lines()}
    assert len(change.plants) == 30
    assert {plant.sign for plant in change.plants} == {"+", "-", " "}
    assert all((plant.path, plant.sign, plant.text) in lines for plant in change.plants)
    assert 0.9 < sum(file.added + file.removed for file in diff.files) / 1_000 < 1.1


@pytest.mark.parametrize(
    ("durations", "at_once", "seconds"),
    [([], 2, 0), ([3], 4, 3), ([1, 1, 1, 1], 2, 2), ([3, 1, 1, 1], 2, 3), ([1, 1, 3], 2, 4), ([2, 2], 1, 4)],
)
def test_greedy_schedule_starts_each_call_at_the_first_free_place(durations, at_once, seconds):
    assert measuring.greedy(durations, at_once) == seconds


def test_missed_figure_is_kept_as_missed(tmp_path):
    rows = (table.at_most("slowness", 3, 2, " s"), table.at_least("share", 90, 85, " %"), table.told("beside", 1))
    table.keep(table.Result("speed", rows, ("a note",)), tmp_path)
    kept = (tmp_path / "README.md").read_text("utf-8")
    assert "| slowness | 3.00 s | ≤ 2 s | **missed** |" in kept
    assert "| share | 90.00 % | ≥ 85 % | met |" in kept
    assert "- a note" in kept
    assert (tmp_path / "speed.json").exists()


def test_each_class_of_hit_in_the_kept_result_is_told_in_the_documentation():
    kept = json.loads((ROOT / "benchmarks" / "results" / "patterns.json").read_text("utf-8"))
    text = (ROOT / "docs" / "rules.md").read_text("utf-8").partition("### How quiet they are")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| (`.*?`) \| (\d+) \| .+ \|$", text, re.MULTILINE)
    told = {name: int(count) for names, count in rows for name in re.findall("`(.*?)`", names)}
    assert set(told) == set(kept["data"]["all"])
    assert sum(int(count) for _, count in rows) == sum(kept["data"]["all"].values())
