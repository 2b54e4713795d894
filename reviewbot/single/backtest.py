"""Rules tried on past merge requests from the command line: a GitLab project's, or what the local history shows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reviewbot.asking.budget import Budget
from reviewbot.backtesting.archives import Archive
from reviewbot.backtesting.story import Backtest
from reviewbot.bench import Progress
from reviewbot.core.tokens import Counter
from reviewbot.git.archive import Commits
from reviewbot.git.local import LocalRepository
from reviewbot.inheriting import Give
from reviewbot.model.backtest import Report
from reviewbot.model.feedback import PostedComment
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.prompt import Usage
from reviewbot.settings import Settings
from reviewbot.single import LOCAL_PROCESSES
from reviewbot.single.elsewhere import giving
from reviewbot.single.rule_sides import base_of, sides
from reviewbot.wiring.bench import bench_of, model_of, policy_of, tier_models_of
from reviewbot.wiring.memory import NoAnswers

if TYPE_CHECKING:  # a run without a model and without GitLab does without it
    from reviewbot.wiring.store import Store

_USUAL_BUDGET = 1.0  # US dollars, where nobody said another sum and the model's price is known


@dataclass(frozen=True, slots=True)
class Wish:
    """What is tried on what. `since`: seconds since the epoch. `project`: a full path or an id in GitLab, empty: the
    local history. `ask`: a model about rules in words, for at most `max_cost` US dollars (None: the usual sum).
    """

    since: float
    places: tuple[Path, ...] = ()
    base: str | None = None
    everything: bool = False
    project: str = ""
    most: int = 100
    ask: bool = True
    max_cost: float | None = None
    most_requests: int = 200


def backtest(settings: Settings, wish: Wish, progress: Progress) -> Report:
    """Try the change of rules. Raises `UsageError`, `ConfigurationError`, and what a list of merge requests raises."""
    repository = LocalRepository(Path.cwd())
    counter = Counter()
    models = model_of(settings, counter)
    with _store(settings, wanted=models is not None or bool(wish.project)) as store:
        bench = bench_of(
            settings,
            models,
            store.answers if store is not None else NoAnswers(),
            counter,
            tier_models_of(settings, counter),
            processes=LOCAL_PROCESSES,
        )
        price = models.price if models is not None else None
        bench = replace(bench, price=price)
        base = base_of(repository, wish.base)
        with _archive(settings, wish, repository, store) as (past, told, give):
            both = sides(repository, base, wish.places, bench.shelf, policy_of(settings), give, all_=wish.everything)
            run = Backtest(
                archive=past,
                trial=replace(both.trial, ask=wish.ask),
                bench=bench,
                budget=_budget(wish, price),
                seconds=settings.review_seconds,
                told=told,
                notices=both.notices,
            )
            return run.run(wish.since, wish.most if both.trial.changes else 0, progress)


def _budget(wish: Wish, price: Callable[[Usage], float | None] | None) -> Budget:
    """A sum that nobody asked for must not keep a model from being asked whose price is unknown."""
    most = wish.max_cost
    if most is None and price is not None and price(Usage(requests=1, prompt_tokens=1_000)) is not None:
        most = _USUAL_BUDGET
    return Budget(most, price=price, most_requests=wish.most_requests)


@contextmanager
def _store(settings: Settings, *, wanted: bool) -> "Iterator[Store | None]":
    """The database, where there are answers to keep or comments to know of: without, a run leaves no trace."""
    if not wanted:
        yield None
        return
    from reviewbot.wiring.store import open_store

    store = open_store(settings, migrate=True)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _archive(
    settings: Settings, wish: Wish, repository: LocalRepository, store: "Store | None"
) -> Iterator[tuple[Archive, Mapping[MergeRequestRef, Sequence[PostedComment]], Give]]:
    """What there is to try the rules on, what the bot said there, and what rules it has from elsewhere."""
    if not wish.project or store is None:
        with giving(settings, repository, None) as give:
            yield Commits(repository, repository.default_branch()), {}, give
        return
    from reviewbot.single.backtest_project import opened

    with opened(settings, store, wish.project) as found:
        yield found
