"""A change of rules on past merge requests, one after the other. What was tried is kept when it is broken off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from reviewbot.asking.budget import Budget
from reviewbot.backtesting.archives import Archive, Listed
from reviewbot.backtesting.trial import Trial
from reviewbot.backtesting.trying import attempt
from reviewbot.bench import Bench, Progress
from reviewbot.control import Control
from reviewbot.core import backtests
from reviewbot.errors import DeadlineExceeded
from reviewbot.model.backtest import Report, Tried
from reviewbot.model.feedback import PostedComment
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.prompt import Usage

STEP = "backtest"


@dataclass
class Backtest:
    """One run. `seconds` bounds each past merge request by itself, `control` the whole run; `told` are our earlier
    comments.
    """

    archive: Archive
    trial: Trial
    bench: Bench
    budget: Budget
    seconds: float
    told: Mapping[MergeRequestRef, Sequence[PostedComment]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    control: Control = field(default_factory=Control)

    def run(self, since: float, most: int, progress: Progress) -> Report:
        """Try all of them. Whoever interrupts it (`KeyboardInterrupt`) gets what was found until then, and so does who
        has no more time for it. Raises what else `control` raises.
        """
        tried: list[Tried] = []
        listed = self.archive.opened(since, most)
        interrupted = False
        try:
            tried.extend(self._each(listed, progress))  # what came before an interruption stays
        except (KeyboardInterrupt, DeadlineExceeded):
            interrupted = True
        report = backtests.report(
            self.archive.where,
            self.archive.noun,
            since,
            self.trial.changes,
            tried,
            self.told,
            wanted=listed.wanted,
            left_out=listed.left_out,
            more=listed.more,
            notices=self.notices,
            interrupted=interrupted,
        )
        report = replace(report, language=self.trial.policy.language)
        price = self.bench.price
        return report if price is None else backtests.priced(report, partial(_cost, price))

    def _each(self, listed: Listed, progress: Progress) -> Iterator[Tried]:
        progress(STEP, 0, listed.wanted)
        for number, past in enumerate(listed.pasts, 1):
            self.control.check()
            own = self.control.within(self.seconds)
            yield attempt(past, self.archive.source, self.trial, self.bench, own, self.budget)
            progress(STEP, number, listed.wanted)


def _cost(price: Callable[[Usage], float | None], tokens: float) -> float | None:
    """Of tokens that are read anew: providers charge less for what they have in their cache."""
    return price(Usage(prompt_tokens=round(tokens)))
