"""One consistent read of a merge request: itself, one version of its diff, and all its threads.

Requests: the merge request, the pages of `/diffs` (100 files each), the newest version, the pages of the threads.
"""

import time
from dataclasses import replace
from typing import Any

from reviewbot.core.moments import moment
from reviewbot.errors import ForgeNotFound, ForgeRefused, NotReady
from reviewbot.gitlab import records
from reviewbot.gitlab.retrying import Reads
from reviewbot.model.merge_request import DiffRefs, Discussion, MergeRequest, MergeRequestRef, Person, RawChange

READY_WITHIN = 20.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0
# A version's states that say that files are missing from it (GitLab: merge_request_diff.rb).
_CUT = ("overflow", "timeout", "without_files")
_Version = tuple[DiffRefs, str, float | None]  # commits, state, and when it was made

Json = dict[str, Any]


def base_path(ref: MergeRequestRef) -> str:
    return f"/projects/{ref.project_id}/merge_requests/{ref.iid}"


def threads(reads: Reads, ref: MergeRequestRef) -> tuple[Discussion, ...]:
    """All threads and individual notes, oldest first, system notes among them."""
    return tuple(records.discussion(row) for row in reads.all(f"{base_path(ref)}/discussions"))


def me(reads: Reads) -> Person:
    """The token's own user, asked once per process."""
    found = reads.client.known_identity()
    if found is None:
        found = records.person(reads.object("/user"))
        reads.client.keep_identity(found)
    return found


def snapshot(reads: Reads, ref: MergeRequestRef, patience: float = READY_WITHIN) -> MergeRequest:
    """Read until the merge request's head and its diff belong together, for at most `patience` seconds.

    Raises `NotReady` after that, `ForgeNotFound` when it is gone or goes away meanwhile, `ForgeRefused`.
    """
    ends = time.monotonic() + patience
    pause = min(_FIRST_PAUSE, patience / 4)
    while True:
        json = reads.object(base_path(ref))
        found = _version_of(reads, ref, json)
        if found is not None:
            changes, (trio, state, made_at) = found
            described = records.merge_request(json, ref, trio, reads.client.url)
            return replace(
                described,
                changes=changes,
                version_at=made_at,
                overflow=state.startswith(_CUT) or records.fewer(json, len(changes)),
                discussions=threads(reads, ref),
                me=me(reads),
            )
        if time.monotonic() + pause > ends:
            raise NotReady(
                f"GitLab has not prepared the diff of merge request {ref} within {patience:.0f} s", retry_after=30
            )
        reads.control.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def overheard(reads: Reads, ref: MergeRequestRef) -> MergeRequest:
    """The merge request with its threads and without its diff, whatever its state."""
    json = reads.object(base_path(ref))
    sha = str(json.get("sha") or "")
    trio = records.refs(json.get("diff_refs")) or DiffRefs(sha, sha, sha)
    described = records.merge_request(json, ref, trio, reads.client.url)
    return replace(described, discussions=threads(reads, ref), me=me(reads))


def _version_of(reads: Reads, ref: MergeRequestRef, json: Json) -> tuple[tuple[RawChange, ...], _Version] | None:
    """The files and the version they belong to; None while GitLab is still at it or a push came in between.

    The version is read after the files: when its head is still the merge request's, nothing has moved between.
    """
    if records.refs(json.get("diff_refs")) is None and not json.get("prepared_at"):
        return None
    changes = tuple(records.change(row) for row in reads.all(f"{base_path(ref)}/diffs"))
    version = _newest(reads, ref)
    if version is None:
        version = _from_diff_refs(reads, ref, json)
    if version is None or version[0].head_sha != json.get("sha"):
        return None
    return changes, version


def _newest(reads: Reads, ref: MergeRequestRef) -> _Version | None:
    """The newest version; None where there is none or the token may not see versions."""
    try:
        rows = reads.page(f"{base_path(ref)}/versions", {"per_page": 1})
    except (ForgeNotFound, ForgeRefused):
        return None
    trio = records.refs(rows[0], "_commit_sha") if rows else None
    return (trio, str(rows[0].get("state") or ""), moment(str(rows[0].get("created_at") or ""))) if trio else None


def _from_diff_refs(reads: Reads, ref: MergeRequestRef, before: Json) -> _Version | None:
    """The trio of the merge request itself, if it is the same before and after the files were read."""
    trio = records.refs(before.get("diff_refs"))
    after = reads.object(base_path(ref))
    if trio and trio == records.refs(after.get("diff_refs")) and after.get("sha") == before.get("sha"):
        return trio, "", None
    sha = after.get("sha")
    if sha and after.get("prepared_at") and not after.get("diff_refs") and not after.get("changes_count"):
        return DiffRefs(str(sha), str(sha), str(sha)), "empty", None  # prepared, and there is nothing to compare
    return None
