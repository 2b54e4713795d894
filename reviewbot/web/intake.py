"""Webhook deliveries into the inbox, many in one transaction, answered only once they are committed.

A transaction per event would cap the rate at the disk's, and most of its cost is not the event's. Transactions begin at
least `_APART` seconds after each other: an event that comes alone waits for nobody, many share one.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from reviewbot.errors import StoreUnavailable
from reviewbot.model.event import Delivery
from reviewbot.model.job import Due
from reviewbot.ports import Tell
from reviewbot.web.telling import Telling

_MOST_AT_ONCE = 200
_APART = 0.01

Receive = Callable[[Sequence[Delivery], float], Sequence[Due | None]]
"""Stores the deliveries and upserts their jobs in one transaction: the waiting jobs to enqueue, or None, in order."""


class Intake:
    """Collects deliveries and commits them in batches on one thread of its own; `start` inside the event loop.

    Jobs are enqueued once they are due, beside the answers.
    """

    def __init__(self, receive: Receive, enqueue: Tell) -> None:
        self._receive = receive
        self._telling = Telling(enqueue)
        self._waiting: asyncio.Queue[tuple[Delivery, asyncio.Future[None]]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._telling.start()
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End after the batch under way; deliveries still waiting are answered with an error and come again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        while not self._waiting.empty():
            self._waiting.get_nowait()[1].cancel()
        self._thread.shutdown()
        self._telling.stop()

    async def accept(self, delivery: Delivery) -> None:
        """Return once the delivery is committed; raises what the store raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((delivery, done))
        await done

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        begun = 0.0
        while True:
            batch = [await self._waiting.get()]
            if (early := begun + _APART - loop.time()) > 0:
                await asyncio.sleep(early)
            begun = loop.time()
            while len(batch) < _MOST_AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                outcomes = await loop.run_in_executor(self._thread, self._store, [delivery for delivery, _ in batch])
            except asyncio.CancelledError:
                for _, done in batch:
                    done.cancel()
                raise
            for (_, done), outcome in zip(batch, outcomes, strict=True):
                if done.done():
                    continue
                if isinstance(outcome, Exception):
                    done.set_exception(outcome)
                else:
                    done.set_result(None)

    def _store(self, deliveries: list[Delivery]) -> list[Due | Exception | None]:
        """Commit, then tell of the jobs: a worker never meets a row that is not there yet."""
        outcomes = self._commit(deliveries)
        self._telling.tell(outcome for outcome in outcomes if isinstance(outcome, Due))
        return outcomes

    def _commit(self, deliveries: list[Delivery]) -> list[Due | Exception | None]:
        """The jobs to enqueue; the error of each delivery that could not be stored, which GitLab then shows.

        A delivery that the database does not take must not keep out those that came in the same moment.
        """
        try:
            return list(self._receive(deliveries, time.time()))
        except StoreUnavailable as error:
            return [error] * len(deliveries)
        except Exception as error:  # this is an entrance: whatever it is, the web part goes on
            if len(deliveries) == 1:
                return [error]
            return [outcome for each in deliveries for outcome in self._commit([each])]
