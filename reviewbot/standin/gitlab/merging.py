"""What happens to merge requests: opened, pushed to, closed, edited. Every change leaves version, notes and webhook."""

from collections.abc import Mapping, Sequence
from typing import Any

from reviewbot.standin.gitlab import payloads
from reviewbot.standin.gitlab.positions import trace
from reviewbot.standin.gitlab.state import (
    Discussion,
    Json,
    MergeRequest,
    Note,
    Project,
    Reviewer,
    User,
    Version,
)
from reviewbot.standin.gitlab.times import discussion_id


def create(project: Project, source: str, target: str, title: str, author: User, **more: Any) -> MergeRequest:
    """Open a merge request of branch `source` (of `source_project`, the project itself by default) into `target`."""
    world = project.world
    now = world.now()
    iid = len(project.merge_requests) + 1
    merge_request = MergeRequest(
        id=world.next_id("merge_request"),
        iid=iid,
        project=project,
        source_project=more.get("source_project") or project,
        source_branch=source,
        target_branch=target,
        title=f"Draft: {title}" if more.get("draft") else title,
        description=more.get("description", ""),
        author=author,
        created_at=now,
        updated_at=now,
        labels=list(more.get("labels", ())),
        reviewers=[Reviewer(user) for user in more.get("reviewers", ())],
        unready_reads=more.get("unready_reads", 0),
    )
    add_version(merge_request)
    project.merge_requests[iid] = merge_request
    changes = {"merge_status": {"previous": "preparing", "current": "checking"}}
    world.emit("merge_request", payloads.merge_request(merge_request, author, "open", changes))
    return merge_request


def add_version(merge_request: MergeRequest, *, always: bool = False) -> bool:
    """Take the branches' heads as a new version; False when the source head has not moved, unless `always`."""
    project, source = merge_request.project, merge_request.source_project
    head = source.repository.resolve(merge_request.source_branch) if source else None
    start = project.repository.resolve(merge_request.target_branch)
    if head is None or start is None:
        raise ValueError(
            f"no such branch: {merge_request.source_branch if head is None else merge_request.target_branch}"
        )
    if merge_request.versions and merge_request.sha == head and not always:
        return False
    if source is not None and source is not project:
        project.repository.fetch(source.repository, head)
    project.repository.set_ref(f"refs/merge-requests/{merge_request.iid}/head", head)
    project.repository.keep(head)
    base = project.repository.merge_base(start, head) or start
    project.repository.keep(base)
    world = project.world
    merge_request.versions.append(Version(world.next_id("version"), base, start, head, world.now()))
    return True


def pushed(project: Project, branch: str, user: User) -> None:
    """Tell every open merge request from that branch that its head may have moved."""
    for other in list(project.world.projects.values()):
        for merge_request in other.merge_requests.values():
            from_here = merge_request.source_project is project and merge_request.source_branch == branch
            if from_here and merge_request.state == "opened":
                _update_head(merge_request, user)


def _update_head(merge_request: MergeRequest, user: User) -> None:
    before = merge_request.sha
    if not add_version(merge_request):
        return
    touch(merge_request)
    for note in merge_request.notes:
        _move(merge_request, note)
    system_note(merge_request, user, "added 1 commit")
    payload = payloads.merge_request(merge_request, user, "update", {}, oldrev=before)
    merge_request.project.world.emit("merge_request", payload)


def _move(merge_request: MergeRequest, note: Note) -> None:
    if note.position is None or note.outdated:
        return
    project = merge_request.project
    traced = trace(project.repository, note.position, merge_request.version.refs, project.world.limits.patch_bytes)
    if traced.outdated:
        note.change_position = traced.position or {}
    elif traced.position is not None:
        note.position = traced.position


def touch(merge_request: MergeRequest) -> None:
    merge_request.updated_at = merge_request.project.world.now()


def system_note(merge_request: MergeRequest, user: User, body: str) -> None:
    world = merge_request.project.world
    now = world.now()
    id_ = world.next_id("note")
    note = Note(id_, user, body, None, now, now, system=True)
    merge_request.discussions.append(Discussion(discussion_id(id_), [note]))


STATES = {"close": ("opened", "closed"), "reopen": ("closed", "opened"), "merge": ("opened", "merged")}


def change_state(merge_request: MergeRequest, user: User, event: str) -> bool:
    """`close`, `reopen` or `merge`; False when the merge request is not in the state for it."""
    before, after = STATES[event]
    if merge_request.state != before:
        return False
    merge_request.state = after
    touch(merge_request)
    system_note(merge_request, user, {"closed": "closed", "opened": "reopened", "merged": "merged"}[after])
    numbers = {"opened": 1, "closed": 2, "merged": 3}
    changes = {"state_id": {"previous": numbers[before], "current": numbers[after]}}
    payload = payloads.merge_request(merge_request, user, event, changes)
    merge_request.project.world.emit("merge_request", payload)
    return True


def edit(merge_request: MergeRequest, user: User, values: Mapping[str, Any]) -> None:
    """Set title, description, target_branch, labels, reviewers; one update webhook with what changed."""
    before = payloads.comparable(merge_request)
    for name in ("title", "description", "target_branch"):
        if values.get(name) is not None:
            setattr(merge_request, name, str(values[name]))
    if "labels" in values:
        merge_request.labels = list(dict.fromkeys(values["labels"]))
    if "reviewers" in values:
        _set_reviewers(merge_request, values["reviewers"])
    after = payloads.comparable(merge_request)
    changes: Json = {
        name: {"previous": before[name], "current": after[name]} for name in after if before[name] != after[name]
    }
    if not changes:
        return
    if "reviewers" in changes:  # the one key that comes as a pair in a list
        changes["reviewers"] = [before["reviewers"], after["reviewers"]]
    if "target_branch" in changes:  # another diff of the same head
        add_version(merge_request, always=True)
    touch(merge_request)
    merge_request.project.world.emit("merge_request", payloads.merge_request(merge_request, user, "update", changes))


def _set_reviewers(merge_request: MergeRequest, users: Sequence[User]) -> None:
    known = {reviewer.user.id: reviewer for reviewer in merge_request.reviewers}
    merge_request.reviewers = [known.get(user.id) or Reviewer(user) for user in users]


def ask_again(merge_request: MergeRequest, user: User, reviewer: User) -> None:
    """A person asks a reviewer once more: GitLab's webhook carries `re_requested`."""
    before = payloads.comparable(merge_request)["reviewers"]
    for found in merge_request.reviewers:
        found.re_requested = found.user is reviewer
        if found.re_requested:
            found.state = "unreviewed"
    touch(merge_request)
    changes = {"reviewers": [before, payloads.comparable(merge_request)["reviewers"]]}
    merge_request.project.world.emit("merge_request", payloads.merge_request(merge_request, user, "update", changes))


def approve(merge_request: MergeRequest, user: User) -> None:
    merge_request.approvals.append(user)
    system_note(merge_request, user, "approved this merge request")
    merge_request.project.world.emit("merge_request", payloads.merge_request(merge_request, user, "approved", {}))


def unapprove(merge_request: MergeRequest, user: User) -> None:
    merge_request.approvals.remove(user)
    system_note(merge_request, user, "unapproved this merge request")
    merge_request.project.world.emit("merge_request", payloads.merge_request(merge_request, user, "unapproved", {}))
