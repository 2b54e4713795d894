"""The commits of a local default branch, which stand for the merge requests that brought them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from reviewbot.backtesting.archives import Listed
from reviewbot.git.landing import Landed
from reviewbot.git.local import LocalRepository
from reviewbot.model.backtest import Past


@dataclass(frozen=True, slots=True)
class Commits:
    """Fills `backtesting.archives.Archive`. Of a merge all that it brought is one change; nothing is known of the
    versions before it.
    """

    source: LocalRepository
    branch: str

    noun: ClassVar[str] = "commit"

    @property
    def where(self) -> str:
        return f"{self.branch} of {self.source.root.name}"

    def opened(self, since: float, most: int) -> Listed:
        found = self.source.landed(self.branch, since)
        return Listed(min(most, len(found)), max(0, len(found) - most), self._pasts(found[:most]))

    def _pasts(self, found: Sequence[Landed]) -> Iterator[Past]:
        for one in found:
            yield Past(
                name=one.name,
                title=one.title,
                base_sha=one.before,
                head_sha=one.sha,
                at=one.at,
                author=one.author,
                target_branch=self.branch,
            )
