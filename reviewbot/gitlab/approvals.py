"""Approving a head, taking that back, and requesting changes, as only GraphQL can (GitLab docs, "Approvals API")."""

from typing import Any

from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected, Superseded
from reviewbot.gitlab.desk import Desk

_WORDS = {True: "mergeRequestRequestChanges", False: "mergeRequestDestroyRequestedChanges"}
_LONGEST = 300  # characters of GitLab's own words


def approve(desk: Desk, head_sha: str) -> None:
    """Approve `head_sha`; having approved it before is fine. GitLab says 409 when the head has moved, 401 to whoever
    may not approve. Raises `Superseded`, `ForgeRefused`.
    """
    try:
        desk.write(lambda: desk.client.post(f"{desk.path}/approve", {"sha": head_sha}))
    except ForgeRejected as error:
        raise Superseded(f"Merge request {desk.ref} has moved on: {error.message}") from error
    except ForgeRefused:
        if not _approved(desk):
            raise


def unapprove(desk: Desk) -> None:
    """Take back the approval; GitLab says 404 when there is none."""
    try:
        desk.write(lambda: desk.client.post(f"{desk.path}/unapprove"))
    except (ForgeNotFound, ForgeRefused):
        return


def request_changes(desk: Desk, project: str, *, wanted: bool) -> str:
    """Request changes or take that back; why GitLab did not do it, in its words. The bot has to be a reviewer."""
    mutation = (
        f"mutation($project: ID!, $iid: String!) {{ {_WORDS[wanted]}"
        "(input: {projectPath: $project, iid: $iid}) { errors } }"
    )
    body = {"query": mutation, "variables": {"project": project, "iid": str(desk.ref.iid)}}
    try:
        answer: Any = desk.write(lambda: desk.client.post(f"{desk.client.url}/api/graphql", body))
    except (ForgeNotFound, ForgeRefused, ForgeRejected) as error:
        return error.message
    found = answer if isinstance(answer, dict) else {}
    problems = [str(one.get("message", "")) if isinstance(one, dict) else str(one) for one in found.get("errors") or ()]
    data = (found.get("data") or {}).get(_WORDS[wanted]) or {}
    problems += [str(one) for one in data.get("errors") or ()]
    if not problems and not data:
        problems = ["GitLab gave no answer"]
    return "; ".join(problems)[:_LONGEST]


def _approved(desk: Desk) -> bool:
    """Whether the bot's approval stands: GitLab answers a second one with 401 as well."""
    me = desk.client.known_identity()
    found = desk.reads.object(f"{desk.path}/approvals")
    users = [row.get("user") or {} for row in found.get("approved_by") or () if isinstance(row, dict)]
    return me is not None and any(user.get("id") == me.id for user in users)
