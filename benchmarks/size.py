"""What a large change costs from parse to finished plan, without any time of a model: CPU seconds and memory."""

import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.making import Order, make
from benchmarks.measuring import environment, median, most_memory, own_cpu_seconds
from benchmarks.patches import changes_of
from benchmarks.standins import planted
from benchmarks.table import Result, Row, at_most, told
from reviewbot.asking.budget import Budget
from reviewbot.bench import Bench
from reviewbot.control import Control
from reviewbot.core import diffs, planning
from reviewbot.core.prompts import About
from reviewbot.core.tokens import Counter
from reviewbot.examine import Subject, examine
from reviewbot.model.merge_request import DiffRefs, MergeRequest, MergeRequestRef, Person, RawChange
from reviewbot.model.prompt import Answer, Prompt, Usage
from reviewbot.settings import Settings, load
from reviewbot.standin.model_script import confirmed
from reviewbot.wiring.bench import bench_of, policy_of
from reviewbot.wiring.memory import NoAnswers

WARM = Order(24, 600, 6, seed=4)
_STEPS = {"rules": "rules, chunks, prompts", "model": "ask, read answers"}
ORDERS = {
    500: Order(18, 500, 20, seed=5),
    5_000: Order(180, 5_000, 60, seed=6),
    50_000: Order(600, 50_000, 300, seed=7),
}


def run(quick: bool) -> Result:
    orders = {500: ORDERS[500]} if quick else ORDERS
    runs = {
        lines: [_measured(order, lines, quick) for _ in range(1 if quick else 3)] for lines, order in orders.items()
    }
    rows: list[Row] = []
    costs = {}
    for lines, found in runs.items():
        cpu, memory = median([one["cpu"] for one in found]), max(one["memory"] for one in found)
        costs[lines] = median([1e6 * one["cpu"] / one["changed"] for one in found])
        name, large = f"{lines:,} changed lines", lines == max(ORDERS)
        rows += [
            at_most(f"{name}: CPU", cpu, 6, " s") if large else told(f"{name}: CPU", cpu, " s"),
            at_most(f"{name}: memory", memory, 400, " MB", 0) if large else told(f"{name}: memory", memory, " MB", 0),
            told(f"{name}: memory of the main process", max(one["own_memory"] for one in found), " MB", 0),
            told(f"{name}: CPU per changed line", costs[lines], " µs", 1),
        ]
    if len(costs) > 1:
        ratio = costs[max(costs)] / costs[min(costs)]
        rows.append(at_most("cost per line, 50,000 / 500 (flat: within a quarter)", ratio, 1.25))
    steps = (f"{name} {seconds:.2f} s" for name, seconds in runs[max(runs)][0]["steps"].items())
    rows.append(Row("steps of the largest", ", ".join(steps)))
    rows.append(
        told("imports, tables, helper processes, once", median([one["start"] for one in runs[max(runs)]]), " s")
    )
    notes = (
        "a process of its own for each measurement: GitLab's diff records -> parse, select, rules, chunks, context, "
        "prompts, answers, anchors, judging, plan; all files' texts at hand; answers of the model ready at once, the "
        "time it takes to write them not counted; several changes in a row at the smaller sizes",
        "CPU and memory are those of the process and the helpers in which it parses untrusted code, added up; memory is "
        "the peak, interpreter and libraries included",
    )
    return Result("size", rows, notes, {str(lines): found for lines, found in runs.items()})


def _measured(order: Order, lines: int, quick: bool) -> dict[str, Any]:
    repeats = 1 if quick else max(1, 10_000 // lines)
    with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as folder:
        path = Path(folder) / "changes"
        changes = [make(replace(order, seed=order.seed + 100 * number)) for number in range(repeats)]
        made = [_Made(changes_of(one), one.head, one.changed, len(one.plants)) for one in [make(WARM), *changes]]
        path.write_bytes(pickle.dumps(made))
        # Not `-m`: helper processes import their parent's main module, and the product's is a light one.
        command = [sys.executable, "-c", "import sys; from benchmarks.size import child; child(sys.argv[1])", str(path)]
        with environment({"REVIEWBOT_CONFIG": os.devnull, "REVIEWBOT_DATA_DIR": folder}) as env:
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@dataclass(frozen=True)
class _Made:
    """A change as the child gets it: records, texts of the new side, changed lines, planted lines."""

    changes: tuple[RawChange, ...]
    texts: Mapping[str, str]
    changed: int
    plants: int


class Instant:
    """A model in this process that answers at once; `seconds` is the CPU time it took to write its answers."""

    name = "instant"
    parameters = "{}"

    def __init__(self) -> None:
        self.seconds = 0.0
        self.requests = 0
        self._lock = threading.Lock()

    def ask(self, prompt: Prompt, control: Control, first_token: Callable[[], None] | None = None) -> Answer:
        began = time.thread_time()
        shown = "\n".join(message.content for message in prompt.messages)
        judged = prompt.schema == "verdicts"
        text = json.dumps({"verdicts": confirmed(shown)} if judged else {"findings": planted(shown)})
        if first_token is not None:
            first_token()
        with self._lock:
            self.seconds += time.thread_time() - began
            self.requests += 1
        return Answer(text, "stop", Usage(requests=1, prompt_tokens=1), "instant")


def _merge_request(changes: tuple[RawChange, ...]) -> MergeRequest:
    return MergeRequest(
        ref=MergeRequestRef(1, 1),
        path="shop/web",
        title="Change parts",
        description="",
        author=Person(1, "dev"),
        state="opened",
        draft=False,
        labels=(),
        source_branch="change",
        target_branch="main",
        source_project_id=1,
        web_url="https://gitlab.example.com/shop/web/-/merge_requests/1",
        refs=DiffRefs("a" * 40, "a" * 40, "b" * 40),
        changes=changes,
    )


def _planned(made: _Made, bench: Bench, settings: Settings, steps: dict[str, float]) -> None:
    """What is measured, in the order in which `reviewbot.review` does it; adds to the seconds of each step."""
    policy = policy_of(settings)
    merge_request = _merge_request(made.changes)
    marks = [("parse", own_cpu_seconds())]
    diff = diffs.parse_changes(merge_request.changes)
    files = [(file.path, file.change.value, file.added, file.removed) for file in diff.files]
    about = About(title="Change parts", files=files)
    subject = Subject(diff, about, policy, read=lambda paths: {path: made.texts[path] for path in paths})

    def progress(step: str, done: int, total: int) -> None:
        if step in _STEPS and done in {0, total}:
            marks.append((_STEPS[step] if done == 0 else "anchors, judging", own_cpu_seconds()))

    marks.append(("select", own_cpu_seconds()))
    examined = examine(subject, bench, Control(), Budget(None), progress)
    marks.append(("plan", own_cpu_seconds()))
    plan = planning.plan(merge_request, diff, examined.examination, examined.suggestions, "1", b"k" * 32, policy)
    marks.append(("", own_cpu_seconds()))
    assert len(plan.comments) == made.plants, f"{len(plan.comments)} comments for {made.plants} planted lines"
    for (name, began), (_, end) in pairwise(marks):
        steps[name] = steps.get(name, 0) + end - began


def child(path: str) -> None:
    """What the process of a measurement does; prints the figures as JSON."""
    warm, *measured = pickle.loads(Path(path).read_bytes())
    settings, models = load(max_inline_comments=0), Instant()
    bench = bench_of(settings, models, NoAnswers(), Counter())
    for _ in range(3):  # every helper process has had its turn
        _planned(warm, bench, settings, {})
    start, models.seconds = own_cpu_seconds(), 0.0
    steps: dict[str, float] = {}
    for one in measured:
        _planned(one, bench, settings, steps)
    cpu = own_cpu_seconds() - start - models.seconds
    figures = {
        "cpu": cpu / len(measured),
        "model": models.seconds / len(measured),
        "start": start,
        "memory": most_memory(),
        "own_memory": most_memory(children=False),
        "changed": sum(one.changed for one in measured) / len(measured),
        "steps": steps,
    }
    print(json.dumps(figures))
