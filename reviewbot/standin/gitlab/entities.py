"""Records as the REST API v4 writes them."""

from typing import Any

from reviewbot.standin.gitlab.diffs import Shown
from reviewbot.standin.gitlab.payloads import web_url
from reviewbot.standin.gitlab.state import (
    Award,
    Discussion,
    Draft,
    Json,
    MergeRequest,
    Note,
    Project,
    Status,
    User,
    Version,
    World,
)
from reviewbot.standin.gitlab.times import iso

NO_POSITION: Json = {
    "base_sha": None,
    "start_sha": None,
    "head_sha": None,
    "old_path": None,
    "new_path": None,
    "position_type": "text",
    "old_line": None,
    "new_line": None,
    "line_range": None,
}


def person(user: User, world: World) -> Json:
    return {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{world.url}/{user.username}",
    }


def current_user(user: User, world: World) -> Json:
    return {**person(user, world), "bot": user.bot, "is_admin": user.admin, "email": f"{user.username}@example.com"}


def project(found: Project) -> Json:
    world = found.world
    return {
        "id": found.id,
        "name": found.name,
        "path": found.name,
        "path_with_namespace": found.path,
        "name_with_namespace": found.path.replace("/", " / "),
        "default_branch": found.default_branch,
        "visibility": found.visibility,
        "ci_config_path": found.ci_config_path or None,
        "issues_access_level": found.issues_access_level,
        "merge_requests_access_level": found.merge_requests_access_level,
        "repository_access_level": found.repository_access_level,
        "archived": found.archived,
        "web_url": f"{world.url}/{found.path}",
        "http_url_to_repo": f"{world.url}/{found.path}.git",
        "ssh_url_to_repo": f"git@gitlab.invalid:{found.path}.git",
        "namespace": {
            "id": 1,
            "name": found.namespace,
            "path": found.namespace,
            "kind": "group",
            "full_path": found.namespace,
        },
        "forked_from_project": {"id": found.forked_from.id} if found.forked_from else None,
        "topics": [],
    }


def merge_request(found: MergeRequest) -> Json:
    world = found.project.world
    return {
        "id": found.id,
        "iid": found.iid,
        "project_id": found.project.id,
        "title": found.title,
        "description": found.description,
        "state": found.state,
        "created_at": iso(found.created_at),
        "updated_at": iso(found.updated_at),
        "target_branch": found.target_branch,
        "source_branch": found.source_branch,
        "source_project_id": found.source_project.id if found.source_project else None,
        "target_project_id": found.project.id,
        "author": person(found.author, world),
        "assignees": [],
        "assignee": None,
        "reviewers": [person(one.user, world) for one in found.reviewers],
        "labels": found.labels,
        "draft": found.draft,
        "work_in_progress": found.draft,
        "milestone": None,
        "merge_status": "can_be_merged",
        "detailed_merge_status": "draft_status" if found.draft else "mergeable",
        "sha": found.sha,
        "merge_commit_sha": None,
        "user_notes_count": sum(not note.system for note in found.notes),
        "discussion_locked": None,
        "prepared_at": None if found.unready_reads else iso(found.created_at),
        "web_url": web_url(found),
        "reference": f"!{found.iid}",
        "references": {
            "short": f"!{found.iid}",
            "relative": f"!{found.iid}",
            "full": f"{found.project.path}!{found.iid}",
        },
        "blocking_discussions_resolved": all(one.resolved for one in found.discussions if one.resolvable),
    }


def _head_pipeline(found: MergeRequest) -> Json | None:
    """The newest pipeline of the source branch: after a push that of the older head, until there is a newer one."""
    pipelines = found.source_project.pipelines if found.source_project else []
    one = next((one for one in reversed(pipelines) if one.ref == found.source_branch), None)
    if one is None:
        return None
    return {"id": one.id, "project_id": one.project.id, "sha": one.sha, "ref": one.ref, "status": one.status}


def single_merge_request(found: MergeRequest) -> Json:
    ready = not found.unready_reads
    return {
        **merge_request(found),
        "detailed_merge_status": merge_request(found)["detailed_merge_status"] if ready else "preparing",
        "changes_count": _count(found) if ready else None,
        "diff_refs": found.version.refs if ready else None,
        "overflow": False,
        "head_pipeline": _head_pipeline(found),
        "merge_error": None,
        "diverged_commits_count": 0,
    }


def _count(found: MergeRequest) -> str | None:
    total = len(found.project.repository.diff(found.version.base, found.version.head))
    limit = found.project.world.limits.files
    return f"{limit}+" if total > limit else str(total) if total else None


def changes(found: MergeRequest, version: Version | None = None) -> tuple[tuple[Shown, ...], bool]:
    """The files of a version as GitLab gives them out, and whether some were left out."""
    at = version or found.version
    return found.project.repository.shown(at.base, at.head, found.project.world.limits)


def diff(entry: Shown, *, unidiff: bool = False, unlimited: bool = False) -> Json:
    file = entry.file
    text = file.patch if unlimited else entry.text
    if unidiff and text.startswith("@@"):
        old = "/dev/null" if file.new_file else f"a/{file.old_path}"
        new = "/dev/null" if file.deleted_file else f"b/{file.new_path}"
        text = f"--- {old}\n+++ {new}\n{text}"
    return {
        "diff": text,
        "collapsed": entry.collapsed and not unlimited,
        "too_large": entry.too_large and not unlimited,
        "new_path": readable(file.new_path),
        "old_path": readable(file.old_path),
        "a_mode": _mode(file.a_mode),
        "b_mode": _mode(file.b_mode),
        "new_file": file.new_file,
        "renamed_file": file.renamed_file,
        "deleted_file": file.deleted_file,
        "generated_file": entry.generated,
    }


def readable(path: str) -> str:
    """JSON has no room for the bytes of a name that is not UTF-8."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _mode(mode: str) -> str:
    return "0" if not mode.strip("0") else mode


def version(found: MergeRequest, one: Version) -> Json:
    _, overflow = changes(found, one)
    empty = not found.project.repository.diff(one.base, one.head)
    return {
        "id": one.id,
        "head_commit_sha": one.head,
        "base_commit_sha": one.base,
        "start_commit_sha": one.start,
        "created_at": iso(one.created_at),
        "merge_request_id": found.id,
        "state": "overflow" if overflow else "empty" if empty else "collected",
        "real_size": str(len(changes(found, one)[0])),
        "patch_id_sha": None,
    }


def note(found: MergeRequest, one: Note) -> Json:
    world = found.project.world
    body: dict[str, Any] = {
        "id": one.id,
        "type": one.type,
        "body": one.body,
        "attachment": None,
        "author": person(one.author, world),
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "system": one.system,
        "noteable_id": found.id,
        "noteable_type": "MergeRequest",
        "project_id": found.project.id,
        "noteable_iid": found.iid,
        "resolvable": one.resolvable,
        "confidential": one.internal,
        "internal": one.internal,
        "imported": False,
        "imported_from": "none",
        "commands_changes": {},
    }
    if one.position is not None:
        body |= {"commit_id": None, "position": one.position}
    if one.resolvable:
        body |= {
            "resolved": one.resolved_at is not None,
            "resolved_by": person(one.resolved_by, world) if one.resolved_by else None,
            "resolved_at": iso(one.resolved_at),
        }
    return body


def discussion(found: MergeRequest, one: Discussion) -> Json:
    return {"id": one.id, "individual_note": one.individual, "notes": [note(found, each) for each in one.notes]}


def draft(found: MergeRequest, one: Draft) -> Json:
    return {
        "id": one.id,
        "author_id": one.author.id,
        "merge_request_id": found.id,
        "resolve_discussion": one.resolve_discussion,
        "discussion_id": one.discussion_id,
        "note": one.note,
        "commit_id": one.commit_id,
        "line_code": one.line_code,
        "position": one.position or NO_POSITION,
    }


def award(found: MergeRequest, one: Award, awardable_id: int, kind: str) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "user": person(one.user, found.project.world),
        "created_at": iso(one.created_at),
        "updated_at": iso(one.created_at),
        "awardable_id": awardable_id,
        "awardable_type": kind,
        "url": None,
    }


def status(one: Status, world: World) -> Json:
    return {
        "id": one.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": one.state,
        "name": one.name,
        "target_url": one.target_url,
        "description": one.description,
        "created_at": iso(one.created_at),
        "started_at": None,
        "finished_at": None,
        "allow_failure": False,
        "coverage": None,
        "pipeline_id": one.pipeline_id,
        "author": person(one.author, world),
    }
