"""Stores that keep nothing, for runs that must leave no trace."""

from collections.abc import Collection, Mapping, Sequence

from reviewbot.listening import Holds
from reviewbot.model.feedback import Award, Ended, Heard
from reviewbot.model.holding import Hold, Voice
from reviewbot.model.memory import MergeRequestState, Suppression, Word
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import ReviewedVersion
from reviewbot.model.prompt import Answer
from reviewbot.ports import Suppressions


class NoAnswers:
    """Fills `ports.Answers`: every question is asked."""

    def get(self, key: str) -> Answer | None:
        return None

    def put(self, key: str, answer: Answer) -> None:
        return


class NoHistory:
    """Fills `ports.History`: every merge request is seen for the first time, whole."""

    def last_reviewed(self, ref: MergeRequestRef) -> ReviewedVersion | None:
        return None

    def remember(self, ref: MergeRequestRef, version: ReviewedVersion) -> None:
        return


class ReadOnlySuppressions:
    """Fills `ports.Suppressions` over another: what people dismissed counts, and nothing is added to it."""

    def __init__(self, suppressions: Suppressions) -> None:
        self._suppressions = suppressions

    def record(self, dismissed: Suppression) -> None:
        return

    def lift(self, suppression_id: int, by: str) -> bool:
        return False

    def active(self, ref: MergeRequestRef) -> Sequence[Suppression]:
        return self._suppressions.active(ref)


class ReadOnlyHolds:
    """Fills `listening.Holds` over another: what is held back counts, and no new kind gets a number."""

    def __init__(self, holds: Holds) -> None:
        self._holds = holds

    def evidence(self, project_id: int) -> tuple[Sequence[Voice], Sequence[Hold]]:
        return self._holds.evidence(project_id)

    def keep(self, project_id: int, found: Sequence[Hold], over: Collection[int]) -> Sequence[Hold]:
        return found


class NoFeedback:
    """Fills `listening.Feedback`: nothing is kept of what people said."""

    def observe(
        self,
        ref: MergeRequestRef,
        heard: Sequence[Heard],
        there: Collection[int],
        awards: Sequence[Award] | None,
        began: float,
    ) -> None:
        return

    def tell(self, ref: MergeRequestRef, ended: Sequence[Ended], now: float) -> None:
        return

    def learn_levels(self, project_id: int, levels: Mapping[int, int]) -> None:
        return


class NoStates:
    """Fills `ports.States`: nothing is paused, and nothing counted."""

    def get(self, ref: MergeRequestRef) -> MergeRequestState:
        return MergeRequestState()

    def pause(self, ref: MergeRequestRef, reason: str, by: str = "") -> None:
        return

    def count_push(self, ref: MergeRequestRef, head_sha: str) -> int:
        return 0

    def resume(self, ref: MergeRequestRef) -> None:
        return

    def override(
        self, ref: MergeRequestRef, reason: str, by: str, *, by_id: int = 0, note_id: int, target: str = ""
    ) -> None:
        return

    def close_gate(self, ref: MergeRequestRef, *, note_id: int) -> bool:
        return False

    def standing_word(self, ref: MergeRequestRef, word: str) -> Word | None:
        return None

    def put_word(self, ref: MergeRequestRef, word: str, said: Word | None) -> None:
        return
