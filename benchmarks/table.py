"""What a benchmark gives back, and how it is shown and kept."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
_MARKS = {True: "met", False: "**missed**", None: "–"}


class Skipped(Exception):
    """A benchmark cannot run here; the message says why, and what would help."""


@dataclass(frozen=True)
class Row:
    """One figure. `met` None: there is no target, it is told beside the others."""

    name: str
    measured: str
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Result:
    """A benchmark's rows. `notes` say how it was measured; `data` is kept for comparing."""

    name: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    load: Sequence[float] = ()  # the machine's at the start, and at the end


def at_most(name: str, value: float, limit: float, unit: str = "", digits: int = 2) -> Row:
    return Row(name, f"{value:,.{digits}f}{unit}", f"≤ {limit:,g}{unit}", value <= limit)


def at_least(name: str, value: float, limit: float, unit: str = "", digits: int = 2) -> Row:
    return Row(name, f"{value:,.{digits}f}{unit}", f"≥ {limit:,g}{unit}", value >= limit)


def told(name: str, value: float, unit: str = "", digits: int = 2) -> Row:
    return Row(name, f"{value:,.{digits}f}{unit}")


def show(results: Sequence[Result]) -> None:
    table = Table(title=f"Benchmarks, {machine()}, load {os.getloadavg()[0]:.1f}", title_justify="left")
    table.add_column("benchmark")
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("target", justify="right")
    table.add_column("")
    for result in results:
        for number, row in enumerate(result.rows):
            mark = {True: "[green]met[/]", False: "[bold red]missed[/]", None: ""}[row.met]
            last = number == len(result.rows) - 1
            table.add_row(
                result.name if number == 0 else "", row.name, row.measured, row.target, mark, end_section=last
            )
    Console().print(table)


def machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def keep(result: Result, folder: Path = RESULTS) -> None:
    """Write the result, then the table over all results there are."""
    folder.mkdir(exist_ok=True)
    kept = {"at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "machine": machine(), **asdict(result)}
    (folder / f"{result.name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    found = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    (folder / "README.md").write_text(_markdown(found), "utf-8")


def _markdown(found: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "# Measured figures",
        "",
        "Written by `make bench`; what is measured, and how, is told in `docs/benchmarks.md`. The figures are as they",
        "came out, missed ones too. Load: the machine's one-minute load at the start and at the end of a benchmark.",
    ]
    for one in found:
        load = " → ".join(f"{value:.1f}" for value in one["load"])
        lines += ["", f"## {one['name']}", ""]
        lines += [f"{one['at']}, {one['machine']}, load {load}, took {one['seconds']:.0f} s", ""]
        lines += ["| figure | measured | target | |", "|---|---:|---:|---|"]
        lines += [
            f"| {row['name']} | {row['measured']} | {row['target']} | {_MARKS[row['met']]} |" for row in one["rows"]
        ]
        lines += ["", *(f"- {note}" for note in one["notes"])] if one["notes"] else []
    return "\n".join(lines) + "\n"
