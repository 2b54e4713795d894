"""What hearing people needs from the world, beside `ports`: what is kept of their words, and what follows from it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from reviewbot.control import Control
from reviewbot.model.feedback import Award, Ended, Heard
from reviewbot.model.holding import Hold, Voice
from reviewbot.model.merge_request import MergeRequest, MergeRequestRef


class Roles(Protocol):
    """Who may what in a project."""

    def access_level(self, project_id: int, user_id: int) -> int:
        """GitLab's access level (0 none, 10 guest … 50 owner), inherited memberships included."""


class Ear(Roles, Protocol):
    """GitLab, for a look at what people said. Errors as in `reviewbot.errors`."""

    def overheard(self, ref: MergeRequestRef, control: Control) -> MergeRequest:
        """The merge request with its threads and without its diff, whatever its state. Raises `ForgeNotFound`."""

    def awards(
        self, merge_request: MergeRequest, note_ids: Collection[int], control: Control
    ) -> Sequence[Award] | None:
        """All emoji of people on these notes, as they stand; None: they are too many to be looked at."""


class Watched(Protocol):
    """Merge requests with comments of ours. Times are seconds since the epoch."""

    def due(self, before: float, limit: int) -> Sequence[tuple[MergeRequestRef, float]]:
        """Those that were not looked at since `before`, the longest waiting first, each with when it was."""

    def claim(self, ref: MergeRequestRef, swept_at: float, now: float) -> bool:
        """Take the look at a merge request; False when another process has taken it since it was `due`."""

    def told(
        self,
        ref: MergeRequestRef,
        state: str,
        *,
        read_last: bool | None,
        now: float,
        quiet: float,
        head_sha: str = "",
    ) -> float | None:
        """Note a merge request's state and the head it ended with; when it ended, None: it is open.

        What was quiet since `quiet` is settled.
        """

    def lost(self, ref: MergeRequestRef, *, now: float, quiet: float) -> None:
        """Note that GitLab does not show a merge request any more. Since before `quiet`: it is settled."""


class Feedback(Protocol):
    """What people make of the bot's comments, kept for reports and for what is held back."""

    def observe(
        self,
        ref: MergeRequestRef,
        heard: Sequence[Heard],
        there: Collection[int],
        awards: Sequence[Award] | None,
        began: float,
    ) -> None:
        """Keep what a look at GitLab that began at `began` (seconds since the epoch) showed: our threads, the ids of
        all notes, and the emoji (None: they were not looked at).
        """

    def tell(self, ref: MergeRequestRef, ended: Sequence[Ended], now: float) -> None:
        """Keep what became of comments; telling it twice changes nothing."""

    def learn_levels(self, project_id: int, levels: Mapping[int, int]) -> None:
        """Keep the roles of people in a project, by user id, with what they said there."""


class Holds(Protocol):
    """The kinds of findings that a project holds back."""

    def evidence(self, project_id: int) -> tuple[Sequence[Voice], Sequence[Hold]]:
        """What people said of comments in a project, and the kinds that were kept."""

    def keep(self, project_id: int, found: Sequence[Hold], over: Collection[int]) -> Sequence[Hold]:
        """Keep the kinds that are held back or lifted, and forget the numbers `over`; a new kind gets a number."""
