"""Places in a worker's pool by queue: long reviews leave room for commands, a slow model none of its own to them.

A queue is read only while it has a place here, so what waits is left to workers that have one. Celery itself knows one
limit for all queues of a worker.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from celery import Celery, bootsteps
from celery.worker import state

from reviewbot.broker import COMMAND, REVIEW, SWEEP, TALK, queue_of, tasks_of

# Beside the reviews. Commands ask no model and are done in seconds; conversations wait for one.
_PLACES = {TALK: 4, COMMAND: 4, SWEEP: 4}


def places(app: Celery, reviews: int) -> Mapping[str, int]:
    """How many tasks of each queue may run at once in one process; `reviews` of them reviews."""
    return {queue_of(app, name): count for name, count in {REVIEW: reviews, **_PLACES}.items()}


def lanes(app: Celery, reviews: int) -> type[bootsteps.ConsumerStep]:
    """The part of Celery's consumer that reads each queue as far as it has places. The main consumer reads reviews."""
    return type("Lanes", (_Lanes,), {"main": queue_of(app, REVIEW), "places": places(app, reviews)})


class _Lanes(bootsteps.ConsumerStep):
    """A channel for each queue, as Celery's own brake (`worker_disable_prefetch`) works: by channel."""

    requires = ("celery.worker.consumer:Tasks",)
    main: ClassVar[str]
    places: ClassVar[Mapping[str, int]]

    def start(self, parent: Any) -> None:
        """Called again after a lost connection, then on the new one."""
        self._limit(parent.app, parent.task_consumer.channel, self.main)
        self.consumers = [self._consumer(parent, queue) for queue in self.places if queue != self.main]
        for consumer in self.consumers:
            consumer.consume()

    def _consumer(self, parent: Any, queue: str) -> Any:
        channel = parent.connection.channel()
        self._limit(parent.app, channel, queue)
        consumer = parent.app.amqp.TaskConsumer(
            channel, queues=[parent.app.amqp.queues[queue]], on_decode_error=parent.on_decode_error
        )
        consumer.on_message = parent.create_task_handler()
        return consumer

    def _limit(self, app: Celery, channel: Any, queue: str) -> None:
        channel.qos.can_consume = _brake(channel.qos.can_consume, tasks_of(app, queue), self.places[queue])


def _brake(before: Callable[[], bool], names: Iterable[str], most: int) -> Callable[[], bool]:
    """Whether one more task of these names may be taken. Called in the worker's own thread, many times a second."""
    names = frozenset(names)

    def can_consume() -> bool:
        # A copy made in one step: tasks end in other threads. Those that wait for their time take no place.
        known = list(state.requests.values())
        taken = sum(one.name in names and one in state.reserved_requests for one in known)
        return taken < most and before()

    return can_consume
