"""Every line is in exactly one chunk, with its tag; chunks keep the budget; related files stay together."""

import argparse
import dataclasses
import inspect
import random
import subprocess
import unittest.mock
from dataclasses import replace
from itertools import combinations
from statistics import mean, median

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.core import chunking, tags
from reviewbot.core.tokens import Counter
from reviewbot.model.diff import Change, FileDiff, Hunk, Kind, Line

COUNT = Counter().count


def make_hunk(bodies, old=1, new=1, section="", **flags):
    """A hunk of (sign, text) pairs that begins at line `old` and `new`."""
    lines, o, n = [], old, new
    for sign, text in bodies:
        lines.append(Line(sign, None if sign == "+" else o, None if sign == "-" else n, text))
        o += sign != "+"
        n += sign != "-"
    return Hunk(old - (o == old), o - old, new - (n == new), n - new, section, tuple(lines), **flags)


def make_file(path, *hunks, change=Change.MODIFIED, **fields):
    return FileDiff(path, path, change, hunks=hunks, **fields)


def added_file(path, size, width=6):
    """An added file of `size` lines, the same each time."""
    source = random.Random(path)
    words = ["value", "self", "return", "result", "items", "config", "user", "request", "name", "index"]
    bodies = [("+", "    " * source.randrange(3) + " ".join(source.choices(words, k=width))) for _ in range(size)]
    return make_file(path, make_hunk(bodies, old=1), change=Change.ADDED)


@st.composite
def hunks(draw):
    """Hunks in ascending order with gaps."""
    made, old, new = [], 1, 1
    for _ in range(draw(st.integers(0, 4))):
        old, new = old + (gap := draw(st.integers(1, 30))), new + gap
        bodies = draw(st.lists(st.tuples(st.sampled_from(" +-"), strategies.line_texts()), min_size=1, max_size=30))
        made.append(make_hunk(bodies, old, new, draw(st.sampled_from(["", "def f():"]))))
        old, new = old + made[-1].old_count, new + made[-1].new_count
    return tuple(made)


PATHS = [
    "a.py",
    "test_a.py",
    "src/x.c",
    "include/x.h",
    "src/y.c",
    "lib/deep/er/z.go",
    "lib/deep/er/z_test.go",
    "README",
]


@st.composite
def file_diffs(draw):
    chosen = draw(st.lists(st.sampled_from(PATHS), unique=True, max_size=6))
    return tuple(make_file(path, *draw(hunks())) for path in chosen)


BORDERS = st.lists(st.integers(1, 100), unique=True, max_size=12).map(sorted)


def lines_of(parts):
    return [(piece.path, line) for piece in parts for hunk in piece.hunks for line in hunk.lines]


def all_lines(files):
    return [(file.path, line) for file in files for line in file.lines()]


def check_numbers(hunk):
    """The numbers in a hunk's header are those of its lines."""
    old = [line.old for line in hunk.lines if line.old is not None]
    new = [line.new for line in hunk.lines if line.new is not None]
    assert (hunk.old_count, hunk.new_count) == (len(old), len(new))
    assert not old or hunk.old_start == old[0]
    assert not new or hunk.new_start == new[0]


def order(entry):
    path, line = entry
    return (path, str(line))


@settings(deadline=None)
@given(file_diffs(), st.integers(20, 2_000), BORDERS)
def test_every_line_is_in_exactly_one_chunk_with_its_tag(files, budget, borders):
    chunks = chunking.pack(files, budget, COUNT, lambda file: borders)
    packed = [entry for chunk in chunks for entry in lines_of(chunk.pieces)]
    assert sorted(packed, key=order) == sorted(all_lines(files), key=order)
    assert {path for chunk in chunks for path in chunk.paths} == {file.path for file in files}
    for chunk in chunks:
        assert chunk.text == chunking.render(replace(chunk, text=""))
        rendered = chunking.render(chunk).splitlines()
        assert [row for row in rendered if tags.parse(row) and "|" in row[:12]] == [
            tags.rendered(line) for _, line in lines_of(chunk.pieces)
        ]
        for piece in chunk.pieces:
            for hunk in piece.hunks:
                check_numbers(hunk)


@settings(deadline=None)
@given(file_diffs(), st.integers(20, 2_000), BORDERS, st.sampled_from([COUNT, len, lambda text: len(text) // 4]))
def test_the_budget_is_kept_unless_a_single_line_has_more(files, budget, borders, count):
    for chunk in chunking.pack(files, budget, count, lambda file: borders):
        assert chunk.tokens == count(chunking.render(chunk))
        assert chunk.tokens <= budget or len(lines_of(chunk.pieces)) <= 1


@settings(deadline=None)
@given(file_diffs(), st.integers(100, 2_000))
def test_no_two_chunks_of_whole_files_would_fit_into_one(files, budget):
    chunks = chunking.pack(files, budget, COUNT)
    if all(piece.parts == 1 for chunk in chunks for piece in chunk.pieces):
        for one, other in combinations(chunks, 2):
            apart = sum(COUNT(chunking.pieces.text(piece) + "\n") for piece in one.pieces + other.pieces)
            assert apart > budget


@settings(deadline=None)
@given(file_diffs(), st.integers(20, 2_000), st.randoms())
def test_the_order_of_the_files_does_not_matter(files, budget, source):
    mixed = list(files)
    source.shuffle(mixed)
    assert chunking.pack(mixed, budget, COUNT) == chunking.pack(files, budget, COUNT)


@settings(deadline=None)
@given(file_diffs(), st.integers(100, 5_000))
def test_halves_keep_all_lines_down_to_single_ones(files, budget):
    waiting = list(chunking.pack(files, budget, COUNT))
    before = [entry for chunk in waiting for entry in lines_of(chunk.pieces)]
    single = []
    while waiting:
        chunk = waiting.pop()
        halves = chunking.halve(chunk, COUNT)
        if not halves:
            assert len(lines_of(chunk.pieces)) <= 1
            single += lines_of(chunk.pieces)
            continue
        assert len(halves) == 2
        assert all(half.tokens == COUNT(chunking.render(half)) for half in halves)
        assert all(half.pieces != chunk.pieces for half in halves)
        waiting += halves
    assert sorted(single, key=order) == sorted(before, key=order)


def test_nothing_to_review_gives_no_chunk():
    assert chunking.pack((), 1_000, COUNT) == ()


def test_files_that_fit_are_one_chunk_and_not_cut():
    (chunk,) = chunking.pack([added_file("a.py", 20), added_file("b.py", 20)], 12_000, COUNT)
    assert chunk.paths == ("a.py", "b.py")
    assert {piece.parts for piece in chunk.pieces} == {1}


def test_a_large_file_is_cut_at_hunks_first():
    bodies = [("+", f"value_{n} = compute(first, second, third)") for n in range(30)]
    file = make_file("a.py", *(make_hunk(bodies, 100 * n, 100 * n) for n in range(1, 9)))
    chunks = chunking.pack([file], 1_500, COUNT, lambda file: range(1, 900, 7))
    assert len(chunks) > 2
    assert tuple(hunk for chunk in chunks for piece in chunk.pieces for hunk in piece.hunks) == file.hunks
    assert [chunk.pieces[0].part for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert chunking.render(chunks[1]).startswith(f"### a.py (modified, part 2 of {len(chunks)})\n@@ -")


def test_a_large_hunk_is_cut_where_definitions_start():
    bodies = [("+", f"value_{n} = compute(first, second, third)") for n in range(200)]
    borders = (1, 31, 75, 104, 150, 181)
    chunks = chunking.pack([make_file("a.py", make_hunk(bodies, old=5))], 1_200, COUNT, lambda file: borders)
    assert {chunk.pieces[0].hunks[0].new_start for chunk in chunks} <= set(borders)
    assert len(chunks) > 2


def test_a_changed_definition_stays_with_the_line_it_replaces():
    bodies = [(" ", f"x = {n}  # some words to fill the line") for n in range(40)]
    bodies += [("-", "def old():"), ("+", "def new():")]
    bodies += [(" ", f"    y = {n}  # some words to fill the line") for n in range(40)]
    first, second = chunking.pack([make_file("a.py", make_hunk(bodies))], 1_050, COUNT, lambda file: (41,))
    assert first.pieces[0].hunks[0].lines[-1].text.startswith("x = 39")
    assert second.pieces[0].hunks[0].lines[0].text == "def old():"


def test_without_definitions_a_cut_falls_on_a_blank_line():
    bodies = [("+", "" if n % 10 == 9 else f"    value_{n} = compute(first, second)") for n in range(300)]
    chunks = chunking.pack([make_file("a.py", make_hunk(bodies, old=5))], 1_500, COUNT)
    assert len(chunks) > 2
    assert all(chunk.pieces[0].hunks[0].lines[-1].text == "" for chunk in chunks[:-1])


def test_a_line_longer_than_the_budget_is_clipped_and_stands_alone():
    file = make_file("a.json", make_hunk([("+", "[" + "1234567, " * 100_000), ("+", "x = 1"), ("+", "y = 2")], old=3))
    chunks = chunking.pack([file], 100, COUNT)
    assert [len(lines_of(chunk.pieces)) for chunk in chunks] == [1, 2]
    assert max(chunk.tokens for chunk in chunks) < 2_000


def test_files_without_lines_have_their_header_in_a_chunk():
    files = [
        FileDiff("old/a.py", "new/a.py", Change.RENAMED),
        make_file("run.sh", change=Change.MODE, old_mode="100644", new_mode="100755"),
        make_file("link", make_hunk([("+", "target")], old=1), change=Change.ADDED, kind=Kind.SYMLINK),
    ]
    (chunk,) = chunking.pack(files, 1_000, COUNT)
    text = chunking.render(chunk)
    assert "### new/a.py (renamed from old/a.py)" in text
    assert "### run.sh (mode 100644 → 100755)" in text
    assert "### link (added, symlink)\n@@ -0,0 +1,1 @@\n1" in text


def test_a_missing_newline_at_the_end_is_told_on_its_side():
    hunk = make_hunk([(" ", "a"), ("-", "b"), ("+", "c")], old_ends_without_newline=True)
    rows = chunking.pieces.hunk_text(hunk).splitlines()
    assert rows[3] == "\\ no newline at end of file"
    assert len(rows) == 5
    both = make_hunk([("+", "a"), (" ", "b")], old_ends_without_newline=True, new_ends_without_newline=True)
    assert chunking.pieces.hunk_text(both).count("\\ no newline") == 1
    first, second = chunking.pieces.cut(both, 0, 1), chunking.pieces.cut(both, 1, 2)
    assert not first.new_ends_without_newline
    assert second.new_ends_without_newline
    assert second.old_ends_without_newline


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("app/billing/invoice.py", "tests/billing/test_invoice.py"),
        ("src/main/java/org/acme/Ledger.java", "src/test/java/org/acme/LedgerTest.java"),
        ("web/cart.ts", "web/__tests__/cart.test.ts"),
        ("pkg/store/lease.go", "pkg/store/lease_test.go"),
        ("lib/parser.rb", "spec/lib/parser_spec.rb"),
        ("src/codec.cpp", "include/codec.hpp"),
        ("app/core/model.py", "app/core/model_types.py"),
    ],
)
def test_related_files_share_a_chunk(one, other):
    fillers = [added_file(f"{folder}/f{n}.py", 25) for folder in ("aaa", "mid", "scripts", "zzz") for n in range(6)]
    files = [added_file(one, 25), *fillers, added_file(other, 25)]
    chunks = chunking.pack(files, 1_800, COUNT)
    assert len(chunks) > 3
    assert any({one, other} <= set(chunk.paths) for chunk in chunks)


def corpus(files=180, lines=5_000):
    """A merge request of many files in folders, most small and a few large."""
    source = random.Random(3)
    weights = [source.paretovariate(1.2) for _ in range(files)]
    scale = lines / sum(weights)
    paths = [f"src/{source.choice('abcdefgh')}/mod{n}.py" for n in range(files * 2 // 3)]
    paths += [path.replace("src/", "tests/").replace("mod", "test_mod") for path in paths[: files - len(paths)]]
    return [added_file(path, max(1, round(weight * scale))) for path, weight in zip(paths, weights, strict=True)]


def test_a_merge_request_of_many_files_needs_hardly_more_chunks_than_its_size():
    chunks = chunking.pack(corpus(), 12_000, COUNT)
    assert len(chunks) <= -(-sum(chunk.tokens for chunk in chunks) // 12_000) + 1


@pytest.mark.parametrize("module", [argparse, dataclasses, subprocess, unittest.mock])
def test_tags_add_less_than_half_to_the_tokens_of_the_diff(module):
    source = random.Random(1)
    code = inspect.getsource(module).splitlines()
    bodies = [(source.choice("+++- "), text) for text in code]
    plain = COUNT("\n".join(sign + text for sign, text in bodies))
    (chunk,) = chunking.pack([make_file("a.py", make_hunk(bodies))], 10**9, COUNT)
    assert chunk.tokens <= plain * 1.45


def test_a_small_change_leaves_most_chunks_as_they_were():
    files = corpus()
    before = {chunking.render(chunk) for chunk in chunking.pack(files, 6_000, COUNT)}
    changed_chunks = []
    for index in range(0, len(files), 9):
        hunk = files[index].hunks[0]
        longer = make_hunk(
            [("+", line.text) for line in hunk.lines] + [("+", "one_more = line"), ("+", "and_another = one")], old=1
        )
        after = chunking.pack(
            [*files[:index], replace(files[index], hunks=(longer,)), *files[index + 1 :]], 6_000, COUNT
        )
        changed_chunks.append(sum(chunking.render(chunk) not in before for chunk in after))
    assert len(before) > 10
    assert median(changed_chunks) == 1
    assert mean(changed_chunks) < 3
