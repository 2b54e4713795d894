"""Reads that are repeated while GitLab is away, and how long reads and writes wait in between."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import tenacity

from reviewbot.control import Control
from reviewbot.errors import ForgeRateLimited, ForgeUnavailable
from reviewbot.gitlab.client import Client, Page, Query

T = TypeVar("T")
_MOST_PAGES = 1000  # 100,000 rows: beyond GitLab's own limits, so a list that goes in circles


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds. `patience`: the longest wait that GitLab may ask for here; above, the whole job is put off instead.

    `limited` is the first wait after a 429 that does not say how long (GitLab's limit on notes is per minute).
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 20.0
    limited: float = 8.0
    patience: float = 60.0

    def bearable(self, error: BaseException) -> bool:
        """Whether waiting here is worth it."""
        if not isinstance(error, ForgeUnavailable | ForgeRateLimited):
            return False
        return error.retry_after is None or error.retry_after <= self.patience

    def wait(self, error: BaseException | None, attempt: int) -> float:
        """Seconds to wait after attempt number `attempt` (from 1) failed with `error`."""
        if isinstance(error, ForgeRateLimited):
            growing = min(self.patience, self.limited * 2 ** (attempt - 1))
            return growing if error.retry_after is None else error.retry_after
        if isinstance(error, ForgeUnavailable) and error.retry_after is not None:
            return error.retry_after
        jitter = random.uniform(0, self.first)  # noqa: S311 - spreads repetitions, keeps no secret
        return min(self.longest, self.first * 2.0 ** (attempt - 1)) + jitter


@dataclass(frozen=True, slots=True)
class Reads:
    """The client's reads, each repeated on transient errors. Raises the last error, or what `control` raises."""

    client: Client
    control: Control
    backoff: Backoff = Backoff()

    def object(self, path: str, query: Query | None = None) -> dict[str, Any]:
        return self._repeat(lambda: self.client.object(path, query))

    def page(self, path: str, query: Query | None = None) -> list[dict[str, Any]]:
        """The first page only, as long as `query` says."""
        return self._repeat(lambda: self.client.page(path, query)).rows

    def all(self, path: str, query: Query | None = None) -> list[dict[str, Any]]:
        """The rows of all pages."""
        return [row for page in self._pages(path, query) for row in page.rows]

    def first(self, path: str, query: Query, pages: int) -> tuple[list[dict[str, Any]], bool]:
        """The rows of at most so many pages, and whether there are more."""
        read = list(islice(self._pages(path, query), pages))
        return [row for page in read for row in page.rows], bool(read and read[-1].following and read[-1].rows)

    def _pages(self, path: str, query: Query | None) -> Iterator[Page]:
        asked: dict[str, str | int | Sequence[int]] = dict(query or {})
        for _ in range(_MOST_PAGES):
            page = self._page(path, dict(asked))
            yield page
            if not page.following or not page.rows:
                break
            asked.update(page.following)

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """A GraphQL query, which only reads. What it answers with status 200 may be errors."""
        body = {"query": text, "variables": dict(variables)}
        return self._repeat(lambda: self.client.post(f"{self.client.url}/api/graphql", body))

    def raw(self, path: str, query: Query | None = None, first: int | None = None) -> bytes:
        """The body, or its `first` bytes."""
        return self._repeat(lambda: self.client.raw(path, query, first))

    def small(self, path: str, most: int) -> bytes | None:
        """None when it is larger than `most` bytes."""
        return self._repeat(lambda: self.client.small(path, most))

    def _page(self, path: str, query: Query) -> Page:
        return self._repeat(lambda: self.client.page(path, query))

    def _repeat(self, call: Callable[[], T]) -> T:
        def attempt() -> T:
            self.control.check()
            return call()

        policy = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.backoff.attempts),
            retry=tenacity.retry_if_exception(self.backoff.bearable),
            wait=lambda state: self.backoff.wait(
                state.outcome.exception() if state.outcome else None, state.attempt_number
            ),
            sleep=self.control.sleep,
            reraise=True,
        )
        return policy(attempt)
