"""How long a person waits for the command line itself."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.making import Order, make
from benchmarks.measuring import environment, median
from benchmarks.patches import git_diff
from benchmarks.table import Result, at_most, told


def run(quick: bool) -> Result:
    repeats = 1 if quick else 7
    with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as folder:
        path = Path(folder) / "change.diff"
        path.write_text(git_diff(make(Order(5, 100))), "utf-8")
        own = {"REVIEWBOT_DATA_DIR": f"{folder}/data", "REVIEWBOT_CONFIG": os.devnull}
        bare = [_seconds([sys.executable, "-c", "pass"], folder, own) for _ in range(repeats)]
        shown = [_seconds(_command("--help"), folder, own) for _ in range(repeats)]
        review = _command("review", "--diff", str(path), "--fail-on", "never", "--quiet")
        reviewed = [_seconds(review, folder, own) for _ in range(repeats)]
    rows = (
        at_most("reviewbot --help", median(shown), 0.25, " s", 3),
        at_most("review --diff of 100 lines, no model", median(reviewed), 1.0, " s", 3),
        told("beside: python -c pass", median(bare), " s", 3),
    )
    note = f"wall time of the whole process, the reviewbot of this environment; median of {repeats}"
    return Result("startup", rows, (note,), {"help": shown, "review": reviewed, "python": bare})


def _command(*arguments: str) -> list[str]:
    installed = Path(sys.executable).with_name("reviewbot")
    return [str(installed), *arguments] if installed.exists() else [sys.executable, "-m", "reviewbot", *arguments]


def _seconds(command: list[str], folder: str, settings: dict[str, str]) -> float:
    with environment(settings) as env:
        began = time.monotonic()
        subprocess.run(command, check=True, cwd=folder, env=env, capture_output=True)
        return time.monotonic() - began
