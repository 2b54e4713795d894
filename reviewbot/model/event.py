"""What a webhook said, reduced to what the product acts on."""

from dataclasses import dataclass, replace
from typing import Literal

from reviewbot.model.feedback import Said
from reviewbot.model.merge_request import MergeRequestRef

Trigger = Literal[
    "opened", "reopened", "pushed", "ready", "reviewer", "label", "command", "target", "poll", "cli", "talk"
]


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that starts nothing; stored and shown all the same. `pushed`: it brought that one a new version."""

    reason: str
    pushed: MergeRequestRef | None = None


@dataclass(frozen=True, slots=True)
class ReviewWanted:
    """A review of `head_sha` is wanted. `explicit`: a person asked, so the same head may be looked at again.

    `draft_into` is the target branch of a draft, where only the configuration on that branch can want its review.
    """

    ref: MergeRequestRef
    head_sha: str  # empty: not told by the event, the run finds out
    trigger: Trigger
    path: str = ""  # project path, for display
    title: str = ""
    author: str = ""
    explicit: bool = False
    draft_into: str | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A person added labels. The configuration on `branch`, the target, says whether one of them asks for a review.

    `usual`: one of them is on the operator's list, which counts where the repository has none.
    """

    ref: MergeRequestRef
    head_sha: str
    labels: tuple[str, ...]
    branch: str
    usual: bool
    path: str = ""
    title: str = ""
    author: str = ""
    user_id: int = 0
    username: str = ""


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """`@reviewbot review` in a comment, or words for the bot that are no command (names in `core.commands`).

    The role is checked by the job, and whether a note without a mention stands in a thread of ours.
    With `labels` it is no comment: these labels were added, and the job finds out whether one asks for a review.
    A note may hold several: `part` tells which this is (from 0), `more` are the names and arguments of those after it.
    """

    ref: MergeRequestRef
    command: str
    arguments: str
    user_id: int
    username: str
    note_id: int
    discussion_id: str
    head_sha: str = ""
    path: str = ""
    labels: tuple[str, ...] = ()
    part: int = 0
    more: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        """What an answer to it is known by."""
        return f"{self.note_id}.{self.part}" if self.part else str(self.note_id)

    def each(self) -> "tuple[CommandGiven, ...]":
        """Everything that the note says, one by one."""
        rest = (
            replace(self, command=command, arguments=arguments, part=number, more=())
            for number, (command, arguments) in enumerate(self.more, 1)
        )
        return (replace(self, more=()), *rest)


@dataclass(frozen=True, slots=True)
class Closed:
    """The merge request was merged or closed: waiting and running reviews of it end."""

    ref: MergeRequestRef
    state: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji awarded to or revoked from a note. GitLab numbers awards in order: `award_id` tells a late event.

    `awarded_at`: when it was awarded, whichever the event. None: the event does not tell.
    """

    ref: MergeRequestRef
    note_id: int
    user_id: int
    emoji: str
    awarded: bool
    award_id: int | None = None
    awarded_at: float | None = None


@dataclass(frozen=True, slots=True)
class Undecided:
    """What it means hangs on who the bot is, and GitLab has not told that yet. Kept, and read again when it has."""

    ref: MergeRequestRef

    @property
    def reason(self) -> str:
        return "Waits until GitLab has told who the bot is"


Event = ReviewWanted | Labelled | CommandGiven | Closed | Reaction | Ignored | Undecided


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of the webhook: `key` (Idempotency-Key or body hash), GitLab's event header, raw body, meaning.

    `said`: a person's answer in some thread, whatever else it means.
    """

    key: str
    kind: str
    body: bytes
    event: Event
    said: Said | None = None
