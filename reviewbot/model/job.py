"""A job: one wanted review of one head of a merge request, and the lease a worker holds on it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from reviewbot.model.event import CommandGiven, Trigger
from reviewbot.model.merge_request import MergeRequestRef

JobKind = Literal["review", "command", "talk"]
"""review: reads the change; command: does what a comment asks, without any model; talk: answers comments by a model.

Kinds do not wait for each other: at most one of each kind waits and one runs per merge request.
"""


class JobState(StrEnum):
    """waiting -> running -> done | failed | superseded | quarantined; running falls back to waiting on a retry."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Due:
    """A waiting job, and when it may begin (seconds since the epoch)."""

    job_id: int
    due_at: float
    kind: JobKind = "review"


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by one worker on one job. `fence` grows with each taking: an older one may write nothing more."""

    job_id: int
    fence: int
    owner: str


@dataclass(frozen=True, slots=True)
class ReviewJob:
    """Times are seconds since the epoch. `explicit`: a person asked for this run, the same head is looked at again.

    `commands` are the comments that asked for it, oldest first, whoever wrote them; `asked_by` and `note_id` name the
    user and the note of the latest. `whole`: everything is read anew, not only what is new.
    `alone`: earlier tries took their process down, nothing else runs beside it.
    """

    id: int
    ref: MergeRequestRef
    head_sha: str
    trigger: Trigger
    state: JobState
    due_at: float
    attempts: int
    crashes: int
    explicit: bool = False
    path: str = ""
    title: str = ""
    reason: str = ""
    author: str = ""
    kind: JobKind = "review"
    commands: tuple[CommandGiven, ...] = ()
    asked_by: int | None = None
    note_id: int | None = None
    alone: bool = False
    whole: bool = False
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
