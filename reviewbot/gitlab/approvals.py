"""Approving a head, taking that back, and requesting changes, as only GraphQL can (GitLab docs, "Approvals API")."""

from typing import Any

from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected, HeadMoved
from reviewbot.gitlab.desk import Desk
from reviewbot.model.merge_request import Person

_WORDS = {True: "mergeRequestRequestChanges", False: "mergeRequestDestroyRequestedChanges"}
_LONGEST = 300  # characters of GitLab's own words


def approved(desk: Desk, me: Person) -> bool:
    """Whether the bot's approval stands."""
    found = desk.reads.object(f"{desk.path}/approvals")
    users = [row.get("user") or {} for row in found.get("approved_by") or () if isinstance(row, dict)]
    return any(user.get("id") == me.id for user in users)


def approve(desk: Desk, me: Person, head_sha: str) -> None:
    """Approve `head_sha`; having approved it before is fine. GitLab says 409 when the head has moved, 401 to whoever
    may not approve, and to a second approval. Raises `HeadMoved`, `ForgeRefused`, `ForgeRejected`, `ForgeNotFound`.
    """
    try:
        desk.write(lambda: desk.client.post(f"{desk.path}/approve", {"sha": head_sha}))
    except ForgeRejected as error:
        if desk.reads.object(desk.path).get("sha") == head_sha:
            raise
        raise HeadMoved(f"Merge request {desk.ref} has moved on: {error.message}") from error
    except ForgeRefused:
        if not approved(desk, me):
            raise


def unapprove(desk: Desk, me: Person) -> None:
    """Take back the approval; GitLab says 404 when there is none. Raises what it says when it stands all the same."""
    try:
        desk.write(lambda: desk.client.post(f"{desk.path}/unapprove"))
    except (ForgeNotFound, ForgeRefused, ForgeRejected):
        if approved(desk, me):
            raise


def requested(desk: Desk, me: Person) -> bool | None:
    """Whether the bot's request for changes stands; None: GitLab does not tell."""
    try:
        rows = desk.reads.all(f"{desk.path}/reviewers")
    except (ForgeNotFound, ForgeRefused):
        return None
    return any((row.get("user") or {}).get("id") == me.id and row.get("state") == "requested_changes" for row in rows)


def request_changes(desk: Desk, me: Person, project: str, *, wanted: bool) -> str:
    """Request changes or take that back; why it is not so now, in GitLab's words. The bot has to be a reviewer."""
    problem = _mutate(desk, project, wanted=wanted)
    return problem if problem and requested(desk, me) is not wanted else ""


def _mutate(desk: Desk, project: str, *, wanted: bool) -> str:
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
