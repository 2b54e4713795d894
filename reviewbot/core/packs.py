"""Shipped rules in packs: a few count everywhere, a whole pack where an owner names it. Only what counts is read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reviewbot.core import commands
from reviewbot.core.rulebooks import Layer
from reviewbot.model.rule import Rule

BUILT_IN = "built-in"
_MOST_STRANGE, _LONGEST_NAME = 5, 100


@dataclass(frozen=True, slots=True)
class Pack:
    """`ids` of all its rules, `on` those that count where nobody says anything about the pack."""

    name: str
    title: str
    description: str
    ids: tuple[str, ...]
    on: tuple[str, ...] = ()


_NOBODY = Layer("instance")


def _nothing(pack: str, name: str) -> Rule:
    raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The rules that count in every project unless it says otherwise: the shipped packs, and the instance's own.

    `read` gives the rule of a pack's name and an id.
    """

    packs: tuple[Pack, ...] = ()
    read: Callable[[str, str], Rule] = _nothing
    instance: Layer = _NOBODY

    @property
    def names(self) -> list[str]:
        return [pack.name for pack in self.packs]

    @property
    def ids(self) -> list[str]:
        """Of all shipped rules, whether they are on or not."""
        return [name for pack in self.packs for name in pack.ids]

    def under(self, nearer: Sequence[Layer] = ()) -> tuple[Layer, ...]:
        """All layers, far to near: the shipped rules that are on by what `nearer` and the instance say, the instance's
        own, and `nearer`.
        """
        layers = (self.instance, *nearer)
        shipped = [self.read(pack.name, name) for pack in self.packs for name in self.on(pack, layers)]
        return (Layer(BUILT_IN, tuple(shipped)), *layers)

    @staticmethod
    def on(pack: Pack, layers: Iterable[Layer]) -> tuple[str, ...]:
        """The pack's ids that are on: the last word about the pack counts, of the nearest layer that says any."""
        said = [name for one in layers for name in one.packs if name.removeprefix("!") == pack.name]
        if not said:
            return pack.on
        return () if said[-1].startswith("!") else pack.ids

    def strange(self, layers: Iterable[Layer]) -> tuple[str, ...]:
        """For people: each name in `packs` that no pack has, with the nearest one that there is."""
        told = tuple(dict.fromkeys(sentence for one in layers for sentence in self._strange(one)))
        more = len(told) - _MOST_STRANGE
        return (*told[:_MOST_STRANGE], f"`packs` names {more} more such packs.") if more > 0 else told

    def _strange(self, layer: Layer) -> Iterator[str]:
        for name in (each.removeprefix("!") for each in layer.packs):
            if name not in self.names:
                near = commands.nearest(name, self.names)
                hint = f"; did you mean {near[0]}?" if near else "."
                yield f"`packs` of the {layer.name} names a pack that does not exist: {name[:_LONGEST_NAME]}{hint}"
