"""Work beside a run's own thread: what will be wanted is begun before it is."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Coming(Mapping[str, str]):
    """Texts that are still being read: who looks into them first waits, and meets the error that reading ended with."""

    def __init__(self, texts: Future[Mapping[str, str]]) -> None:
        self._texts = texts

    def __getitem__(self, path: str) -> str:
        return self._texts.result()[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts.result())

    def __len__(self) -> int:
        return len(self._texts.result())


def begun(items: Iterable[A], work: Callable[[A], B], most: int) -> Iterator[tuple[A, B]]:
    """Each item with what `work` makes of it, in their order; up to `most` further ones are in the making meanwhile.

    No more than those: other runs wait for the same processes.
    """
    with ThreadPoolExecutor(most + 1, "ahead") as pool:
        waiting: deque[tuple[A, Future[B]]] = deque()
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > most:
                first, made = waiting.popleft()
                yield first, made.result()
        for first, made in waiting:
            yield first, made.result()
