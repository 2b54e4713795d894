"""Which questions wait for another one with the same prefix: the provider's cache is to be filled first, and once."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from reviewbot.model.prompt import Prefix

S = TypeVar("S")

READ_PER_SECOND = 10_000
"""Tokens of a prompt that any provider reads in a second (prefill of a large model: some 10,000 to 50,000).

The cache holds a prefix as soon as it is read. A first token tells so, but may come much later: reasoning that is not
shown goes before it. So nobody waits longer than reading takes.
"""


class Leading(Generic[S]):
    """The first question of a prefix leads; those that share it wait until it is warm, or the leader has ended.

    Not thread-safe: it belongs to the thread that collects the replies. Times are of the monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._led: dict[str, S] = {}
        self._behind: dict[str, list[S]] = {}
        self._read_at: dict[str, float] = {}  # of led prefixes whose leader's request was sent
        self._warm: set[str] = set()

    def enter(self, question: S, prefixes: Sequence[Prefix]) -> bool:
        """Whether `question` may start now: it then leads its prefixes that are not warm. Else it waits here."""
        cold = [prefix for prefix in prefixes if prefix.key not in self._warm]
        for prefix in cold:
            if prefix.key in self._led:
                self._behind.setdefault(prefix.key, []).append(question)
                return False
        for prefix in cold:
            self._led[prefix.key] = question
        return True

    def sent(self, question: S, prefixes: Sequence[Prefix], at: float) -> None:
        """The question's request was sent, or sent once more."""
        for prefix in self._led_by(question, prefixes):
            self._read_at[prefix.key] = at + prefix.tokens / READ_PER_SECOND

    def next_read(self) -> float:
        """When the next prefix has been read for certain; infinite when none is on its way."""
        return min(self._read_at.values(), default=float("inf"))

    def read(self, now: float) -> list[S]:
        """Those that waited for a prefix that has been read by now; the caller enters them again, in this order."""
        return self._free([key for key, at in self._read_at.items() if at <= now], warm=True)

    def warmed(self, question: S, prefixes: Sequence[Prefix]) -> list[S]:
        """The question brought its first token; those that waited for that, to be entered again."""
        return self._free([prefix.key for prefix in self._led_by(question, prefixes)], warm=True)

    def ended(self, question: S, prefixes: Sequence[Prefix]) -> list[S]:
        """The question ended; where it brought no token, the first of those that come back leads next."""
        return self._free([prefix.key for prefix in self._led_by(question, prefixes)], warm=False)

    def drop(self) -> list[S]:
        """All that wait: nothing more is started."""
        dropped = [question for waiting in self._behind.values() for question in waiting]
        self._behind.clear()
        return dropped

    def _led_by(self, question: S, prefixes: Sequence[Prefix]) -> list[Prefix]:
        return [prefix for prefix in prefixes if self._led.get(prefix.key) == question]

    def _free(self, keys: Sequence[str], *, warm: bool) -> list[S]:
        freed: list[S] = []
        for key in keys:
            self._led.pop(key, None)
            self._read_at.pop(key, None)
            if warm:
                self._warm.add(key)
            freed += self._behind.pop(key, [])
        return freed
