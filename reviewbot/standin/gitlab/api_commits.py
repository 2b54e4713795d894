"""API handlers: commits of several files at once (GitLab docs, "Commits API")."""

import base64
import binascii
from typing import Any

from starlette.responses import Response

from reviewbot.standin.gitlab import merging
from reviewbot.standin.gitlab.api_projects import entities_commit
from reviewbot.standin.gitlab.call import Call, Route, answer
from reviewbot.standin.gitlab.noting import Refused
from reviewbot.standin.gitlab.repositories import Content
from reviewbot.standin.gitlab.state import DEVELOPER, MAINTAINER, Json, Project

ACTIONS = ("create", "update", "delete")  # of GitLab's, those that are needed here


def create(call: Call) -> Response:
    """A commit on `branch`, which is made from `start_branch` where that is another one. `force` makes it anew."""
    found = call.project(DEVELOPER)
    branch, message = call.text("branch"), call.text("commit_message")
    actions = call.values.get("actions")
    if not isinstance(actions, list) or not all(isinstance(one, dict) for one in actions):
        raise Refused(400, {"error": "actions is invalid"})
    if found.protects(branch) and found.level(call.user) < MAINTAINER:
        raise Refused(403, {"message": "403 Forbidden - You are not allowed to push into this branch"})
    start = str(call.values.get("start_branch") or branch)
    parent = found.repository.resolve(f"refs/heads/{start}")
    if parent is None and start != branch:
        raise Refused(400, {"message": "Invalid reference name: branch does not exist"})
    there = found.repository.resolve(f"refs/heads/{branch}")
    if there is not None and start != branch and not call.flag("force"):
        told = f"A branch called '{branch}' already exists. Switch to that branch in order to make changes"
        raise Refused(400, {"message": told})
    files = dict(_change(found, parent, one) for one in actions)
    author = f"{call.user.name} <{call.user.username}@example.com>"
    sha = found.repository.commit(branch, files, message, parent=parent, author=author)
    merging.pushed(found, branch, call.user)
    return answer(entities_commit(found, sha), 201)


def _change(found: Project, parent: str | None, action: Json) -> tuple[str, Content]:
    kind, path = action.get("action"), action.get("file_path")
    if kind not in ACTIONS or not isinstance(path, str):
        raise Refused(400, {"error": "actions[0][action] does not have a valid value"})
    exists = parent is not None and found.repository.read(parent, path) is not None
    if kind == "create" and exists:
        raise Refused(400, {"message": "A file with this name already exists"})
    if kind != "create" and not exists:
        raise Refused(400, {"message": "A file with this name doesn't exist"})
    known = action.get("last_commit_id")
    if known and parent is not None and kind != "create" and found.repository.last_change(parent, path) != known:
        raise Refused(400, {"message": f"The file has changed since you started editing it: {path}"})
    return path, None if kind == "delete" else _content(action)


def _content(action: Any) -> bytes:
    content = str(action.get("content") or "")
    if action.get("encoding") != "base64":
        return content.encode()
    try:
        return base64.b64decode(content)
    except binascii.Error as error:
        raise Refused(400, {"message": "invalid base64"}) from error


ROUTES: tuple[Route, ...] = (("POST", "/projects/{project}/repository/commits", create),)
