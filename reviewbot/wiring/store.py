"""The database with everything that reads and writes it."""

from dataclasses import dataclass

from reviewbot.db.answers import AnswerTable
from reviewbot.db.comments import CommentTable
from reviewbot.db.engine import Database, open_database
from reviewbot.db.history import ReviewHistory
from reviewbot.db.holding import HoldTable
from reviewbot.db.instance import instance_key
from reviewbot.db.jobs import JobTable
from reviewbot.db.reactions import ReactionTable
from reviewbot.db.rule_health import HealthTable
from reviewbot.db.runs import Runs
from reviewbot.db.schema import is_current, upgrade
from reviewbot.db.states import MergeRequestStates
from reviewbot.db.suppressions import SuppressionTable
from reviewbot.db.watching import WatchTable
from reviewbot.db.wishes import WishTable
from reviewbot.errors import ConfigurationError
from reviewbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Store:
    database: Database
    jobs: JobTable
    answers: AnswerTable
    history: ReviewHistory
    runs: Runs
    states: MergeRequestStates
    suppressions: SuppressionTable
    reactions: ReactionTable
    wishes: WishTable
    comments: CommentTable
    watched: WatchTable
    holds: HoldTable
    health: HealthTable

    def close(self) -> None:
        self.database.close()


def open_store(settings: Settings, *, migrate: bool) -> Store:
    """Open the database. `migrate`: bring it to this code's version first (`serve` and the command line do).

    Raises `ConfigurationError` when it is at another version and `migrate` is off, `StoreUnavailable`.
    """
    database = open_database(settings.database, pool_size=min(50, settings.worker_concurrency + 10))
    if migrate:
        upgrade(database)
    elif not is_current(database):
        raise ConfigurationError("The database is not at the version of this program", mend="run: reviewbot db upgrade")
    return Store(
        database=database,
        jobs=JobTable(
            database,
            debounce_seconds=settings.debounce_seconds,
            debounce_max_seconds=settings.debounce_max_seconds,
            lease_seconds=settings.lease_seconds,
        ),
        answers=AnswerTable(database, days=settings.retention_days),
        history=ReviewHistory(database),
        runs=Runs(database),
        states=MergeRequestStates(database),
        suppressions=SuppressionTable(database),
        reactions=ReactionTable(database),
        wishes=WishTable(database),
        comments=CommentTable(database),
        watched=WatchTable(database),
        holds=HoldTable(database),
        health=HealthTable(database),
    )


def key_of(settings: Settings) -> bytes:
    """The key under which the instance's markers are valid."""
    return instance_key(settings.data_dir, settings.instance_key.get_secret_value())
