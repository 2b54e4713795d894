"""Whether a text is worth parsing: tree-sitter recovers from errors in more than linear time, without an own limit.

Measured: 12 kB of `->` lines keep JavaScript's grammar busy for 22 s, 100 kB of open `<` cost Java's 9 GB. Such text
is dense in punctuation or repeats itself; source is not (99 % of 2,500 files of Python, C and JavaScript, and what is
refused of them are data tables). This keeps accidents and simple attacks away; it is no proof against a patient one.
"""

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache

# Characters.
LARGEST = 300_000
LARGEST_BY_LANGUAGE: Mapping[str, int] = {"bash": 60_000, "lua": 60_000}
LONGEST_LINE = 10_000
MEAN_LINE = 300
_WINDOW = 1_536
_SMALL = 400  # shorter windows say nothing, and do no harm

# Of the text without its blanks: share of punctuation, and characters per compressed byte.
DENSEST = 0.5
MOST_REPEATED = 6.5
MOST_ANGLES: Mapping[str, int] = {"csharp": 5_000, "java": 5_000}

_PUNCTUATION = re.compile(r"[^\w\s]")


@lru_cache(maxsize=2)  # asked before a text is taken and again before each way of parsing it
def plausible(text: str, language: str) -> bool:
    """Whether `text` is neither too large, nor minified, nor of the kind that a parser does not get through."""
    if len(text) > LARGEST_BY_LANGUAGE.get(language, LARGEST):
        return False
    if text.count("<") > MOST_ANGLES.get(language, LARGEST) or _minified(text):
        return False
    dense = "".join(text.split())
    return not any(_hostile(dense[start : start + _WINDOW]) for start in range(0, len(dense), _WINDOW))


def _minified(text: str) -> bool:
    if len(text) <= LONGEST_LINE:
        return False
    return len(text) / (text.count("\n") + 1) > MEAN_LINE or max(map(len, text.split("\n"))) > LONGEST_LINE


def _hostile(window: str) -> bool:
    if len(window) < _SMALL:
        return False
    if len(_PUNCTUATION.findall(window)) > DENSEST * len(window):
        return True
    return len(window) > MOST_REPEATED * len(zlib.compress(window.encode("utf-8", "replace"), 1))
