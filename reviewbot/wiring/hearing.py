"""The sweep over what people made of comments, put together for one time."""

import time

from reviewbot import feedback
from reviewbot.control import Control
from reviewbot.heeding import Notebook
from reviewbot.settings import Settings
from reviewbot.wiring.reviews import Reviewer
from reviewbot.wiring.store import Store


def sweep(settings: Settings, store: Store, reviewer: Reviewer, control: Control) -> int:
    """How many merge requests were looked at. Raises what `feedback.sweep` raises."""
    client = reviewer.client()
    try:
        sweeper = feedback.Sweeper(
            ear=reviewer.forge(client),
            watched=store.watched,
            notebook=Notebook(store.suppressions, store.reactions, store.states, store.comments, store.holds),
            history=store.history,
            key=reviewer.key,
            every=settings.feedback_seconds,
            clock=time.time,
        )
        return feedback.sweep(sweeper, control)
    finally:
        client.close()
