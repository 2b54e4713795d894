"""Two versions of a sequence of lines -> which line of the one is which of the other, in bounded time."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise

_SMALL = 1_600  # cells of a table up to which two stretches without unique lines are compared line by line
_DEEPEST = 30  # stretches within stretches

Span = tuple[int, int, int, int]
"""Half-open: indices from `a` to `b` of the earlier sequence, from `c` to `d` of the later one."""


def align(earlier: Sequence[Hashable], later: Sequence[Hashable]) -> dict[int, int]:
    """Indices of `earlier` to indices of `later`, equal lines only, both ascending.

    Patience: common ends first, then lines that occur once on both sides, and so on between those. A stretch without
    any is compared line by line when it is short; a long one stays unmatched, as untrusted text must not make this
    slow. At most `_DEEPEST` passes of O(n log n).
    """
    found: dict[int, int] = {}
    open_spans: list[tuple[Span, int]] = [((0, len(earlier), 0, len(later)), 0)]
    while open_spans:
        span, depth = open_spans.pop()
        a, b, c, d = _trimmed(earlier, later, span, found)
        if a == b or c == d:
            continue
        anchors = _unique(earlier, later, (a, b, c, d)) if depth < _DEEPEST else []
        if anchors:
            edges = [(a - 1, c - 1), *anchors, (b, d)]
            found.update(anchors)
            open_spans += [((i + 1, k, j + 1, m), depth + 1) for (i, j), (k, m) in pairwise(edges)]
        elif (b - a) * (d - c) <= _SMALL:
            found.update(_table(earlier, later, (a, b, c, d)))
    return found


def _trimmed(earlier: Sequence[Hashable], later: Sequence[Hashable], span: Span, found: dict[int, int]) -> Span:
    """The span without its common beginning and end, which are noted in `found`."""
    a, b, c, d = span
    while a < b and c < d and earlier[a] == later[c]:
        found[a] = c
        a, c = a + 1, c + 1
    while a < b and c < d and earlier[b - 1] == later[d - 1]:
        b, d = b - 1, d - 1
        found[b] = d
    return a, b, c, d


def _unique(earlier: Sequence[Hashable], later: Sequence[Hashable], span: Span) -> list[tuple[int, int]]:
    """The longest ascending run of lines that occur once on both sides."""
    a, b, c, d = span
    mine, theirs = Counter(earlier[a:b]), Counter(later[c:d])
    at = {later[j]: j for j in range(c, d) if theirs[later[j]] == 1}
    pairs = [(i, at[earlier[i]]) for i in range(a, b) if mine[earlier[i]] == 1 and earlier[i] in at]
    return _ascending(pairs)


def _ascending(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Longest increasing subsequence by the second number (patience sorting)."""
    tops: list[int] = []  # the smallest last second number of a run of each length
    ends: list[int] = []  # and which pair that is
    before: list[int] = []
    for index, (_, second) in enumerate(pairs):
        pile = bisect_left(tops, second)
        before.append(ends[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(second)
            ends.append(index)
        else:
            tops[pile], ends[pile] = second, index
    run: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        run.append(pairs[index])
        index = before[index]
    return run[::-1]


def _table(earlier: Sequence[Hashable], later: Sequence[Hashable], span: Span) -> dict[int, int]:
    """Longest common subsequence of a short stretch."""
    a, b, c, d = span
    best = [[0] * (d - c + 1) for _ in range(b - a + 1)]
    for i in range(b - a - 1, -1, -1):
        for j in range(d - c - 1, -1, -1):
            same = earlier[a + i] == later[c + j]
            best[i][j] = best[i + 1][j + 1] + 1 if same else max(best[i + 1][j], best[i][j + 1])
    found, i, j = {}, 0, 0
    while i < b - a and j < d - c:
        if earlier[a + i] == later[c + j]:
            found[a + i] = c + j
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
