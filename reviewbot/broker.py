"""Celery's application and what goes through it: the ids of jobs, by kind. The job table is the truth."""

import secrets
from typing import Any

import structlog
from celery import Celery
from kombu import Queue
from kombu.exceptions import OperationalError

from reviewbot.errors import ConfigurationError
from reviewbot.model.job import JobKind

REVIEW = "reviewbot.review"
TALK = "reviewbot.talk"
COMMAND = "reviewbot.command"
SWEEP = "reviewbot.sweep"
DECIDE = "reviewbot.decide"
POLL = "reviewbot.poll"
PURGE = "reviewbot.purge"
FEEDBACK = "reviewbot.feedback"

# By kind of job. The tasks do the same, each is told in a queue of its own: nobody waits for another kind.
TASKS: dict[JobKind, str] = {"review": REVIEW, "talk": TALK, "command": COMMAND}
_DAYS = 7 * 86_400
_log = structlog.get_logger(__name__)


def make_app(broker_url: str = "") -> Celery:
    """The application on `redis://…`, or without a URL on a broker inside this process.

    Raises `ConfigurationError` for any other broker: only these two are tested.
    """
    url = broker_url or "memory://localhost/"
    scheme = url.partition("://")[0]
    if scheme not in {"redis", "rediss", "memory"}:
        raise ConfigurationError(
            f"REVIEWBOT_BROKER_URL names an unknown broker: {scheme}",
            mend="write redis://HOST:PORT/DB, or leave it empty for the in-process one",
        )
    app = Celery("reviewbot", broker=url, set_as_current=False)
    # The in-process broker is one for the whole process: each application has its own queues on it.
    own = f"-{secrets.token_hex(4)}" if scheme == "memory" else ""
    reviews, schedule = f"reviewbot{own}", f"reviewbot-schedule{own}"
    queues = {TALK: f"reviewbot-talk{own}", COMMAND: f"reviewbot-commands{own}", REVIEW: reviews}
    queues |= dict.fromkeys((SWEEP, DECIDE, POLL, PURGE, FEEDBACK), schedule)
    app.conf.update(_POLICY)
    app.conf.update(
        task_queues=[Queue(name) for name in dict.fromkeys(queues.values())],
        task_default_queue=reviews,
        task_routes={name: {"queue": queue} for name, queue in queues.items()},
        broker_transport_options=_transport_options(scheme),
    )
    return app


def queue_of(app: Celery, task: str) -> str:
    """The queue in which a task is told."""
    return str(app.conf.task_routes[task]["queue"])


def tasks_of(app: Celery, queue: str) -> list[str]:
    """The names of the tasks that are told in a queue."""
    return [name for name, route in app.conf.task_routes.items() if route["queue"] == queue]


_POLICY = {
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    # Acknowledged when a worker gets it: late acknowledgement on Redis delivers again after the visibility time-out
    # only, and runs a live task twice when that is short. A message that is lost is found again by the sweep.
    "task_acks_late": False,
    "worker_prefetch_multiplier": 1,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "worker_enable_remote_control": False,  # nothing may be called in a worker but the tasks
    "worker_send_task_events": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_connection_timeout": 4,
    # Whoever enqueues waits for nothing: the sweep finds the job.
    "task_publish_retry": False,
    "enable_utc": True,
}


def _transport_options(scheme: str) -> dict[str, object]:
    if scheme == "memory":
        return {"polling_interval": 0.01}
    return {
        # Longer than anything runs or waits: no message is ever delivered again while its task is alive.
        "visibility_timeout": _DAYS,
        "max_retries": 0,  # of whoever enqueues; the worker itself connects again for ever
        "socket_connect_timeout": 4,
        "socket_timeout": 30,
        "socket_keepalive": True,
        "health_check_interval": 30,
    }


def enqueue(app: Celery, job_id: int, kind: JobKind = "review", countdown: float = 0.0) -> bool:
    """Tell the workers of a job, `countdown` seconds from now. False: the broker is down, the sweep will find it."""
    try:
        app.send_task(TASKS[kind], args=[job_id], countdown=countdown or None)
    except OperationalError as error:
        _log.warning("broker.unreachable", job_id=job_id, error=str(error))
        return False
    return True


def depth(app: Celery, kind: JobKind = "review") -> int:
    """How many jobs of a kind wait in the broker. Raises kombu's `OperationalError` when it is down."""
    with app.connection_for_write() as connection:
        # Declared, not only looked at: on a broker that was emptied the queue is not there.
        channel: Any = connection.default_channel  # the stubs know the AMQP one only
        declared = channel.queue_declare(queue_of(app, TASKS[kind]), durable=True)
        return int(declared.message_count)


def waiting_jobs(app: Celery) -> int | None:
    """`depth` for people: None when the broker is down."""
    try:
        return depth(app)
    except OperationalError as error:
        _log.warning("broker.unreachable", error=str(error))
        return None
