"""One review of a diff or of the local repository. Imports little: without a model it is over in half a second."""

from collections.abc import Callable, Sequence
from pathlib import Path

from reviewbot.bench import Bench, Progress
from reviewbot.control import Control
from reviewbot.core.tokens import Counter
from reviewbot.local import Local, Repository
from reviewbot.local import review_diff as examine_diff
from reviewbot.local import review_repository as examine_repository
from reviewbot.model.prompt import Usage
from reviewbot.ports import Answers
from reviewbot.settings import Settings
from reviewbot.single import LOCAL_PROCESSES
from reviewbot.wiring.bench import bench_of, budget_of, model_of, policy_of, tier_models_of
from reviewbot.wiring.memory import NoAnswers

_NAMED = 5  # files that are named in a notice


def review_diff(settings: Settings, data: bytes, progress: Progress) -> Local:
    """Any unified diff. Raises `UsageError` when it is none."""
    bench, price = bench_and_price(settings)
    control = Control(settings.review_seconds)
    return examine_diff(data, bench, policy_of(settings), control, budget_of(settings, price, 0.0), progress)


def review_repository(
    settings: Settings, folder: Path, base: str, head: str | None, project: str | None, progress: Progress
) -> Local:
    """The local repository since its merge base with `base`; `head` None: the working tree as it is. `project`: as
    `elsewhere.giving` takes it.

    Raises `UsageError` for a reference or a project that is not there, or outside a repository.
    """
    from reviewbot.git.local import LocalRepository
    from reviewbot.single.elsewhere import giving

    repository = LocalRepository(folder)
    upper = repository.resolve(head or "HEAD")
    base_sha = repository.merge_base(base, upper)
    data = repository.diff(base_sha, upper) if head else repository.working_tree_diff(base_sha)
    bench, price = bench_and_price(settings)
    with giving(settings, repository, project) as give:
        subject = Repository(
            source=repository,
            base_sha=base_sha,
            head=upper if head else None,
            name=folder.resolve().name,
            diff=data,
            notices=() if head else _unknown_to_git(repository.untracked()),
            give=give,
        )
        control, budget = Control(settings.review_seconds), budget_of(settings, price, 0.0)
        return examine_repository(subject, bench, policy_of(settings), control, budget, progress)


def _unknown_to_git(paths: Sequence[str]) -> tuple[str, ...]:
    """New files are in no diff until git knows them: silence about them would be taken for praise."""
    if not paths:
        return ()
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    named = ", ".join(paths[:_NAMED])
    return (f"Not reviewed, because git does not know them yet (git add -N makes it): {named}{more}.",)


def bench_and_price(settings: Settings) -> tuple[Bench, Callable[[Usage], float | None] | None]:
    """The store of answers is opened for a model only: without one, a review starts at once and leaves no trace."""
    counter = Counter()
    models = model_of(settings, counter)
    answers: Answers = NoAnswers()
    if models is not None:
        from reviewbot.wiring.store import open_store

        answers = open_store(settings, migrate=True).answers
    bench = bench_of(settings, models, answers, counter, tier_models_of(settings, counter), processes=LOCAL_PROCESSES)
    return bench, models.price if models else None
