"""What one process remembers of other projects' rules: commits do not change, so each is read once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from reviewbot.core.rulebooks import Layer
from reviewbot.model.inheritance import Address, Head, Include, Ruling
from reviewbot.ports import Source

_MOST = 512  # commits, addresses
_MOST_CHARACTERS = 50_000_000  # of rules
_FRESH = 3_600.0  # seconds for which it is known whether a project shows its files
K = TypeVar("K")
V = TypeVar("V")


class Neighbours(Protocol):
    """Projects beside the one that is reviewed, as far as the bot may read them; for one run, one thread at a time."""

    @property
    def requests(self) -> int:
        """HTTP requests made through this object so far."""

    def look(self, wanted: Sequence[Address]) -> Mapping[Address, Head]:
        """What is there; one request for a score of them. Left out are those that the bot may not see.

        Raises `SourceUnavailable`.
        """

    def shows_files(self, head: Head) -> bool:
        """Whether everybody who may see the project may read its files. One request. Raises `SourceUnavailable`."""

    def source(self, head: Head) -> Source:
        """The project's repository."""

    def close(self) -> None:
        """Nothing more will be asked."""


@dataclass(frozen=True, slots=True)
class Read:
    """A project's rules and what its configuration says of rules, at one commit. `told`: what is wrong with them."""

    layer: Layer
    ruling: Ruling
    told: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Characters, about."""
        return sum(1_000 + 2 * len(rule.body) + sum(map(len, (*rule.bad, *rule.good))) for rule in self.layer.rules)


class _Recent(Generic[K, V]):
    """The values that were used last; `size` of them all stays below `most`."""

    def __init__(self, most: int, size: Callable[[V], int] = lambda value: 1) -> None:
        self._most = most
        self._size = size
        self._held: OrderedDict[K, V] = OrderedDict()
        self._total = 0

    def get(self, key: K) -> V | None:
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def put(self, key: K, value: V) -> None:
        if key in self._held:
            self._total -= self._size(self._held.pop(key))
        self._held[key] = value
        self._total += self._size(value)
        while self._total > self._most and len(self._held) > 1:
            self._total -= self._size(self._held.popitem(last=False)[1])

    def drop(self, key: K) -> None:
        if key in self._held:
            self._total -= self._size(self._held.pop(key))


class Kept:
    """Shared by the runs of a process. `clock`: seconds, for what may change without a commit."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._heads: _Recent[Address, Head] = _Recent(_MOST)
        self._includes: _Recent[Address, tuple[Include, ...]] = _Recent(_MOST)
        self._contents: _Recent[tuple[int, str, str], Read] = _Recent(_MOST_CHARACTERS, lambda read: 1_000 + read.size)
        self._rulings: _Recent[tuple[int, str], Ruling] = _Recent(_MOST)
        self._shows: _Recent[int, tuple[float, bool]] = _Recent(_MOST)

    def seen(self, wanted: Iterable[Address], found: Mapping[Address, Head]) -> None:
        """Note what is there and what is not."""
        with self._lock:
            for address in wanted:
                if address in found:
                    self._heads.put(address, found[address])
                else:
                    self._heads.drop(address)

    def last(self, wanted: Iterable[Address]) -> dict[Address, Head]:
        """What was there when it was asked for last."""
        with self._lock:
            return {address: head for address in wanted if (head := self._heads.get(address)) is not None}

    def includes(self, owner: Address) -> tuple[Include, ...]:
        """What a configuration project took in when it was read last."""
        with self._lock:
            return self._includes.get(owner) or ()

    def note(self, owner: Address, includes: tuple[Include, ...]) -> None:
        with self._lock:
            self._includes.put(owner, includes)

    def content(self, project_id: int, sha: str, where: str) -> Read | None:
        with self._lock:
            return self._contents.get((project_id, sha, where))

    def keep(self, project_id: int, sha: str, where: str, read: Read) -> None:
        with self._lock:
            self._contents.put((project_id, sha, where), read)

    def ruling(self, project_id: int, sha: str) -> Ruling | None:
        with self._lock:
            return self._rulings.get((project_id, sha))

    def keep_ruling(self, project_id: int, sha: str, ruling: Ruling) -> None:
        with self._lock:
            self._rulings.put((project_id, sha), ruling)

    def shows_files(self, head: Head, neighbours: Neighbours) -> bool:
        """As `Neighbours.shows_files`, asked once an hour. Raises `SourceUnavailable`."""
        with self._lock:
            known = self._shows.get(head.project_id)
        now = self._clock()
        if known is None or now - known[0] > _FRESH:
            known = now, neighbours.shows_files(head)
            with self._lock:
                self._shows.put(head.project_id, known)
        return known[1]
