"""The commit status of the reviewed head. It is a courtesy: a token that may not set it costs a warning."""

from urllib.parse import quote

from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected
from reviewbot.gitlab import records
from reviewbot.gitlab.desk import Desk
from reviewbot.model.outcome import CommitStatus, Plan

_LONGEST = 255  # characters of a description (GitLab docs, "Commits API")
_SAME_STATE = "cannot transition status"  # GitLab's 400 for the state that it is in already


def set_status(desk: Desk, plan: Plan, *, look_first: bool) -> tuple[str, ...]:
    """Set the status where the pipeline is: in the source project, and for a fork that is closed to us in the target.

    `look_first`: this head had a summary before, so the status is probably there. Returns warnings.
    """
    status = plan.status
    if status is None:
        return ()
    projects = [(plan.status_project_id or plan.ref.project_id, plan.source_branch)]
    if projects[0][0] != plan.ref.project_id:
        projects.append((plan.ref.project_id, ""))  # the branch is not there, the commit is
    problem = ""
    for project_id, branch in projects:
        if look_first and _stands(desk, project_id, plan.refs.head_sha, status):
            return ()
        try:
            _set(desk, project_id, plan.refs.head_sha, branch, status)
        except (ForgeRefused, ForgeNotFound, ForgeRejected) as error:
            problem = error.message
        else:
            return ()
    return (f"The commit status could not be set: {problem}",)


def _stands(desk: Desk, project_id: int, sha: str, status: CommitStatus) -> bool:
    path = f"/projects/{project_id}/repository/commits/{quote(sha, safe='')}/statuses"
    try:
        rows = desk.reads.page(path, {"name": status.name, "per_page": 20})
    except (ForgeRefused, ForgeNotFound):
        return False
    newest = max(
        (row for row in rows if row.get("name") == status.name), key=lambda row: records.number(row, "id"), default={}
    )
    return newest.get("status") == status.state and newest.get("description") == _clipped(status.description)


def _set(desk: Desk, project_id: int, sha: str, branch: str, status: CommitStatus) -> None:
    data = {"state": status.state, "name": status.name, "description": _clipped(status.description)}
    if branch:
        data["ref"] = branch
    if status.target_url:
        data["target_url"] = status.target_url
    try:
        desk.write(lambda: desk.client.post(f"/projects/{project_id}/statuses/{quote(sha, safe='')}", data))
    except ForgeRejected as error:
        if _SAME_STATE not in error.message.lower():
            raise


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
