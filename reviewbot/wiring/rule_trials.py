"""After a review of a change of rules: the rules tried on past merge requests, and the table put into this one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from reviewbot import log
from reviewbot.asking.budget import Budget
from reviewbot.backtesting import sides
from reviewbot.backtesting.story import Backtest
from reviewbot.bench import Bench
from reviewbot.control import Control
from reviewbot.core import backtest_notes, backtests, phrases
from reviewbot.errors import ReviewbotError
from reviewbot.gitlab import tables
from reviewbot.gitlab.client import Client
from reviewbot.keeping import Kept
from reviewbot.model.job import ReviewJob
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome
from reviewbot.settings import Settings
from reviewbot.wiring import archives
from reviewbot.wiring.bench import policy_of
from reviewbot.wiring.neighbours import steadily
from reviewbot.wiring.store import Store

logger = log.get("wiring.rule_trials")
_DAY = 86_400.0
_MOST = 100  # merge requests
_SECONDS = 300.0  # of trying, and of one merge request
_WRITING = 60.0


@dataclass(frozen=True, slots=True)
class RuleTrials:
    """Patterns are tried; of rules in words it is told what they cost, but no model is asked: nobody has allowed that.

    `connect` makes a client for one trial; `kept` and `beside`, which makes one that waits less, are for the rules of
    groups and other projects; `now` tells seconds since the epoch.
    """

    settings: Settings
    store: Store
    bench: Bench
    key: bytes
    kept: Kept
    connect: Callable[[], Client]
    beside: Callable[[], Client]
    now: Callable[[], float] = time.time

    def after(self, job: ReviewJob, outcome: Outcome, control: Control) -> None:
        """Where a reviewed change touches rules, or has a table from when it did. A fault is told in the log: the
        review is written, and stays.
        """
        examination = outcome.examination
        if not self.settings.backtest_days or examination is None or job.kind != "review":
            return
        if not outcome.tabled and not sides.touched(file.path for file in examination.coverage):
            return
        client = self.connect()
        try:
            control.extend(_SECONDS + _WRITING)
            self._try(outcome.head_sha, job.ref, client, control)
        except ReviewbotError as error:
            logger.warning("rules.not_tried", project_id=job.ref.project_id, iid=job.ref.iid, error=str(error))
        finally:
            client.close()

    def _try(self, head_sha: str, ref: MergeRequestRef, client: Client, control: Control) -> None:
        version = self.store.history.last_reviewed(ref)
        if version is None or version.head_sha != head_sha:
            return
        past = archives.merge_requests(self.settings, self.store, client, str(ref.project_id), ref, control)
        policy = policy_of(self.settings)
        with steadily(self.settings, self.kept, self.beside, control, past.project.path) as give:
            both = sides.between(past.source, version.base_sha, head_sha, self.bench.shelf, policy, give, control)
        about = backtests.name_of(both.trial.changes, both.notices)
        there = tables.shown(client, ref, self.key, control)
        if there is not None and there.extra == about:
            return
        now = self.now()
        tries = backtest_notes.tries(there.run, now) if there is not None else ()
        if both.trial.changes and len(tries) >= backtest_notes.MOST_TRIES:
            logger.warning("rules.tried_too_often", project_id=ref.project_id, iid=ref.iid, tries=len(tries))
            text = backtest_notes.untried(phrases.of(both.trial.policy.language))
            kept = backtest_notes.keeping(tries)
            tables.write(client, ref, text, self.key, control, begin=False, tries=kept)
            return
        run = Backtest(
            archive=past,
            trial=replace(both.trial, ask=False),
            bench=self.bench,
            budget=Budget(),
            seconds=_SECONDS,
            told=archives.told(self.store, ref.project_id),
            notices=both.notices,
            control=control.within(_SECONDS),
        )
        since = now - self.settings.backtest_days * _DAY
        report = run.run(since, _MOST if both.trial.changes else 0, lambda step, done, total: None)
        control.extend(_WRITING)
        text = backtest_notes.as_markdown(report, phrases.of(report.language))
        kept = backtest_notes.keeping((*tries, now) if both.trial.changes else tries)
        tables.write(client, ref, text, self.key, control, begin=bool(report.rows), about=about, tries=kept)
