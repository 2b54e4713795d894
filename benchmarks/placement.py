"""Whether every line reaches a prompt, and every finding the line it is about, at any size of a diff."""

from typing import Any

from benchmarks.making import Change, Order, make
from benchmarks.measuring import instance
from benchmarks.standins import Standins, Told, started
from benchmarks.table import Result, Row

ORDERS = {
    100: Order(5, 100, 20, "+- +", seed=11),
    1_000: Order(36, 1_000, 60, "+- +", seed=12),
    5_000: Order(180, 5_000, 120, "+- +", seed=13),
    50_000: Order(600, 50_000, 300, "+- +", seed=14),
}
# A line that others were put around may be shown as removed and added again. GitLab finds no added line where it shows an
# unchanged one, so a comment with the new number alone stands on such a line.
_UNCHANGED = [(True, True), (False, True)]


def run(quick: bool) -> Result:
    orders = {100: ORDERS[100]} if quick else ORDERS
    rows: list[Row] = []
    data: dict[str, object] = {}
    with started([[order] for order in orders.values()]) as standins, instance(standins) as measured:
        for (lines, order), one in zip(orders.items(), standins.merge_requests, strict=True):
            standins.ask("forget")
            outcome, seconds = measured.review(one)
            prompts = standins.ask("prompts")
            change = make(Order(order.files, order.lines, order.plants, order.signs, order.seed, "part000"))
            missing = sorted({plant.title for plant in change.plants} - set(prompts["titles"]))
            wrong = _misplaced(change, standins, one)
            total = len(change.plants)
            name = f"{lines:,} lines, {order.files} files"
            rows.append(_all(f"{name}: planted lines that reach a prompt", total - len(missing), total))
            rows.append(_all(f"{name}: inline comments on the right line", total - len(wrong), total))
            rows.append(Row(f"{name}: model requests, prompt tokens", f"{prompts['requests']}, {prompts['tokens']:,}"))
            rows.append(Row(f"{name}: GitLab API requests, seconds", f"{outcome.forge_requests}, {seconds:.1f}"))
            data[name] = {
                "outcome": outcome.state,
                "reason": outcome.reason,
                "changed": change.changed,
                "missing": missing[:20],
                "misplaced": wrong[:20],
                "requests": prompts["requests"],
                "tokens": prompts["tokens"],
                "forge_requests": outcome.forge_requests,
                "seconds": seconds,
            }
    notes = (
        "whole path: GitLab stand-in over HTTP, its limits for collapsed and overflowing diffs in force, completed by "
        "git; no cap on comments; half of the planted lines added, a quarter removed, a quarter unchanged next to a "
        "change; right line: path and text of the line that the comment stands on",
    )
    return Result("placement", rows, notes, data)


def _all(name: str, found: int, total: int) -> Row:
    return Row(name, f"{found} of {total}", "all", found == total)


def _misplaced(change: Change, standins: Standins, one: Told) -> list[str]:
    """Titles of planted lines without exactly one comment, standing on the line itself."""
    comments: list[dict[str, Any]] = standins.ask(f"comments/{one.project_id}/{one.iid}")["comments"]
    wrong = []
    for plant in change.plants:
        own = [comment for comment in comments if plant.title in comment["body"]]
        right = [comment for comment in own if comment["text"] == plant.text and comment["path"] == plant.path]
        sides = {"+": [(False, True)], "-": [(True, False)], " ": _UNCHANGED}[plant.sign]
        exact = [one for one in right if (one["old"] is not None, one["new"] is not None) in sides]
        if len(own) != 1 or not exact:
            wrong.append(plant.title)
    return wrong
