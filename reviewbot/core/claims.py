"""When two findings say the same thing: shared by the judge, which keeps one, and the fingerprints, which agree."""

import re

from reviewbot.model.finding import Finding
from reviewbot.model.rule import RULE_FILE

NEAR = 0.6  # share of words in common from which two titles say the same
TOLD = 0.5  # share of a title's words that the other finding must speak of, both ways
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


def same_title(first: Finding, second: Finding) -> bool:
    """Whether two titles have nearly the same telling words."""
    mine, other = words(first.title), words(second.title)
    return len(mine & other) >= NEAR * max(1, len(mine | other))


def different(first: Finding, second: Finding) -> bool:
    """Whether they surely say different things: each mistake in a rule file is one of its own."""
    return RULE_FILE in {first.rule, second.rule} and (first.rule, first.title) != (second.rule, second.title)


def same_claim(first: Finding, second: Finding) -> bool:
    """Whether two findings about overlapping lines mean the same. The category plays no part: each reviewer has its own
    name for the same defect.

    One rule, or near-equal titles, always. One reviewer does not say the same twice in other words; two reviewers, or a
    pattern and a model, do: then it is enough that most of the shorter title is in the other one, that they begin on
    one line and propose the same code, or that they begin on one line and each speaks of what the other is titled after
    (of a pattern and a model: one of both does).
    """
    if different(first, second):
        return False
    if first.rule and first.rule == second.rule:
        return True
    if same_title(first, second):
        return True
    if (first.source, first.reviewer) == (second.source, second.reviewer):
        return False
    mine, other = words(first.title), words(second.title)
    if len(mine & other) >= NEAR * max(1, min(len(mine), len(other))):
        return True
    if first.anchor.start != second.anchor.start:
        return False
    if first.suggestion is not None and first.suggestion == second.suggestion:
        return True
    return _speaks(first, second)


def _speaks(first: Finding, second: Finding) -> bool:
    """Whether two findings that begin on one line speak of the same thing."""
    mine, other = words(first.title), words(second.title)
    if first.source != second.source:
        same_kind = first.category == second.category
        return same_kind and bool(mine & (other | words(second.body)) or other & words(first.body))
    mine_told, other_told = mine | words(first.body), other | words(second.body)
    return _share(mine, other_told) >= TOLD and _share(other, mine_told) >= TOLD


def _share(few: frozenset[str], many: frozenset[str]) -> float:
    return len(few & many) / max(1, len(few))
