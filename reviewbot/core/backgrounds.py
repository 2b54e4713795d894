"""What a reader may want beside the findings: what changed, how risky it looks, what earlier findings became."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import get_args

from reviewbot.core.folds import fold, listed
from reviewbot.core.inlines import code
from reviewbot.core.phrases import Phrases
from reviewbot.core.sanitising import sanitise, sanitise_line
from reviewbot.model.chunk import Tier
from reviewbot.model.outcome import Became, Fate, Risk, Walkthrough
from reviewbot.model.ticket import Unmet

_WALKTHROUGH, _EARLIER, _CONSULTED, _UNMET = 9_000, 5_000, 3_000, 3_000  # bytes of each part
_LONGEST_PATH = 500
_LONGEST_BODY = 600  # characters of what is said of a criterion
_FATES: tuple[Fate, ...] = get_args(Fate)


def walkthrough(told: Walkthrough, words: Phrases, hosts: Collection[str] = ()) -> str:
    """The change as a whole, then by file. It is a model's text and made safe."""
    lines = (f"- {code(path[:_LONGEST_PATH])}: {sanitise_line(change, hosts)}" for path, change in told.changes)
    files = listed(lines, len(told.changes), _WALKTHROUGH, "files", words)
    return fold(words("summary.walkthrough"), sanitise(told.summary, hosts), files)


def risk(tier: Tier, why: Risk | None, words: Phrases) -> str:
    """How deep the review went, and what that comes from; nothing where that is not known."""
    if why is None:
        return ""
    if why.kind == "path":
        reason = words("summary.telling_path", path=code(why.path[:_LONGEST_PATH]))
    else:
        reason = words.many("changed_line" if why.kind == "lines" else "file", why.number)
    depth = words(f"tier.{tier}")
    return fold(words("summary.risk", tier=depth), words("summary.depth", tier=depth, reason=reason))


def earlier(became: Sequence[Became], words: Phrases, hosts: Collection[str] = ()) -> str:
    """What the findings of earlier runs became: how many of each fate, and each of them."""
    numbers = Counter(one.fate for one in became)
    told = [f"{words.number(numbers[fate])} {words(f'fate.{fate}')}" for fate in _FATES if numbers[fate]]
    ranked = sorted(became, key=lambda one: _FATES.index(one.fate))
    lines = (_became(one, words, hosts) for one in ranked)
    counts = words("join.comma").join(told)
    return fold(words("summary.earlier", counts=counts), listed(lines, len(became), _EARLIER, "findings", words))


def _became(one: Became, words: Phrases, hosts: Collection[str]) -> str:
    place = code(f"{one.finding.anchor.path[:_LONGEST_PATH]}:{one.finding.anchor.lines[1]}")
    note = f" ({sanitise_line(words.reason(one.note), hosts)})" if one.note else ""
    return f"- {words(f'fate.{one.fate}')}: {place} {sanitise_line(one.finding.title, hosts)}{note}"


def unmet(found: Sequence[Unmet], words: Phrases, hosts: Collection[str] = (), *, before: bool = False) -> str:
    """Criteria of tickets that look unmet and have no line to stand on. They are a model's words and made safe.

    `before`: an earlier run said so, and nobody has seen the whole change since.
    """
    lines = (_unmet(one, hosts) for one in found)
    criteria = words.many("criterion", len(found))
    head = words("summary.unmet_before" if before else "summary.unmet", criteria=criteria)
    return fold(head, listed(lines, len(found), _UNMET, "findings", words), opened=not before)


def _unmet(one: Unmet, hosts: Collection[str]) -> str:
    said = ": ".join(part for part in (one.title, one.body[:_LONGEST_BODY]) if part.strip())
    return f"- {code(one.ticket[:_LONGEST_PATH])} {sanitise_line(said, hosts)}"


def consulted(paths: Sequence[str], words: Phrases) -> str:
    """What of the repository was looked up for the review, beside the diff."""
    lines = (f"- {code(path[:_LONGEST_PATH])}" for path in paths)
    places = words.many("place", len(paths))
    return fold(words("summary.consulted", places=places), listed(lines, len(paths), _CONSULTED, "places", words))
