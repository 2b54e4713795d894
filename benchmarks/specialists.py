"""What specialists cost: the share of the prefix cache, the input's price, and the wall time of many calls."""

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.making import Order
from benchmarks.measuring import durations, greedy, instance
from benchmarks.standins import started
from benchmarks.table import Result, Row, at_least, at_most, told
from reviewbot import resources
from reviewbot.model.prompt import Usage

EIGHT = ("agents_md", "compliance", "correctness", "documentation", "performance", "release", "security", "tests")
CACHED = 0.1  # price of a cached input token, as a share of an uncached one
GUIDANCE = "# AGENTS.md\nMoney is Decimal, never float.\n"


@dataclass(frozen=True)
class _Setting:
    """`turns`: rounds of tool calls before an answer; 0: tools off."""

    name: str
    turns: int
    least: float  # percent of the prompt tokens from the cache


def run(quick: bool) -> Result:
    order = Order(15, 400 if quick else 3_000, 15)
    latency = 0.1 if quick else 1.0
    settings = [_Setting("tools off", 0, 80), _Setting("tools on", 2, 90)]
    rows: list[Row] = []
    data: dict[str, object] = {}
    generic = _review(order, 0.02, 0, reviewers="general", judge="false")
    data["generic"] = generic
    for setting in settings[: 1 if quick else None]:
        found = _review(order, latency / 5, setting.turns, reviewers="", judge="true")
        data[setting.name] = found
        name = f"15 files, full tier, {setting.name}"
        rows.append(at_least(f"{name}: prompt tokens from the cache", found["cached"], setting.least, " %", 1))
        rows.append(at_least(f"{name}: of what the order of requests allows", found["of_best"], 98, " %", 1))
        rows.append(told(f"{name}: requests", found["calls"], digits=0))
        if not setting.turns:
            price = found["price"] / generic["tokens"]
            rows.append(at_most(f"{name}: input cost / one uncached generic pass", price, 2.0))
    with _asked_always(EIGHT) as folder:
        # So many tokens to a chunk that ten of them come of it.
        more = {"reviewers": ",".join(EIGHT), "reviewers_dir": folder, "chunk_tokens": 1_300 if quick else 7_500}
        wall = _review(order, 2 * latency, 0, judge="true", llm_concurrency_per_review=16, **more)
    data["wall"] = wall
    rows.append(at_most("eight specialists, 16 at once: wall / greedy", wall["wall"] / wall["greedy"], 1.15, digits=3))
    rows.append(told("eight specialists, 16 at once: requests", wall["calls"], digits=0))
    notes = (
        "an endpoint that caches prefixes in whole blocks of 128 tokens, from the first token of an answer on, per "
        "model, tools and response format; judge included; input cost: uncached + 0.1 × cached tokens",
        "what the order allows: all prompts of the run again, one after the other, through an empty cache",
        f"each answer takes {latency / 5:g} s, for the wall time {2 * latency:g} s, the first token a tenth of it; every "
        "chunk has a guidance to comply with; for the wall time each of the eight is asked about each chunk; greedy: all "
        "calls of the run, the judge's and the walkthrough's among them, at 16 at once, none waiting for another",
    )
    return Result("specialists", rows, notes, data)


@contextlib.contextmanager
def _asked_always(names: tuple[str, ...]) -> Iterator[Path]:
    """The shipped reviewers without the conditions under which they are asked."""
    with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as folder:
        for name in names:
            text = (resources.folder("prompts") / "reviewers" / f"{name}.md").read_text("utf-8")
            Path(folder, f"{name}.md").write_text(
                re.sub(r"(?m)^(?:paths|lines|needs):.*\n", "", text, count=3), "utf-8"
            )
        yield Path(folder)


def _review(order: Order, latency: float, turns: int, **more: object) -> dict[str, float]:
    own = {"llm_concurrency": 16, "tools": "true" if turns else "false", **more}
    orders = [[Order(3, 60), order]]
    pair = started(orders, latency, latency / 10, turns=turns, guidance=GUIDANCE)
    with pair as standins, instance(standins, **own) as measured:
        measured.review(standins.merge_requests[0])
        standins.ask("forget")
        outcome, seconds = measured.review(standins.merge_requests[1])
        assert outcome.state == "done", outcome.reason
        assert outcome.examination is not None
        lasted, best = durations(standins.ask("calls")["calls"]), standins.ask("cache")["best"]
    usage: Usage = outcome.examination.usage
    uncached = usage.prompt_tokens - usage.cached_tokens
    return {
        "tokens": usage.prompt_tokens,
        "cached": 100 * usage.cached_tokens / usage.prompt_tokens,
        "of_best": 100 * usage.cached_tokens / max(1, best),
        "price": uncached + CACHED * usage.cached_tokens,
        "calls": len(lasted),
        "wall": seconds,
        "greedy": greedy(lasted, int(str(own.get("llm_concurrency_per_review", 8)))),
    }
