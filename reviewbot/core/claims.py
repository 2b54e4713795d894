"""When two findings say the same thing: shared by the judge, which keeps one, and the fingerprints, which agree."""

import re

from reviewbot.model.finding import Finding

NEAR = 0.6  # share of words that two titles have in common
RELATED = 0.25  # enough when a pattern and a model speak of one line in one category

_WORD = re.compile(r"\w+")
_FILLER = frozenset(
    ("a", "an", "and", "be", "by", "can", "in", "is", "it", "may", "of", "on", "or", "the", "this", "to")
)


def words(text: str) -> frozenset[str]:
    """The telling words of a text, lower case; a plural `s` is taken off so that it does not make a difference."""
    found = (word.casefold() for word in _WORD.findall(text))
    return frozenset(word.removesuffix("s") or word for word in found if word not in _FILLER)


def same_claim(first: Finding, second: Finding) -> bool:
    """Whether two findings about overlapping lines mean the same: one rule, near-equal titles, or a pattern and a
    model that speak of the same category in related words.
    """
    if first.rule and first.rule == second.rule:
        return True
    mine, other = words(first.title), words(second.title)
    if _shared(mine, other) >= NEAR:
        return True
    if first.source == second.source or first.category != second.category:
        return False
    mine |= words(first.rule or "")
    other |= words(second.rule or "")
    return _shared(mine, other) >= RELATED


def _shared(first: frozenset[str], second: frozenset[str]) -> float:
    """Common words per word of either (Jaccard); 0 when one has none."""
    if not first or not second:
        return 0.0
    return len(first & second) / len(first | second)
