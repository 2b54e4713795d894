"""When two findings say the same thing: shared by the judge, which keeps one, and the fingerprints, which agree."""

import re

from reviewbot.model.finding import Finding

NEAR = 0.6  # share of words in common from which two titles say the same
STEM = 4  # letters that tell a word: query and queries, inject and injection

_WORD = re.compile(r"\w+")
_FILLER = frozenset(
    (
        *(
            "a",
            "an",
            "and",
            "are",
            "as",
            "at",
            "avoid",
            "be",
            "by",
            "can",
            "do",
            "for",
            "from",
            "has",
            "in",
            "is",
            "it",
        ),
        *("may", "must", "never", "no", "not", "of", "on", "or", "should", "that", "the", "this", "to", "use", "with"),
    )
)


def words(text: str) -> frozenset[str]:
    """The stems of the telling words of a text."""
    found = (word.casefold() for word in _WORD.findall(text))
    return frozenset(word[:STEM] for word in found if word not in _FILLER)


def same_claim(first: Finding, second: Finding) -> bool:
    """Whether two findings about overlapping lines mean the same: one rule, near-equal titles, or a pattern and a
    model in one category, when most of the shorter title is in the other one, or they begin on one line and what one
    is titled after is spoken of by the other.
    """
    if first.rule and first.rule == second.rule:
        return True
    mine, other = words(first.title), words(second.title)
    common = len(mine & other)
    if common >= NEAR * max(1, len(mine | other)):
        return True
    if first.source == second.source or first.category != second.category:
        return False
    if common >= NEAR * max(1, min(len(mine), len(other))):
        return True
    return first.anchor.start == second.anchor.start and bool(
        mine & (other | words(second.body)) or other & words(first.body)
    )
