"""Whether a merge request still shows the change that was reviewed, and what is remembered of the one that was."""

from dataclasses import replace

from reviewbot.core import planning
from reviewbot.model.event import Trigger
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Published, ReviewedVersion


def retargeted(earlier: ReviewedVersion, merge_request: MergeRequest, trigger: Trigger) -> bool:
    """Whether the earlier version was to go into another branch: under that one's configuration, which is not ours to
    trust, and which may have left out what counts here. So everything is read anew.
    """
    if not earlier.target_branch:  # it was not noted then
        return trigger == "target"
    return earlier.target_branch != merge_request.target_branch


def same_diff(earlier: ReviewedVersion, merge_request: MergeRequest) -> bool:
    """The head alone does not tell: against another base it is another change."""
    same_base = earlier.base_sha in {"", merge_request.refs.base_sha}
    return same_base and earlier.head_sha == merge_request.refs.head_sha


def reviewed(
    version: ReviewedVersion,
    earlier: ReviewedVersion | None,
    merge_request: MergeRequest,
    published: Published,
    key: bytes,
) -> ReviewedVersion:
    """The version as it is remembered: of which diff it is, and every comment of ours that is known to have stood in
    the merge request, by fingerprint: the id of its note.
    """
    posted = {fingerprint: note_id for fingerprint, note_id in published.posted.items() if note_id}
    return replace(
        version,
        head_sha=merge_request.refs.head_sha,
        base_sha=merge_request.refs.base_sha,
        target_branch=merge_request.target_branch,
        notes={**(earlier.notes if earlier else {}), **planning.known_notes(merge_request, key), **posted},
    )
