"""What hearing people needs from the world, beside `ports`: what is kept of their words, and what follows from it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from reviewbot.model.feedback import Award, Ended, Heard
from reviewbot.model.holding import Hold, Voice
from reviewbot.model.merge_request import MergeRequestRef


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
