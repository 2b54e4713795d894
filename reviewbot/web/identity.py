"""Learns who the bot is, beside the webhooks' way: a GitLab that is away keeps nobody from listening.

What hangs on it is stored undecided meanwhile, and decided as soon as it is known, before anything newer is.
"""

import threading
from collections.abc import Callable

from reviewbot import log
from reviewbot.core.events import Me

_FIRST, _LONGEST = 1.0, 60.0  # seconds between tries

logger = log.get("web.identity")


class Identity:
    """Called, it tells what is known. `ask` asks GitLab (an unknown `Me`: it does not tell); `decide` reads the stored
    undecided events again.
    """

    def __init__(self, ask: Callable[[], Me], decide: Callable[[Me], object]) -> None:
        self._ask = ask
        self._decide = decide
        self._me = Me()

    def __call__(self) -> Me:
        return self._me

    def start(self) -> None:
        """Returns at once; a daemon thread asks until GitLab has told."""
        threading.Thread(target=self._learn, name="identity", daemon=True).start()

    def _learn(self) -> None:
        wait = _FIRST
        while not self._learnt():
            threading.Event().wait(wait)
            wait = min(2 * wait, _LONGEST)

    def _learnt(self) -> bool:
        try:
            me = self._ask()
            if me.id is None:
                return False
            self._decide(me)  # what came first is decided first …
            self._me = me
            self._decide(me)  # … and what was stored in this very moment is not forgotten
        except Exception as error:  # the thread survives whatever it is: the schedule decides too
            logger.warning("identity.not_learnt", error=str(error), kind=type(error).__name__)
            return False
        logger.info("identity.learnt", username=me.username)
        return True
