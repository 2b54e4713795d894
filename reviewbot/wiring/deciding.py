"""Stored events that wait until it is known who the bot is -> what they mean."""

import threading
import time
from dataclasses import dataclass, field

import orjson

from reviewbot import log
from reviewbot.core import events
from reviewbot.core.events import Me
from reviewbot.errors import UsageError
from reviewbot.model.event import Event, Ignored
from reviewbot.model.policy import ReviewPolicy
from reviewbot.ports import Tell
from reviewbot.wiring.bench import policy_of
from reviewbot.wiring.reviews import Reviewer

logger = log.get("wiring.deciding")


@dataclass(frozen=True, slots=True)
class Deciding:
    """One per process."""

    reviewer: Reviewer
    tell: Tell
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def decide(self, me: Me) -> None:
        """Read all undecided events again for a bot that is known."""
        policy = policy_of(self.reviewer.settings)
        jobs = self.reviewer.store.jobs.decide(lambda body: _read(body, me, policy), time.time())
        for due in jobs:
            self.tell(due.job_id, due.kind)
        if jobs:
            logger.info("events.decided", jobs=len(jobs))

    def sweep(self) -> None:
        """Where there are undecided events, ask who the bot is and decide them.

        One process may store them and end before it knows. A GitLab that hangs is asked by one thread at a time.
        """
        if not self.reviewer.store.jobs.undecided() or not self._busy.acquire(blocking=False):
            return
        try:
            me = self.reviewer.me()
            if me.id is not None:
                self.decide(me)
        finally:
            self._busy.release()


def _read(body: bytes, me: Me, policy: ReviewPolicy) -> Event:
    try:
        return events.classify(orjson.loads(body), me, policy)
    except UsageError as error:
        return Ignored(error.message)
