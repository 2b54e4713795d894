"""What a large change costs from parse to finished plan, without any time of a model: CPU seconds and memory."""

import json
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.making import Order, make
from benchmarks.measuring import environment, median, most_memory
from benchmarks.patches import changes_of
from benchmarks.standins import planted
from benchmarks.table import Result, Row, at_most, told
from reviewbot.control import Control
from reviewbot.model.merge_request import DiffRefs, MergeRequest, MergeRequestRef, Person
from reviewbot.model.prompt import Answer, Prompt, Usage

ORDERS = {
    500: Order(18, 500, 20, seed=5),
    5_000: Order(180, 5_000, 60, seed=6),
    50_000: Order(600, 50_000, 300, seed=7),
}


def run(quick: bool) -> Result:
    orders = {500: ORDERS[500]} if quick else ORDERS
    runs = {lines: [_measured(order) for _ in range(1 if quick else 3)] for lines, order in orders.items()}
    rows: list[Row] = []
    costs = {}
    for lines, found in runs.items():
        cpu = median([one["cpu"] for one in found])
        costs[lines] = 1e6 * cpu / found[0]["changed"]
        memory = max(one["memory"] for one in found)
        name = f"{lines:,} changed lines ({found[0]['shown']:,} in the diff)"
        large = lines == max(ORDERS)
        rows.append(at_most(f"{name}: CPU", cpu, 6, " s") if large else told(f"{name}: CPU", cpu, " s"))
        rows.append(
            at_most(f"{name}: memory", memory, 400, " MB", 0) if large else told(f"{name}: memory", memory, " MB", 0)
        )
        rows.append(told(f"{name}: CPU per changed line", costs[lines], " µs", 1))
    if len(costs) > 1:
        ratio = costs[max(costs)] / costs[min(costs)]
        rows.append(at_most("cost per line, 50,000 / 500 (flat: within a quarter)", ratio, 1.25))
    steps = {name: f"{seconds:.2f} s" for name, seconds in runs[max(runs)][0]["steps"].items()}
    rows.append(Row("steps of the largest", ", ".join(f"{name} {seconds}" for name, seconds in steps.items())))
    rows.append(told("imports and tables, once per process", median([one["start"] for one in runs[max(runs)]]), " s"))
    notes = (
        "a process of its own for each measurement: GitLab's diff records -> parse, select, rules, chunks, context, "
        "prompts, answers, anchors, judging, plan; all files' texts at hand; answers of the model ready at once, the "
        "time it takes to write them not counted; memory is the process's peak, interpreter and libraries included",
    )
    return Result("size", rows, notes, {str(lines): found for lines, found in runs.items()})


def _measured(order: Order) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as folder:
        path = Path(folder) / "change"
        change = make(order)
        path.write_bytes(pickle.dumps((changes_of(change), change.head, change.changed, len(change.plants))))
        command = [sys.executable, "-m", "benchmarks.size", str(path)]
        with environment({"REVIEWBOT_CONFIG": f"{folder}/none.toml", "REVIEWBOT_DATA_DIR": folder}) as env:
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


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
        text = json.dumps({"findings": planted("\n".join(message.content for message in prompt.messages))})
        if first_token is not None:
            first_token()
        with self._lock:
            self.seconds += time.thread_time() - began
            self.requests += 1
        return Answer(text, "stop", Usage(requests=1, prompt_tokens=1), "instant")


def _merge_request(changes: tuple[Any, ...]) -> MergeRequest:
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


def _child(path: str) -> dict[str, Any]:
    """Everything measured happens here, in the order in which `reviewbot.review` does it."""
    from reviewbot.asking.budget import Budget
    from reviewbot.core import diffs, planning
    from reviewbot.core.prompts import About
    from reviewbot.core.tokens import Counter
    from reviewbot.examine import Subject, examine
    from reviewbot.settings import load
    from reviewbot.wiring.bench import bench_of, policy_of
    from reviewbot.wiring.memory import NoAnswers

    changes, texts, changed, planned = pickle.loads(Path(path).read_bytes())
    settings, models = load(max_inline_comments=0), Instant()
    bench = bench_of(settings, models, NoAnswers(), Counter())
    policy = policy_of(settings)
    merge_request = _merge_request(changes)
    start = time.process_time()
    marks = [("parse", start)]
    diff = diffs.parse_changes(merge_request.changes)
    about = About(
        title="Change parts", files=[(file.path, file.change.value, file.added, file.removed) for file in diff.files]
    )
    subject = Subject(diff, about, policy, read=lambda paths: {path: texts[path] for path in paths})

    def progress(step: str, done: int, total: int) -> None:
        if done == 0 or done == total:
            marks.append((step if done == 0 else "judge", time.process_time()))

    marks.append(("select", time.process_time()))
    examined = examine(subject, bench, Control(), Budget(None), progress)
    marks.append(("plan", time.process_time()))
    plan = planning.plan(merge_request, diff, examined.examination, examined.suggestions, "1", b"k" * 32, policy)
    ended = time.process_time()
    assert len(plan.comments) == planned, f"{len(plan.comments)} comments for {planned} planted lines"
    names = {"rules": "rules, chunks, prompts", "model": "ask, read answers"}
    steps: dict[str, float] = {}
    for (name, began), (_, end) in zip(marks, [*marks[1:], ("", ended)], strict=True):
        steps[names.get(name, name)] = steps.get(names.get(name, name), 0) + end - began
    return {
        "cpu": ended - start - models.seconds,
        "model": models.seconds,
        "start": start,
        "memory": most_memory(),
        "changed": changed,
        "shown": sum(1 for file in diff.files for _ in file.lines()),
        "requests": models.requests,
        "steps": steps,
    }


if __name__ == "__main__":
    print(json.dumps(_child(sys.argv[1])))
