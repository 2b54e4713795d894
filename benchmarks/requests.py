"""How many requests and tokens a review takes, of the model and of GitLab."""

import re

from rs_bpe.bpe import openai

from benchmarks.making import Order, make
from benchmarks.measuring import instance
from benchmarks.patches import changes_of
from benchmarks.standins import started
from benchmarks.table import Result, Row, at_most, told
from reviewbot.core import chunking, diffs
from reviewbot.core.tokens import Counter

_TAG = re.compile(r"^o?\d+[a-z2-7]{2}\|", re.MULTILINE)
PLANTS = 6


def run(quick: bool) -> Result:
    sizes = (5, 12) if quick else (20, 180, 380)
    orders = [Order(files, files * 28 if files != 180 else 5_000, PLANTS, seed=files) for files in sizes]
    rows: list[Row] = []
    data: dict[str, object] = {}
    fixed = {}
    with started([[order] for order in [Order(3, 60), *orders]]) as standins, instance(standins) as measured:
        measured.review(standins.merge_requests[0])  # asks once per process who the bot is
        for order, one in zip(orders, standins.merge_requests[1:], strict=True):
            standins.ask("forget")
            outcome, _ = measured.review(one)
            assert outcome.state == "done", outcome.reason
            prompts, seen = standins.ask("prompts"), standins.ask("gitlab")
            api = [row for row in seen if row[1].startswith("/api/")]
            drafts = [row for row in api if row[0] == "POST" and row[1].endswith("/draft_notes")]
            fixed[order.files] = len(api) - len(drafts)
            name = f"{order.files} files"
            if order.files == sizes[1]:
                rows += [
                    at_most(
                        f"{name}, {one.changed:,} changed lines: model requests", prompts["requests"], 12, digits=0
                    ),
                    at_most(f"{name}: prompt tokens", prompts["tokens"], 130_000, digits=0),
                ]
            rows.append(
                Row(
                    f"{name}: GitLab requests",
                    f"{len(api)} ({len(drafts)} drafts, {fixed[order.files]} else), {len(seen) - len(api)} of git",
                )
            )
            data[name] = {
                "changed": one.changed,
                "model_requests": prompts["requests"],
                "prompt_tokens": prompts["tokens"],
                "gitlab": [f"{method} {path} {status}" for method, path, status in seen],
            }
    (few, least), (many, most) = min(fixed.items()), max(fixed.items())
    slope = (most - least) / (many - few) * 100
    rows.append(at_most("GitLab requests per 100 files (slope)", slope, 2))
    rows.append(told("GitLab requests without files and drafts (fixed part)", least - slope * few / 100, digits=1))
    before, after, ours, lines = tags(orders[1])
    rows.append(at_most("line tags add to the diff's tokens (o200k)", 100 * (after / before - 1), 45, " %", 1))
    rows.append(told("the made diff: tokens per line (o200k), tags aside", before / lines, digits=1))
    data["tags"] = {"untagged": before, "tagged": after, "tagged by the product's own counter": ours}
    notes = (
        "one reviewer; prompt tokens: all messages of all requests, counted with cl100k, as the product does",
        "GitLab: one published batch per review; each inline comment is one draft; git's own requests are told apart",
    )
    return Result("requests", rows, notes, data)


def tags(order: Order) -> tuple[int, int, int, int]:
    """Tokens of the diff as it stands in the prompts: without tags, with them, as the product counts; and its lines."""
    changes = changes_of(make(order))
    diff = diffs.parse_changes(changes)
    counter = Counter()
    text = "\n".join(chunking.render(chunk) for chunk in chunking.pack(diff.files, 12_000, counter.count))
    encoding = openai.o200k_base()
    return encoding.count(_TAG.sub("", text)), encoding.count(text), counter.count(text), text.count("\n") + 1
