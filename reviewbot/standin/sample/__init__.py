"""The sample of the demo: a small web shop and a merge request with four real bugs in it."""

from reviewbot.standin.sample.webshop import (
    RecordedAnswers,
    RecordedFinding,
    author_token,
    build,
    open_merge_request,
    prepare,
    recorded_answers,
    token,
)

__all__ = [
    "RecordedAnswers",
    "RecordedFinding",
    "author_token",
    "build",
    "open_merge_request",
    "prepare",
    "recorded_answers",
    "token",
]
