"""A merge request, its tickets and its template -> what every prompt of its review tells about it."""

from collections.abc import Sequence

from reviewbot.core import tickets as reading
from reviewbot.core.prompts import About
from reviewbot.model.diff import Diff
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.ticket import Ticket


def about(
    merge_request: MergeRequest, diff: Diff, policy: ReviewPolicy, tickets: Sequence[Ticket] = (), template: str = ""
) -> About:
    """`template` is the text of the repository's template for merge requests, empty when there is none."""
    return About(
        title=merge_request.title,
        description=merge_request.description,
        author=merge_request.author.username,
        source_branch=merge_request.source_branch,
        target_branch=merge_request.target_branch,
        labels=merge_request.labels,
        files=[(file.path, file.change.value, file.added, file.removed) for file in diff.files],
        guidance=policy.guidance,
        language=policy.language,
        tickets=[reading.told(ticket) for ticket in tickets],
        unfilled=reading.unfilled(template, merge_request.description) if template else (),
    )
