"""Where past merge requests come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from reviewbot.model.backtest import Past
from reviewbot.ports import Source


@dataclass(frozen=True, slots=True)
class Listed:
    """Past merge requests, newest first: `wanted` of them come, `left_out` older ones do not. `more`: these are only
    the ones that were counted.
    """

    wanted: int
    left_out: int
    pasts: Iterator[Past]
    more: bool = False


class Archive(Protocol):
    """The past merge requests of one repository. It can only be read: what is tried leaves no trace."""

    @property
    def where(self) -> str:
        """The repository's name, for people."""

    @property
    def noun(self) -> str:
        """What one is, for people."""

    @property
    def source(self) -> Source:
        """The repository."""

    def opened(self, since: float, most: int) -> Listed:
        """At most `most` touched `since` (seconds since the epoch). What goes wrong with one is its `problem`.

        Raises `ForgeUnavailable`, `ForgeRefused`, `ForgeNotFound`, `SourceUnavailable`.
        """
