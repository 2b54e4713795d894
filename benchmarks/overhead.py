"""What a review takes beside its model calls: wall time / a greedy schedule of the calls of the same run."""

from dataclasses import dataclass, replace

from benchmarks.making import Order
from benchmarks.measuring import greedy_review, instance, median
from benchmarks.standins import started
from benchmarks.table import Result, Row, at_most, told

LATENCY = 2.0  # seconds of each answer
AT_ONCE = 8


@dataclass(frozen=True)
class _Case:
    name: str
    order: Order
    latency: float
    first: float  # seconds until the first token


def run(quick: bool) -> Result:
    repeats, latency = (1, 0.2) if quick else (5, LATENCY)
    small, large = Order(15, 400, 10), Order(15, 3_000, 10)
    cases = [
        _Case("15 files, 400 lines", small, latency, latency),
        _Case("15 files, 3,000 lines, first token at once", large, latency, latency / 10),
        _Case("15 files, 3,000 lines, whole latency before the first token", large, latency, latency),
    ]
    rows: list[Row] = []
    data: dict[str, object] = {}
    for case in cases[: 1 if quick else None]:
        runs = _runs(case, repeats)
        data[case.name] = runs
        rows += [
            at_most(
                f"{case.name}: wall / greedy", median([run["wall"] / run["greedy"] for run in runs]), 1.10, digits=3
            ),
            told(
                f"{case.name}: beside the calls",
                median([1000 * (run["wall"] - run["greedy"]) for run in runs]),
                " ms",
                0,
            ),
            told(f"{case.name}: calls", median([run["calls"] for run in runs]), digits=0),
        ]
    notes = (
        f"each answer of the model takes {latency} s; {AT_ONCE} requests at once; medians of {repeats} merge requests, "
        "after one that warms the process up; the stand-ins run in another process on the same cores",
        "greedy: first the calls that find, then those that judge what was found, each as soon as a place is free; it "
        "knows of no cache, while the product lets siblings wait until their shared beginning has been read",
    )
    return Result("overhead", rows, notes, data)


def _runs(case: _Case, repeats: int) -> list[dict[str, float]]:
    orders = [replace(case.order, seed=seed) for seed in range(repeats + 1)]
    runs = []
    with started([orders], case.latency, case.first) as standins, instance(standins) as measured:
        measured.review(standins.merge_requests[0])
        for one in standins.merge_requests[1:]:
            standins.ask("forget")
            outcome, seconds = measured.review(one)
            assert outcome.state == "done", outcome.reason
            calls = standins.ask("calls")["calls"]
            runs.append({"wall": seconds, "greedy": greedy_review(calls, AT_ONCE), "calls": len(calls)})
    return runs
