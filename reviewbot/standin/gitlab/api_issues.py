"""API handlers: issues, as far as the caller may see them, and those that a merge request closes."""

import re

from starlette.responses import Response

from reviewbot.standin.gitlab import entities
from reviewbot.standin.gitlab.call import Call, Route
from reviewbot.standin.gitlab.state import GUEST, REPORTER, Issue, Json, MergeRequest, Project

# GitLab docs, "Default closing pattern", without its addresses.
_CLOSING = re.compile(
    r"\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)(?::?|[ \t]+issues?)[ \t]+"
    r"((?:(?:, *| +and +)?[\w./-]*#\d+)+)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"([\w./-]*)#(\d+)")


def of_project(call: Call) -> Response:
    found = call.project()
    rows = [one for one in found.issues.values() if _visible(call, one)]
    wanted = call.query.get("iids[]", "")
    if wanted:
        rows = [one for one in rows if str(one.iid) in wanted.split(",")]
    return call.page(rows, _entity)


def closed_by(call: Call) -> Response:
    """Only a merge request into the default branch closes anything."""
    found = call.merge_request()
    rows = _closing(found) if found.target_branch == found.project.default_branch else []
    return call.page([one for one in rows if _visible(call, one)], _entity)


def _closing(found: MergeRequest) -> list[Issue]:
    log = found.project.repository.log((f"{found.version.base}..{found.version.head}",))
    text = "\n".join([found.description, *(str(row["message"]) for row in log)])
    issues: dict[int, Issue] = {}
    for match in _CLOSING.finditer(text):
        for path, number in _REFERENCE.findall(match[1]):
            project = _project(found, path)
            issue = project.issues.get(int(number)) if project else None
            if issue is not None:
                issues[issue.id] = issue
    return list(issues.values())


def _project(found: MergeRequest, path: str) -> Project | None:
    projects = found.project.world.projects.values()
    return next((one for one in projects if one.path == path), None) if path else found.project


def _visible(call: Call, issue: Issue) -> bool:
    user = call.token.user if call.token else None
    level = issue.project.level(user)
    if issue.confidential:
        return level >= REPORTER
    if issue.project.issues_access_level == "private" or issue.project.visibility == "private":
        return level >= GUEST
    return issue.project.issues_access_level == "enabled"


def _entity(issue: Issue) -> Json:
    project = issue.project
    return {
        "id": issue.id,
        "iid": issue.iid,
        "project_id": project.id,
        "title": issue.title,
        "description": issue.description,
        "state": issue.state,
        "confidential": issue.confidential,
        "labels": [],
        "issue_type": "issue",
        "author": entities.person(project.world.users[1], project.world),
        "web_url": f"{project.world.url}/{project.path}/-/issues/{issue.iid}",
        "references": {"short": f"#{issue.iid}", "relative": f"#{issue.iid}", "full": f"{project.path}#{issue.iid}"},
    }


ROUTES: tuple[Route, ...] = (
    ("GET", "/projects/{project}/issues", of_project),
    ("GET", "/projects/{project}/merge_requests/{iid}/closes_issues", closed_by),
)
