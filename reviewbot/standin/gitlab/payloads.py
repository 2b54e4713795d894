"""Bodies of webhooks, in the shape GitLab documents (webhook_events)."""

from typing import Any

from reviewbot.standin.gitlab.state import Award, Discussion, Json, MergeRequest, Note, Project, Reviewer, User
from reviewbot.standin.gitlab.times import hook_time

STATE_IDS = {"opened": 1, "closed": 2, "merged": 3, "locked": 4}
VISIBILITY = {"private": 0, "internal": 10, "public": 20}


def user(person: User) -> Json:
    return {
        "id": person.id,
        "name": person.name,
        "username": person.username,
        "avatar_url": None,
        "email": "[REDACTED]",
    }


def project(found: Project) -> Json:
    url = f"{found.world.url}/{found.path}"
    return {
        "id": found.id,
        "name": found.name,
        "description": None,
        "web_url": url,
        "avatar_url": None,
        "git_ssh_url": f"ssh://git@gitlab.invalid/{found.path}.git",
        "git_http_url": f"{url}.git",
        "namespace": found.namespace,
        "visibility_level": VISIBILITY[found.visibility],
        "path_with_namespace": found.path,
        "default_branch": found.default_branch,
        "ci_config_path": None,
    }


def label(title: str) -> Json:
    return {
        "id": sum(title.encode()),
        "title": title,
        "color": "#adb21a",
        "project_id": None,
        "template": False,
        "description": None,
        "type": "ProjectLabel",
        "group_id": None,
    }


def reviewer(found: Reviewer) -> Json:
    return {**user(found.user), "state": found.state, "re_requested": found.re_requested}


def comparable(found: MergeRequest) -> Json:
    """What `changes` of an update is computed from."""
    return {
        "title": found.title,
        "description": found.description,
        "target_branch": found.target_branch,
        "draft": found.draft,
        "labels": [label(title) for title in found.labels],
        "reviewers": [reviewer(one) for one in found.reviewers],
    }


def web_url(found: MergeRequest) -> str:
    return f"{found.project.world.url}/{found.project.path}/-/merge_requests/{found.iid}"


def last_commit(found: MergeRequest) -> Json:
    row = found.project.repository.log(("-1", found.sha))[0]
    return {
        "id": found.sha,
        "message": row["message"],
        "title": row["message"].partition("\n")[0],
        "timestamp": row["date"],
        "url": f"{found.project.world.url}/{found.project.path}/-/commit/{found.sha}",
        "author": {"name": row["author"], "email": row["email"]},
    }


def attributes(found: MergeRequest) -> Json:
    return {
        "author_id": found.author.id,
        "created_at": hook_time(found.created_at),
        "description": found.description,
        "draft": found.draft,
        "head_pipeline_id": None,
        "id": found.id,
        "iid": found.iid,
        "last_edited_at": None,
        "merge_commit_sha": None,
        "merge_status": "checking",
        "milestone_id": None,
        "source_branch": found.source_branch,
        "source_project_id": found.source_project.id if found.source_project else None,
        "state_id": STATE_IDS[found.state],
        "target_branch": found.target_branch,
        "target_project_id": found.project.id,
        "title": found.title,
        "updated_at": hook_time(found.updated_at),
        "prepared_at": hook_time(found.created_at),
        "assignee_ids": [],
        "assignee_id": None,
        "reviewer_ids": [one.user.id for one in found.reviewers],
        "blocking_discussions_resolved": all(one.resolved for one in found.discussions if one.resolvable),
        "detailed_merge_status": "checking",
        "first_contribution": False,
        "labels": [label(title) for title in found.labels],
        "last_commit": last_commit(found),
        "source": project(found.source_project) if found.source_project else None,
        "target": project(found.project),
        "state": found.state,
        "system": False,
        "work_in_progress": found.draft,
        "url": web_url(found),
    }


def merge_request(found: MergeRequest, actor: User, action: str, changes: Json, oldrev: str | None = None) -> Json:
    own = {**attributes(found), "action": action, "actioned_at": hook_time(found.updated_at)}
    if oldrev:
        own["oldrev"] = oldrev
    return {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": user(actor),
        "project": project(found.project),
        "repository": repository(found.project),
        "object_attributes": own,
        "labels": [label(title) for title in found.labels],
        "changes": {**changes, "updated_at": {"previous": None, "current": hook_time(found.updated_at)}},
        "assignees": [],
        "reviewers": [reviewer(one) for one in found.reviewers],
    }


def repository(found: Project) -> Json:
    url = f"{found.world.url}/{found.path}"
    return {"name": found.name, "url": f"{url}.git", "description": None, "homepage": url}


def note_attributes(found: MergeRequest, thread: Discussion, written: Note) -> Json:
    return {
        "attachment": None,
        "author_id": written.author.id,
        "change_position": written.change_position,
        "commit_id": None,
        "created_at": hook_time(written.created_at),
        "discussion_id": thread.id,
        "id": written.id,
        "internal": written.internal,
        "line_code": written.line_code,
        "note": written.body,
        "noteable_id": found.id,
        "noteable_type": "MergeRequest",
        "original_position": written.original_position,
        "position": written.position,
        "project_id": found.project.id,
        "resolved_at": hook_time(written.resolved_at),
        "resolved_by_id": written.resolved_by.id if written.resolved_by else None,
        "resolved_by_push": None,
        "st_diff": None,
        "system": written.system,
        "type": written.type,
        "updated_at": hook_time(written.updated_at),
        "updated_by_id": None,
        "description": written.body,
        "url": f"{web_url(found)}#note_{written.id}",
    }


def note(found: MergeRequest, thread: Discussion, written: Note, actor: User, action: str) -> Json:
    kind = "confidential_note" if written.internal else "note"
    return {
        "object_kind": "note",
        "event_type": kind,
        "user": user(actor),
        "project_id": found.project.id,
        "project": project(found.project),
        "repository": repository(found.project),
        "object_attributes": {**note_attributes(found, thread, written), "action": action},
        "merge_request": attributes(found),
    }


def emoji(found: MergeRequest, thread: Discussion, written: Note, award: Award, event: str) -> Json:
    """`event`: award or revoke."""
    body: dict[str, Any] = {
        "user_id": award.user.id,
        "created_at": hook_time(award.created_at),
        "id": award.id,
        "name": award.name,
        "awardable_type": "Note",
        "awardable_id": written.id,
        "updated_at": hook_time(award.created_at),
        "action": event,
        "awarded_on_url": f"{web_url(found)}#note_{written.id}",
    }
    return {
        "object_kind": "emoji",
        "event_type": event,
        "user": user(award.user),
        "project_id": found.project.id,
        "project": project(found.project),
        "object_attributes": body,
        "note": note_attributes(found, thread, written),
        "merge_request": attributes(found),
    }
