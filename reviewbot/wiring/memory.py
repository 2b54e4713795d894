"""Stores that keep nothing, for runs that must leave no trace."""

from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import ReviewedVersion
from reviewbot.model.prompt import Answer


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
