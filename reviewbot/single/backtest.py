"""Rules tried on past merge requests from the command line: a GitLab project's, or what the local history shows."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reviewbot.asking.budget import Budget
from reviewbot.backtesting.archives import Archive
from reviewbot.backtesting.story import Backtest
from reviewbot.bench import Progress
from reviewbot.control import Control
from reviewbot.core import backtest_notes, phrases
from reviewbot.core.tokens import Counter
from reviewbot.errors import UsageError
from reviewbot.git.archive import Commits
from reviewbot.git.local import LocalRepository
from reviewbot.gitlab import tables
from reviewbot.gitlab.client import Client, connect
from reviewbot.model.backtest import Report
from reviewbot.model.feedback import PostedComment
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.prompt import Usage
from reviewbot.settings import Settings
from reviewbot.single import LOCAL_PROCESSES
from reviewbot.single.merge_request import insist_on_gitlab, insist_on_lasting_key
from reviewbot.single.rule_sides import base_of, sides
from reviewbot.wiring import archives
from reviewbot.wiring.bench import bench_of, model_of, policy_of, tier_models_of
from reviewbot.wiring.memory import NoAnswers
from reviewbot.wiring.store import Store, key_of, open_store

_USUAL_BUDGET = 1.0  # US dollars, where nobody said another sum and the model's price is known
_SECONDS = 600.0  # of what is asked of GitLab beside the merge requests themselves


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


def of_pipeline() -> MergeRequestRef | None:
    """The merge request whose pipeline this process is a job of, as GitLab's variables tell."""
    project, iid = os.environ.get("CI_PROJECT_ID", ""), os.environ.get("CI_MERGE_REQUEST_IID", "")
    return MergeRequestRef(int(project), int(iid)) if project.isdecimal() and iid.isdecimal() else None


def backtest(settings: Settings, wish: Wish, progress: Progress) -> Report:
    """Try the change of rules. Raises `UsageError`, `ConfigurationError`, and what a list of merge requests raises."""
    repository = LocalRepository(Path.cwd())
    counter = Counter()
    models = model_of(settings, counter)
    store = open_store(settings, migrate=True) if models is not None or wish.project else None
    try:
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
        both = sides(repository, base, wish.places, bench.shelf, policy_of(settings), all_=wish.everything)
        with _archive(settings, wish, repository, store) as (past, told):
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
    finally:
        if store is not None:
            store.close()


def comment(settings: Settings, report: Report, ref: MergeRequestRef) -> bool:
    """Put the table into the merge request that changes the rules; whether it has one now. No change needs none."""
    insist_on_gitlab(settings)
    insist_on_lasting_key(settings)
    client = _client(settings)
    try:
        text = backtest_notes.as_markdown(report, phrases.of(report.language))
        control = Control(_SECONDS)
        return tables.write(client, ref, text, key_of(settings), control, begin=bool(report.rows))
    finally:
        client.close()


def _budget(wish: Wish, price: Callable[[Usage], float | None] | None) -> Budget:
    """A sum that nobody asked for must not keep a model from being asked whose price is unknown."""
    most = wish.max_cost
    if most is None and price is not None and price(Usage(requests=1, prompt_tokens=1_000)) is not None:
        most = _USUAL_BUDGET
    return Budget(most, price=price, most_requests=wish.most_requests)


@contextmanager
def _archive(
    settings: Settings, wish: Wish, repository: LocalRepository, store: Store | None
) -> Iterator[tuple[Archive, Mapping[MergeRequestRef, Sequence[PostedComment]]]]:
    """What there is to try the rules on, and what the bot said there."""
    if not wish.project or store is None:
        yield Commits(repository, repository.default_branch()), {}
        return
    insist_on_gitlab(settings)
    client = _client(settings)
    try:
        past = archives.merge_requests(settings, store, client, wish.project, of_pipeline(), Control())
        yield past, archives.told(store, past.project.id)
    finally:
        client.close()


def _client(settings: Settings) -> Client:
    if not settings.gitlab_token.get_secret_value():
        raise UsageError("REVIEWBOT_GITLAB_TOKEN is not set", mend="give a token that may read the project")
    return connect(settings.gitlab_url, settings.gitlab_token.get_secret_value(), ca_bundle=settings.ca_bundle)
