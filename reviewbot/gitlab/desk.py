"""Where one publication is written: writes are confirmed, wait out rate limits, and are looked for before repeated."""

from collections.abc import Callable
from typing import Any, TypeVar

from reviewbot.core import markers
from reviewbot.core.markers import Marker
from reviewbot.errors import ForgeRateLimited, ForgeUnavailable
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.retrying import Reads
from reviewbot.gitlab.snapshot import base_path
from reviewbot.model.merge_request import MergeRequestRef

T = TypeVar("T")
Json = dict[str, Any]


class Desk:
    """One publication on one merge request. `lost` counts answers that did not come: such a write may come in late."""

    def __init__(self, reads: Reads, ref: MergeRequestRef, key: bytes) -> None:
        self.reads = reads
        self.ref = ref
        self.lost = 0
        self._key = key

    @property
    def client(self) -> Client:
        return self.reads.client

    @property
    def path(self) -> str:
        return base_path(self.ref)

    def marker(self, body: str) -> Marker | None:
        """The valid marker of a note or draft: it is ours whoever the author is."""
        return markers.read(body, self._key, self.ref)

    def write(self, send: Callable[[], T], arrived: Callable[[], T | None] | None = None) -> T:
        """`send` until it is answered. A lost answer is looked up by `arrived` (None: not there) before it is repeated.

        Without `arrived` the write may be repeated as it is. Raises what `send` raises in the end.
        """
        backoff = self.reads.backoff
        for attempt in range(1, backoff.attempts + 1):
            self.reads.control.confirm()
            try:
                return send()
            except (ForgeUnavailable, ForgeRateLimited) as error:
                if isinstance(error, ForgeUnavailable):
                    self.lost += 1
                last = attempt == backoff.attempts or not backoff.bearable(error)
                if not last:
                    self.reads.control.sleep(backoff.wait(error, attempt))
                found = arrived() if arrived and isinstance(error, ForgeUnavailable) else None
                if found is not None:
                    return found
                if last:
                    raise
        raise AssertionError("the loop returns or raises")

    def write_once(self, send: Callable[[], object]) -> None:
        """`send`, repeated only after a 429, which is an answer: it was not carried out. Raises what `send` raises."""
        backoff = self.reads.backoff
        for attempt in range(1, backoff.attempts + 1):
            self.reads.control.confirm()
            try:
                send()
            except ForgeRateLimited as error:
                if attempt == backoff.attempts or not backoff.bearable(error):
                    raise
                self.reads.control.sleep(backoff.wait(error, attempt))
            except ForgeUnavailable:
                self.lost += 1
                raise
            else:
                return
