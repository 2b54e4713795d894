"""How much of a prompt rules may take: the ones that matter most are told, the others are named as left out."""

from collections.abc import Callable, Sequence

from reviewbot.model.rule import Level, Rule, Status

SHARE = 0.25  # of the tokens of a chunk
_STATUS: dict[Status, int] = {"enforced": 0, "approved": 1, "draft": 2, "off": 3}
_LEVEL: dict[Level, int] = {"must": 0, "should": 1, "may": 2}


def fitting(
    rules: Sequence[Rule], most: float, count: Callable[[str], int]
) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules whose texts take at most `most` tokens together, and the others; each in the order given.

    Enforced rules come first, then those in the stronger words, the graver, and the ones of nearer owners (which stand
    later in `rules`). A rule that is too large leaves room for smaller ones behind it.
    """
    ranked = sorted(enumerate(rules), key=lambda one: (*_rank(one[1]), -one[0]))
    told, room = set[int](), most
    for index, rule in ranked:
        takes = cost(rule, count)
        if takes <= room:
            told.add(index)
            room -= takes
    kept = tuple(rule for index, rule in enumerate(rules) if index in told)
    return kept, tuple(rule for index, rule in enumerate(rules) if index not in told)


def cost(rule: Rule, count: Callable[[str], int]) -> int:
    """Tokens that a rule takes of a prompt."""
    return count(f"## {rule.id} ({rule.severity}, {rule.category}): {rule.title}\n{rule.body}")


def _rank(rule: Rule) -> tuple[int, int, int]:
    return _STATUS[rule.status], _LEVEL[rule.level], rule.severity.rank
