"""What people are shown of rules: those of one file, or all of a project, with their source and their cost."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewbot.core import rule_share, rulebooks, scopes
from reviewbot.core.effective import effective
from reviewbot.core.rulebooks import Layer
from reviewbot.model.rule import Rule

Kind = Literal["pattern", "words"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule with what it costs. `instead_of`: the farther layer whose rule of that id it replaces, empty: none.

    `tokens` of a prompt that its words take, 0 for a pattern. `room`: whether they find place in the prompt of a file
    that is read alone. `replaced_by` and `off_by`: the nearer layer because of which the rule counts nowhere, if any.
    """

    rule: Rule
    instead_of: str
    tokens: int
    room: bool = True
    replaced_by: str = ""
    off_by: str = ""

    @property
    def kind(self) -> Kind:
        return "pattern" if self.rule.pattern else "words"

    @property
    def counts(self) -> bool:
        return not (self.replaced_by or self.off_by)

    @property
    def source(self) -> str:
        """The layer and the file, as in "project: .reviewbot/rules/one.md"."""
        return ": ".join(filter(None, (self.rule.layer, self.rule.origin)))


@dataclass(frozen=True, slots=True)
class Listing:
    """The rules of the file `path`, or of a whole project (empty). `most`: tokens that rules may take of a prompt."""

    path: str
    rows: tuple[Listed, ...]
    most: int

    @property
    def counting(self) -> tuple[Listed, ...]:
        """Those that no nearer layer replaces or switches off."""
        return tuple(one for one in self.rows if one.counts)

    @property
    def tokens(self) -> int:
        """Of all rules in words that count."""
        return sum(one.tokens for one in self.counting)

    @property
    def crowded(self) -> tuple[Listed, ...]:
        """Those whose words find no place in the prompt of this file."""
        return tuple(one for one in self.rows if not one.room)


def of_path(layers: Sequence[Layer], path: str, count: Callable[[str], int], chunk_tokens: int) -> Listing:
    """The rules of `layers` (far to near) that reach `path`. `count`: tokens of a text."""
    reached = effective(layers, path, count)
    most = int(chunk_tokens * rule_share.SHARE)
    worded = [one.rule for one in reached if not one.rule.pattern]
    _, left_out = rule_share.fitting(worded, most, count)
    without = {id(rule) for rule in left_out}
    rows = (Listed(one.rule, one.instead_of, one.tokens, room=id(one.rule) not in without) for one in reached)
    return Listing(path, tuple(rows), most)


def of_project(layers: Sequence[Layer], count: Callable[[str], int], chunk_tokens: int) -> Listing:
    """Every rule of every layer, the nearest layer first, those that give way to a nearer one among them."""
    rows = [
        Listed(rule, _instead_of(rule, layers, at), _cost(rule, count), True, *_beyond(rule, layers, at))
        for at, layer in reversed(list(enumerate(layers)))
        for rule in layer.rules
        if rule.status != "off"
    ]
    return Listing("", tuple(rows), int(chunk_tokens * rule_share.SHARE))


def of_files(layers: Sequence[Layer], paths: Iterable[str], count: Callable[[str], int]) -> tuple[Listed, ...]:
    """The rules that reach any of `paths`, each once, the farthest layer first; what they replace is not told."""
    reach = scopes.Reach(rulebooks.combine(layers))
    reached = {id(rule): rule for path in paths for rule in reach.of(path)}
    found = [Listed(rule, "", _cost(rule, count)) for rule in reached.values()]
    names = [layer.name for layer in layers]
    return tuple(sorted(found, key=lambda one: names.index(one.rule.layer) if one.rule.layer in names else -1))


def _cost(rule: Rule, count: Callable[[str], int]) -> int:
    return 0 if rule.pattern else rule_share.cost(rule, count)


def _instead_of(rule: Rule, layers: Sequence[Layer], at: int) -> str:
    around = [one for one in layers[:at] if not one.folder or _within(rule.folder, one.folder)]
    return next((one.name for one in reversed(around) if _has(one, rule.id)), "")


def _beyond(rule: Rule, layers: Sequence[Layer], at: int) -> tuple[str, str]:
    """Which layer replaces the rule, which one switches it off. One of a folder does so there alone: it is none."""
    for index, one in enumerate(layers[at:], at):
        if one.folder not in {"", rule.folder}:
            continue
        if index > at and _has(one, rule.id):
            return one.name, ""
        if rule.id in one.disabled:
            return "", one.name
    return "", ""


def _has(layer: Layer, rule_id: str) -> bool:
    return any(one.id == rule_id for one in layer.rules)


def _within(folder: str, outer: str) -> bool:
    return folder == outer or folder.startswith(f"{outer}/")
