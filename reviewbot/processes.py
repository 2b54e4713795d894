"""The processes that the command line starts: everything in one, or web, worker and schedule each by itself."""

import gc
import os
import signal
import socket
import time
from functools import partial
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from reviewbot import log
from reviewbot.broker import enqueue, make_app
from reviewbot.control import Control
from reviewbot.core import signatures
from reviewbot.db.deliveries import Deliveries
from reviewbot.db.purging import purge_older
from reviewbot.db.schema import is_current
from reviewbot.errors import ConfigurationError, StoreUnavailable
from reviewbot.ports import Tell
from reviewbot.settings import Settings
from reviewbot.web.app import WebContext, create_app
from reviewbot.web.identity import Identity
from reviewbot.web.overview import StoredOverview
from reviewbot.web.project_rules import ReadProjectRules
from reviewbot.web.webhook import Gate
from reviewbot.wiring import hearing
from reviewbot.wiring.bench import policy_of
from reviewbot.wiring.deciding import Deciding
from reviewbot.wiring.reviews import Reviewer, reviewer_of
from reviewbot.wiring.sources import forget_mirrors
from reviewbot.wiring.store import Store, open_store
from reviewbot.worker.context import WorkerContext
from reviewbot.worker.runner import EmbeddedWorker, run_schedule, run_worker

logger = log.get("processes")


def serve(settings: Settings, *, insecure: bool) -> None:
    """Web, worker and schedule in this process. Returns after SIGTERM or SIGINT, within 20 s."""
    gate_secrets(settings, insecure=insecure)
    store = open_store(settings, migrate=True)
    reviewer = reviewer_of(settings, store)
    with _listener(settings) as listener:  # before anything is started: an address that is taken ends it here
        reviewer.warm()
        app = make_app(settings.broker_url)
        worker = EmbeddedWorker(app, worker_context(settings, store, reviewer, partial(enqueue, app)))
        worker.start()
        try:
            _answer(listener, settings, store, reviewer, partial(enqueue, app), insecure=insecure)
        finally:
            ended = worker.stop()
            if ended:
                store.close()
            else:
                logger.warning("serve.ended_hard")
                os._exit(0)  # a run hangs in a call that no brake reaches; its lease has been given back


def serve_web(settings: Settings, *, insecure: bool) -> None:
    """The web part alone; reviews are made by workers on the same broker and database."""
    _insist_on_broker(settings, "web")
    gate_secrets(settings, insecure=insecure)
    store = open_store(settings, migrate=False)
    reviewer = reviewer_of(settings, store)
    app = make_app(settings.broker_url)
    with _listener(settings) as listener:
        _answer(listener, settings, store, reviewer, partial(enqueue, app), insecure=insecure)
    store.close()


def work(settings: Settings) -> None:
    """A worker alone, until SIGTERM or SIGINT."""
    _insist_on_broker(settings, "worker")
    os.nice(5)  # on a machine that it shares with the web part: webhooks are answered first
    store = open_store(settings, migrate=False)
    app = make_app(settings.broker_url)
    reviewer = reviewer_of(settings, store)
    reviewer.warm()
    spare_the_collector()
    run_worker(app, worker_context(settings, store, reviewer, partial(enqueue, app)))
    store.close()


def schedule(settings: Settings) -> None:
    """The schedule alone: one per installation."""
    _insist_on_broker(settings, "schedule")
    store = open_store(settings, migrate=False)
    app = make_app(settings.broker_url)
    context = worker_context(settings, store, reviewer_of(settings, store), partial(enqueue, app))
    run_schedule(app, context)
    store.close()


def worker_context(settings: Settings, store: Store, reviewer: Reviewer, tell: Tell) -> WorkerContext:
    """What the tasks of this instance work with."""

    def poll() -> None:
        found = reviewer.poll(tell)
        if found:
            logger.info("poll.found", heads=found)

    def look(control: Control) -> None:
        looked = hearing.sweep(settings, store, reviewer, control)
        if looked:
            logger.info("feedback.looked", merge_requests=looked)

    def purge() -> None:
        now = time.time()
        old, long_ago = now - settings.retention_days * 86_400, now - settings.feedback_days * 86_400
        purged = purge_older(store.database, old, long_ago)
        logger.info("purge.done", rows=purged.total)

    def tidy() -> None:
        gone = forget_mirrors(settings.data_dir, time.time() - settings.retention_days * 86_400)
        logger.info("mirrors.tidied", deleted=gone)

    return WorkerContext(
        jobs=store.jobs,
        run=reviewer.run,
        afterwards=reviewer.trials().after,
        node=f"{socket.gethostname()}:{settings.data_dir}",
        decide=Deciding(reviewer, tell).sweep,
        poll=poll,
        purge=purge,
        tidy=tidy,
        feedback=look,
        feedback_seconds=settings.feedback_seconds,
        gave_up=reviewer.gave_up,
        lease_seconds=settings.lease_seconds,
        review_seconds=settings.review_seconds,
        sweep_seconds=settings.sweep_seconds,
        poll_seconds=settings.poll_seconds,
        concurrency=settings.worker_concurrency,
    )


def gate_secrets(settings: Settings, *, insecure: bool) -> tuple[str, ...]:
    """The webhook's secrets. Raises `ConfigurationError` when there is none and nobody said `--insecure`."""
    secrets = tuple(secret.get_secret_value() for secret in settings.webhook_secret)
    for secret in secrets:
        if problem := signatures.unusable(secret):
            raise ConfigurationError(f"REVIEWBOT_WEBHOOK_SECRET: {problem}", mend="copy it from GitLab once more")
    if not secrets and not insecure:
        raise ConfigurationError(
            "REVIEWBOT_WEBHOOK_SECRET is not set: anybody could send webhooks",
            mend="set it to the webhook's secret token, or start with --insecure on a laptop",
        )
    return secrets


def _insist_on_broker(settings: Settings, part: str) -> None:
    if settings.embedded:
        raise ConfigurationError(
            f"`reviewbot {part}` needs a broker that other processes reach, and REVIEWBOT_BROKER_URL is not set",
            mend="set it to redis://…, or run everything in one process: reviewbot serve",
        )


def web_app(settings: Settings, store: Store, reviewer: Reviewer, tell: Tell, *, insecure: bool) -> Starlette:
    """The web part over this instance's store."""
    secrets = gate_secrets(settings, insecure=insecure)
    identity = Identity(reviewer.me, Deciding(reviewer, tell).decide)
    identity.start()
    context = WebContext(
        gate=Gate(secrets, insecure, identity, policy_of(settings)),
        receive=store.jobs.receive_many,
        enqueue=tell,
        admin_token=settings.admin_token.get_secret_value(),
        overview=StoredOverview(
            store.jobs,
            store.runs,
            Deliveries(store.database),
            store.states,
            store.suppressions,
            store.holds,
            store.health,
        ),
        rules=ReadProjectRules(reviewer),
        troubles=lambda: _troubles(settings, store),
        notices=lambda: _notices(identity, store),
    )
    return create_app(context)


def _answer(
    listener: socket.socket, settings: Settings, store: Store, reviewer: Reviewer, tell: Tell, *, insecure: bool
) -> None:
    config = uvicorn.Config(
        web_app(settings, store, reviewer, tell, insecure=insecure),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
        server_header=False,
    )
    # uvicorn raises the signal that ended it once more, to end the process: the worker has yet to give back its leases.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ending)
    spare_the_collector()
    logger.info("web.listening", host=settings.host, port=listener.getsockname()[1])
    uvicorn.Server(config).run(sockets=[listener])


def _listener(settings: Settings) -> socket.socket:
    """Made here, because uvicorn would end the process without a word about the mend."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        why = (error.strerror or str(error)).partition(" (")[0]
        raise ConfigurationError(
            f"Nobody can listen on {settings.host}:{settings.port} here: {why}",
            mend="set another REVIEWBOT_HOST or REVIEWBOT_PORT, or end what listens there",
        ) from error


def spare_the_collector() -> None:
    """What the start made stays to the end: the garbage collector need not walk through it again and again.

    Such a walk stops every thread, the one that answers too: 0.3 s on a slow machine, with everything imported. Each
    review made one.
    """
    gc.collect()
    gc.freeze()


def _ending(_number: int, _frame: FrameType | None) -> None:
    """Whoever called `_listen` ends the process."""


def _notices(identity: Identity, store: Store) -> list[str]:
    """What is worth telling of a process that is ready: it takes webhooks though GitLab is away."""
    if identity().id is not None:
        return []
    return [f"GitLab has not told yet who the bot is; {store.jobs.undecided()} stored events wait for that"]


def _troubles(settings: Settings, store: Store) -> list[str]:
    """What keeps this process from being ready."""
    troubles = []
    try:
        if not is_current(store.database):
            troubles.append("the database is not at this program's version: run reviewbot db upgrade")
    except StoreUnavailable as error:
        troubles.append(f"the database does not answer: {error.message}")
    return troubles
