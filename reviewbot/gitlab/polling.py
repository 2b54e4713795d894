"""Open merge requests and their heads, for those whose webhook was lost."""

from reviewbot.gitlab import records
from reviewbot.gitlab.retrying import Reads
from reviewbot.model.merge_request import OpenHead

_MOST_PROJECTS = 50  # above, one question for all of GitLab costs less than one per project


def open_heads(reads: Reads, project_id: int | None, updated_after: str) -> list[OpenHead]:
    """Open, ready merge requests updated after `updated_after` (ISO 8601).

    Without a project: those of the projects that the bot is a member of. An administrator's token, which is a member
    of none and gets system hooks, sees all.
    """
    query: dict[str, str | int] = {"state": "opened", "updated_after": updated_after, "wip": "no"}
    if project_id is not None:
        return _heads(reads, f"/projects/{project_id}/merge_requests", query)
    projects = [
        records.own_id(row)
        for row in reads.all("/projects", {"membership": "true", "simple": "true", "archived": "false"})
    ]
    if 0 < len(projects) <= _MOST_PROJECTS:
        return [head for each in projects for head in _heads(reads, f"/projects/{each}/merge_requests", query)]
    everywhere = _heads(reads, "/merge_requests", {**query, "scope": "all"})
    return [one for one in everywhere if not projects or one.ref.project_id in projects]


def _heads(reads: Reads, path: str, query: dict[str, str | int]) -> list[OpenHead]:
    return [
        OpenHead(records.reference(row), str(row["sha"]), str(row.get("target_branch") or ""))
        for row in reads.all(path, query)
        if row.get("sha") and not row.get("draft", row.get("work_in_progress"))
    ]
