"""What no event told of, because it got lost: heads without a review, and approvals that stand for other heads."""

import time
from collections.abc import Sequence

from reviewbot.core.commands import withdrawal
from reviewbot.core.gating import APPROVED
from reviewbot.model.event import CommandGiven, Event, ReviewWanted
from reviewbot.model.merge_request import OpenHead
from reviewbot.ports import Forge, Tell
from reviewbot.wiring.store import Store

_WEEK = 7 * 86_400.0


def open_heads(forge: Forge, project_id: int | None) -> Sequence[OpenHead]:
    """Of the merge requests that were touched within a week."""
    return forge.open_heads(project_id, time.time() - _WEEK)


def poll(store: Store, heads: Sequence[OpenHead], enqueue: Tell) -> int:
    """Want a review of every open head that has none, and approvals taken back that stand for other heads: events
    get lost. Returns how many jobs were wanted.
    """
    wanted: list[Event] = [
        ReviewWanted(ref, sha, "poll")
        for ref, sha in store.jobs.without_run([(one.ref, one.head_sha) for one in heads])
    ]
    # Events of another target branch, and of heads that nobody reads, get lost as well.
    retargeted = store.jobs.untried(store.history.retargeted(heads))
    wanted += [ReviewWanted(one.ref, one.head_sha, "target") for one in retargeted]
    wanted += [withdrawal(ref) for ref in store.states.unsettled(APPROVED, heads)]
    found = 0
    for event in wanted:
        job_id = store.jobs.want(event, time.time())
        if job_id is not None:
            found += 1
            enqueue(job_id, "command" if isinstance(event, CommandGiven) else "review")
    return found
