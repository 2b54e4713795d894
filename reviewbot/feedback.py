"""A look at what people made of the bot's comments, for what no event told and no run sees: once in a while, bounded.

Per merge request: itself, the pages of its threads, and of its notes with their emoji; after its end also the role of
each person who said no.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from reviewbot import heeding
from reviewbot.control import Control
from reviewbot.core import threads
from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeUnavailable
from reviewbot.heeding import Notebook
from reviewbot.listening import Ear, Watched
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.ports import History

MOST = 100  # merge requests in one sweep
QUIET = 7 * 86_400.0  # seconds after the end of a merge request in which people may still react
FORGOTTEN = 60 * 86_400.0  # seconds after the newest comment of one that stays open
_AWAY = 3  # merge requests in a row that GitLab fails to show: it is not for one of them
_log = structlog.get_logger(__name__)
_ENDS = frozenset({"merged", "closed"})


@dataclass(frozen=True, slots=True)
class Sweeper:
    """What one sweep works with. `every`: seconds between looks at one merge request; `clock` since the epoch."""

    ear: Ear
    watched: Watched
    notebook: Notebook
    history: History
    key: bytes
    every: float
    clock: Callable[[], float]


def sweep(sweeper: Sweeper, control: Control) -> int:
    """Look at the merge requests with comments of ours that waited longest; how many were looked at.

    One that GitLab fails to show costs itself only, until its next turn. Raises `TransientError` when `_AWAY` in a row
    fail (GitLab itself is away), or GitLab wants fewer requests, and what `control` raises: the rest is looked at next
    time.
    """
    looked = failed = 0
    for ref, swept_at in sweeper.watched.due(sweeper.clock() - sweeper.every / 2, MOST):
        control.check()
        if not sweeper.watched.claim(ref, swept_at, sweeper.clock()):
            continue
        try:
            _look(ref, sweeper, control)
        except ForgeNotFound:
            # Deleted; or the bot was shut out of the project, which may be a mistake that is mended within days.
            sweeper.watched.lost(ref, now=sweeper.clock(), quiet=sweeper.clock() - QUIET)
        except ForgeRefused as error:
            _log.warning("feedback.refused", merge_request=str(ref), error=str(error))
        except ForgeUnavailable as error:
            failed += 1
            _log.warning("feedback.unavailable", merge_request=str(ref), error=str(error))
            if failed == _AWAY:
                raise
            continue
        failed = 0
        looked += 1
    return looked


def _look(ref: MergeRequestRef, sweeper: Sweeper, control: Control) -> None:
    began = sweeper.clock()
    merge_request = sweeper.ear.overheard(ref, control)
    found = threads.threads(merge_request.discussions, sweeper.key, ref, merge_request.me)
    notes = {thread.note_id for thread in found.values()}
    awards = sweeper.ear.awards(merge_request, notes, control) if notes else ()
    heeding.observe(merge_request, found, sweeper.notebook, awards, began)
    state = merge_request.state if merge_request.state in _ENDS else "opened"
    earlier = sweeper.history.last_reviewed(ref)
    read_last = None
    if state in _ENDS:
        memory = heeding.hear(merge_request, earlier, sweeper.ear, sweeper.notebook, sweeper.key)
        heeding.conclude(memory, sweeper.notebook, sweeper.clock())
        read_last = earlier is not None and earlier.head_sha == merge_request.refs.head_sha
    quiet = began - (QUIET if state in _ENDS else FORGOTTEN)
    head = merge_request.refs.head_sha
    sweeper.watched.told(ref, state, read_last=read_last, now=began, quiet=quiet, head_sha=head)
