"""Where a merge request's repository is read: a mirror kept with git, else GitLab's files API."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from reviewbot import log
from reviewbot.errors import SourceUnavailable
from reviewbot.ports import Source

logger = log.get("wiring.sources")
T = TypeVar("T")


class NearestSource:
    """The first of both that answers; once git has failed in a run it is not tried again in that run."""

    def __init__(self, mirror: Source, files: Source) -> None:
        self._mirror = mirror
        self._files = files
        self._mirror_failed = threading.Event()

    def read(self, sha: str, paths: Iterable[str]) -> Mapping[str, bytes]:
        wanted = list(paths)
        return self._first(lambda source: source.read(sha, wanted))

    def diff(self, base: str, head: str, paths: Sequence[str] = ()) -> bytes:
        return self._first(lambda source: source.diff(base, head, paths))

    def _first(self, use: Callable[[Source], T]) -> T:
        if not self._mirror_failed.is_set():
            try:
                return use(self._mirror)
            except SourceUnavailable as error:
                self._mirror_failed.set()
                logger.warning("source.mirror_unavailable", error=str(error))
        return use(self._files)
