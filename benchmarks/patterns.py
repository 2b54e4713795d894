"""How quiet the shipped pattern rules are: their hits in well-kept code bases, every file taken for a new one."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from benchmarks.table import Result, Row, Skipped, at_most, told
from reviewbot.core import patterns, selection
from reviewbot.core.rule_trials import added
from reviewbot.model.diff import Diff
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.wiring import packs

FOLDER = "BENCH_TREES"  # the environment variable that names the folder with a checkout of each
LIST = Path(__file__).with_name("trees.yml")
PER = 2_000  # lines
_QUICK = 100  # files


@dataclass(frozen=True)
class Tree:
    """A code base. `ref` is a tag."""

    name: str
    language: str
    url: str
    ref: str

    def how(self, folder: Path) -> str:
        """The command that brings it here."""
        return f"git clone --depth 1 --branch {self.ref} {self.url} {folder / self.name}"


@dataclass(frozen=True)
class Hit:
    tree: str
    path: str
    line: int
    rule: str


@dataclass(frozen=True)
class Scanned:
    """`lines` of the files that a review would read."""

    lines: int
    hits: tuple[Hit, ...]


def trees() -> list[Tree]:
    return [Tree(**one) for one in yaml.safe_load(LIST.read_text("utf-8"))]


def run(quick: bool) -> Result:
    """Raises `Skipped` where there are no checkouts."""
    folder = Path(os.environ.get(FOLDER) or "trees").absolute()
    there = [tree for tree in trees() if (folder / tree.name).is_dir()]
    absent = [tree for tree in trees() if tree not in there]
    if not there:
        ways = "\n".join(f"  {tree.how(folder)}" for tree in absent)
        raise Skipped(f"no code bases in {folder}; {FOLDER} or --trees names the folder. To get them:\n{ways}")
    on = {rule.id for rule, default in _patterned() if default}
    with ProcessPoolExecutor() as processes:
        found = {tree: _scanned(folder, tree, processes, quick) for tree in there}
    rows = [_row(tree, one, on) for tree, one in found.items()]
    lines = sum(one.lines for one in found.values())
    hits = [hit for one in found.values() for hit in one.hits]
    default = [hit for hit in hits if hit.rule in on]
    rows += [
        at_most(
            f"all {len(there)}: hits of the rules on by default, per {PER:,} lines",
            PER * len(default) / lines,
            1,
            digits=4,
        ),
        told(f"all {len(there)}: hits of all {len(_patterned())} patterns, per {PER:,} lines", PER * len(hits) / lines),
        Row("lines; hits of the rules on by default; of all", f"{lines:,}; {len(default)}; {len(hits)}"),
    ]
    notes = [
        f"every file of the code base that a review would read, as a new file; {len(on)} rules are on by default",
        "; ".join(f"{tree.name} {tree.ref}" for tree in there),
        *(f"absent: {tree.how(folder)}" for tree in absent),
    ]
    data = {
        "default": [f"{hit.rule} {hit.tree}/{hit.path}:{hit.line}" for hit in default],
        "all": dict(Counter(hit.rule for hit in hits).most_common()),
    }
    return Result("patterns", rows, notes, data)


def _row(tree: Tree, one: Scanned, on: set[str]) -> Row:
    """The target is held by each code base, not by their mean alone."""
    rate = PER * sum(hit.rule in on for hit in one.hits) / max(1, one.lines)
    row = at_most(f"{tree.name} ({tree.language}), {one.lines:,} lines", rate, 1, digits=4)
    return Row(
        row.name, f"{row.measured}; all patterns {PER * len(one.hits) / max(1, one.lines):.2f}", row.target, row.met
    )


def _scanned(folder: Path, tree: Tree, processes: ProcessPoolExecutor, quick: bool) -> Scanned:
    root = folder / tree.name
    files = sorted(_files(root))[: _QUICK if quick else None]
    parts = list(processes.map(scan, [tree.name] * len(files), [root] * len(files), files, chunksize=20))
    return Scanned(sum(one.lines for one in parts), tuple(hit for one in parts for hit in one.hits))


def _files(root: Path) -> Iterator[str]:
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not path.is_symlink() and not name.startswith(".git/"):
            yield name


def scan(name: str, root: Path, path: str) -> Scanned:
    """The hits of all patterns in one file; no lines where it is no text or no review would read it."""
    try:
        text = (root / path).read_bytes().decode()
    except UnicodeDecodeError:
        return Scanned(0, ())
    file = added(path, text)
    if "\0" in text or not text or not selection.select(Diff((file,)), ReviewPolicy()).reviewed:
        return Scanned(0, ())
    found = patterns.scan(file, [rule for rule, _ in _patterned()], text)
    hits = [Hit(name, path, hit.anchor.lines[0], hit.rule or "") for hit in found]
    return Scanned(file.added, tuple(hits))


@cache
def _patterned() -> list[tuple[Rule, bool]]:
    """All shipped rules with a pattern, and whether each is on where nobody says anything."""
    every = [(packs.rule_of(pack.name, name), name in pack.on) for pack in packs.shipped() for name in pack.ids]
    return [(rule, on) for rule, on in every if rule.pattern is not None]
