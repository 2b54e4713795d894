"""What a reader may want beside the findings: what changed, how risky it looks, what earlier findings became."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from reviewbot.core.folds import fold, listed, many
from reviewbot.core.inlines import code
from reviewbot.core.sanitising import sanitise, sanitise_line
from reviewbot.model.chunk import Tier
from reviewbot.model.outcome import Became, Fate, Risk, Walkthrough

_WALKTHROUGH, _EARLIER, _CONSULTED = 12_000, 8_000, 4_000  # bytes of each part
_LONGEST_PATH = 500
_FATES: Mapping[Fate, str] = {
    "open": "still open",
    "moved": "moved",
    "fixed": "fixed",
    "dismissed": "dismissed",
    "outdated": "outdated",
}


def walkthrough(told: Walkthrough, hosts: Collection[str] = ()) -> str:
    """The change as a whole, then by file. It is a model's text and made safe."""
    lines = (f"- {code(path[:_LONGEST_PATH])}: {sanitise_line(change, hosts)}" for path, change in told.changes)
    return fold("Walkthrough", sanitise(told.summary, hosts), listed(lines, len(told.changes), _WALKTHROUGH, "files"))


def risk(tier: Tier, why: Risk | None) -> str:
    """How deep the review went, and what that comes from; nothing where that is not known."""
    if why is None:
        return ""
    reasons = {
        "lines": many(why.number, "changed line"),
        "files": many(why.number, "file"),
        "path": f"{code(why.path[:_LONGEST_PATH])} sounds like security, or builds, ships or guards the code",
    }
    return fold(f"Risk: {tier}", f"Depth of the review: {tier} ({reasons[why.kind]})")


def earlier(became: Sequence[Became], hosts: Collection[str] = ()) -> str:
    """What the findings of earlier runs became: how many of each fate, and each of them."""
    counts = Counter(one.fate for one in became)
    told = ", ".join(f"{counts[fate]:,} {word}" for fate, word in _FATES.items() if counts[fate])
    ranked = sorted(became, key=lambda one: list(_FATES).index(one.fate))
    lines = (_became(one, hosts) for one in ranked)
    return fold(f"Earlier findings: {told}", listed(lines, len(became), _EARLIER, "findings"))


def _became(one: Became, hosts: Collection[str]) -> str:
    place = code(f"{one.finding.anchor.path[:_LONGEST_PATH]}:{one.finding.anchor.lines[1]}")
    note = f" ({sanitise_line(one.note, hosts)})" if one.note else ""
    return f"- {_FATES[one.fate]}: {place} {sanitise_line(one.finding.title, hosts)}{note}"


def consulted(paths: Sequence[str]) -> str:
    """What of the repository was looked up for the review, beside the diff."""
    lines = (f"- {code(path[:_LONGEST_PATH])}" for path in paths)
    return fold(f"Read beside the diff: {many(len(paths), 'place')}", listed(lines, len(paths), _CONSULTED, "places"))
