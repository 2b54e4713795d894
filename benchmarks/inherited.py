"""500 rules on six levels: which of them reach each of 1,000 changed files, and what a prompt holds of them."""

import random
import re
import time
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.making import Order, make
from benchmarks.measuring import median
from benchmarks.patches import changes_of
from benchmarks.table import Result, Row, at_most, told
from reviewbot import assigning, resources
from reviewbot.bench import Bench, Material
from reviewbot.core import diffs, reviewers, rule_share, rulebooks, scopes
from reviewbot.core.effective import effective
from reviewbot.core.packs import Shelf
from reviewbot.core.prompts import About, Templates
from reviewbot.core.rulebooks import Layer
from reviewbot.core.scopes import Reach
from reviewbot.core.tokens import Counter
from reviewbot.isolated import Isolated
from reviewbot.model.chunk import Tier
from reviewbot.model.policy import ReviewPolicy

RULES, FILES = 515, 1_000  # of the rules some have an id that their level has already
LEVELS = ("built-in", "instance", "group acme", "group acme/shop", "project", "folder")
SUFFIXES = {"python": "py", "go": "go", "javascript": "ts", "ruby": "rb", "java": "java"}
FOLDERS = 40  # of the change, four of which have rules
_ID = re.compile(r"^## (r\d+) \(", re.MULTILINE)


def run(quick: bool) -> Result:
    rounds = 1 if quick else 9
    layers = levels()
    paths = changed(50 if quick else FILES)
    cold = _timed(layers, paths)
    warm = [_timed(layers, paths) for _ in range(rounds)]
    began = time.monotonic()
    simple = [scopes.applicable(rulebooks.combine(layers), path) for path in paths[:50]]
    slow = (time.monotonic() - began) / 50 * len(paths)
    reach = Reach(rulebooks.combine(layers))
    assert simple == [reach.of(path) for path in paths[:50]]
    one = min(_seconds(lambda: effective(layers, paths[0], len)) for _ in range(rounds))
    number = sum(len(layer.rules) for layer in layers)
    rows = [
        at_most(f"{number} rules on {len(LEVELS)} levels, {len(paths):,} files", 1_000 * median(warm), 200, " ms", 0),
        told("the same, globs compiled for the first time", 1_000 * cold, " ms", 0),
        told("the same, path by path", 1_000 * slow, " ms", 0),
        told("one file with origin, what it replaces and cost", 1_000 * one, " ms", 1),
        told("rules that reach a file, on average", sum(len(reach.of(path)) for path in paths) / len(paths), digits=0),
        *_prompts(layers, quick=quick),
    ]
    notes = (
        "globs of many kinds, nearly all different, a third with an exclusion; a tenth of the ids on several levels; "
        "median of nine, from layers to the rules of every file; the quick way gives what the simple one does",
        "prompts: all rules in words, so that they compete for the room; chunks of the made change as in a review",
    )
    return Result("inherited", rows, notes)


def levels() -> tuple[Layer, ...]:
    """Far to near, rules read from their files as in a review."""
    chance = random.Random(4)
    made = []
    for depth, name in enumerate(LEVELS):
        folders = [f"src/part{number:02}" for number in range(4)] if name == "folder" else [""]
        share = RULES // len(LEVELS) + (depth < RULES % len(LEVELS))
        for number, folder in enumerate(folders):
            own = range(share // len(folders) + (number < share % len(folders)))
            files = [(f"{name}/{n}.md", _file(depth * 1_000 + number * 100 + n, chance)) for n in own]
            title = f"folder {folder}" if folder else name
            made.append(rulebooks.layer(title, files, folder=folder))
    return tuple(made)


def _file(number: int, chance: random.Random) -> str:
    name = f"r{number % 10 if chance.random() < 0.1 else number}"
    globs = chance.choice(
        [
            [f"*.{chance.choice(list(SUFFIXES.values()))}", f"!gen{number}/"],
            [f"part{number % FOLDERS:02}/"],
            [f"**/file_{number % 100:02}*", f"!*_test{number}.py"],
            [f"/src/part{number % FOLDERS:02}/**/file_?{number % 10}.*", f"docs/d{number}/"],
            [f"!vendor{number}/"],
            [],
        ]
    )
    language = f"languages: [{chance.choice(list(SUFFIXES))}]\n" if chance.random() < 0.4 else ""
    words = " ".join(chance.choice(["money", "is", "never", "a", "float", "where", "it", "leaves"]) for _ in range(40))
    paths = f"paths: {globs}\n" if globs else ""
    return f"---\nid: {name}\ntitle: Rule {number}\n{language}{paths}---\n{words}.\n"


def changed(files: int) -> Sequence[str]:
    chance = random.Random(5)
    suffixes = list(SUFFIXES.values())
    return [
        f"src/part{chance.randrange(FOLDERS):02}/{chance.choice('abc')}/file_{number % 100:02}_{number}."
        f"{chance.choice(suffixes)}"
        for number in range(files)
    ]


def _timed(layers: Sequence[Layer], paths: Sequence[str]) -> float:
    def work() -> None:
        reach = Reach(rulebooks.combine(layers))
        for path in paths:
            reach.of(path)

    return _seconds(work)


def _seconds(work: object) -> float:
    assert callable(work)
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _prompts(layers: Sequence[Layer], *, quick: bool) -> list[Row]:
    """What the prompts of a change hold of the rules."""
    folder = resources.folder("prompts")
    loaded = tuple(one for one in reviewers.load(folder) if one.id == "general")
    counter, isolation = Counter(), Isolated()
    try:
        bench = Bench(Templates(folder, loaded), loaded, Shelf(), counter, None, 1, isolation)
        files = diffs.parse_changes(changes_of(make(Order(9, 200, 3, seed=2) if quick else Order(60, 3_000, 9)))).files
        rules = tuple(replace(rule, paths=(), languages=()) for rule in rulebooks.combine(layers)[::2])
        strangers = tuple(replace(rule, languages=("cobol",)) for rule in rulebooks.combine(layers)[1::2])
        policy = replace(ReviewPolicy(), reviewers=("general",))
        material = Material(files, {}, (*rules, *strangers), About(), policy, Tier.FULL)
        room = policy.chunk_tokens * rule_share.SHARE
        reaching, most, unlisted, chunks = {rule.id for rule in rules}, 0, 0, 0
        for question in assigning.questions(material, bench):
            shown = set(_ID.findall(question.prompt.messages[-2].content))
            assert shown, "no rules in a prompt"
            assert shown <= reaching, "a rule that applies to no file of the chunk is in its prompt"
            by_id = {rule.id: rule for rule in rules if not rule.folder}
            most = max(most, sum(rule_share.cost(by_id[name], counter.count) for name in shown if name in by_id))
            unlisted += len(reaching - shown - set(question.subject.untold) - {r.id for r in rules if r.folder})
            chunks += 1
    finally:
        isolation.close()
    return [
        at_most(f"{len(rules) + len(strangers)} rules, {chunks} chunks: most tokens of rules", most, room, digits=0),
        Row("rules in a prompt that apply to none of its files", "0", "0", met=True),
        Row("rules without room that are not listed", f"{unlisted}", "0", met=unlisted == 0),
    ]
