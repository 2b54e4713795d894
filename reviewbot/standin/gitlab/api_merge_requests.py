"""API handlers: merge requests, their versions and diffs, approvals, edits."""

from datetime import UTC, datetime

from starlette.responses import Response

from reviewbot.standin.gitlab import entities, labels, merging, quick_actions
from reviewbot.standin.gitlab.api_projects import entities_commit
from reviewbot.standin.gitlab.call import Call, Route, answer, missing
from reviewbot.standin.gitlab.noting import Refused
from reviewbot.standin.gitlab.state import DEVELOPER, GUEST, REPORTER, Json, MergeRequest


def merge_request(call: Call) -> Response:
    """While GitLab prepares a new merge request, `diff_refs` and `changes_count` are null."""
    found = call.merge_request()
    body = entities.single_merge_request(found)
    found.unready_reads = max(found.unready_reads - 1, 0)
    level = found.project.level(call.token.user if call.token else None)
    return answer({**body, "user": {"can_merge": level >= DEVELOPER}})


def of_project(call: Call) -> Response:
    return _listed(call, list(call.project(REPORTER).merge_requests.values()))


def everywhere(call: Call) -> Response:
    scope = call.values.get("scope") or "created_by_me"
    visible = [one for one in call.world.projects.values() if one.level(call.user) >= REPORTER]
    rows = [one for project in visible for one in project.merge_requests.values()]
    return _listed(call, [one for one in rows if scope == "all" or one.author is call.user])


def _listed(call: Call, rows: list[MergeRequest]) -> Response:
    values = call.values
    if values.get("state") not in {None, "all"}:
        rows = [one for one in rows if one.state == values["state"]]
    if values.get("updated_after"):
        after = datetime.fromisoformat(str(values["updated_after"]))
        after = after if after.tzinfo else after.replace(tzinfo=UTC)
        rows = [one for one in rows if one.updated_at >= after]
    if values.get("wip") in {"yes", "no"}:
        rows = [one for one in rows if one.draft == (values["wip"] == "yes")]
    for name in ("source_branch", "target_branch"):
        if values.get(name):
            rows = [one for one in rows if getattr(one, name) == values[name]]
    key = "updated_at" if values.get("order_by") == "updated_at" else "created_at"
    rows.sort(key=lambda one: getattr(one, key), reverse=values.get("sort") != "asc")
    return call.page(rows, entities.merge_request)


def create(call: Call) -> Response:
    """Of a branch of the project itself, at most one open one for each pair of branches (docs, "Create MR")."""
    found = call.project(DEVELOPER)
    source, target, title = (call.text(name) for name in ("source_branch", "target_branch", "title"))
    for name, branch in (("source_branch", source), ("target_branch", target)):
        if found.repository.resolve(f"refs/heads/{branch}") is None:
            raise Refused(400, {"message": {name: ["does not exist"]}})
    same = [
        one
        for one in found.merge_requests.values()
        if (one.source_project, one.source_branch, one.target_branch, one.state) == (found, source, target, "opened")
    ]
    if same:
        told = f"Another open merge request already exists for this source branch: !{same[0].iid}"
        raise Refused(409, {"message": [told]})
    words, commands = quick_actions.split(str(call.values.get("description") or ""))
    made = merging.create(found, source, target, title, call.user, description=words)
    quick_actions.execute(made, call.user, commands)
    return answer(entities.single_merge_request(made), 201)


def edit(call: Call) -> Response:
    found = call.merge_request()
    if found.project.level(call.user) < DEVELOPER and found.author is not call.user:
        raise Refused(403, {"message": "403 Forbidden"})
    values: Json = {name: call.values.get(name) for name in ("title", "description", "target_branch")}
    values["labels"] = labels.edited(found, call.user, call.values)
    if "reviewer_ids" in call.values:
        ids = call.values["reviewer_ids"] or []
        values["reviewers"] = [call.world.users[int(id_)] for id_ in ids if int(id_) in call.world.users]
    merging.edit(found, call.user, values)
    event = call.values.get("state_event")
    if event in {"close", "reopen"}:
        merging.change_state(found, call.user, event)
    return answer(entities.single_merge_request(found))


def versions(call: Call) -> Response:
    found = call.merge_request()
    rows = [] if found.unready_reads else found.versions[::-1]
    return call.page(rows, lambda one: entities.version(found, one))


def version(call: Call) -> Response:
    found = call.merge_request()
    one = next((one for one in found.versions if str(one.id) == call.at["version"]), None)
    if one is None:
        raise missing()
    commits = found.project.repository.log((f"{one.base}..{one.head}",))
    unidiff = call.flag("unidiff")
    body = {
        **entities.version(found, one),
        "commits": [entities_commit(found.project, row["id"]) for row in commits],
        "diffs": [entities.diff(entry, unidiff=unidiff) for entry in entities.changes(found, one)[0]],
    }
    return answer(body)


def diffs(call: Call) -> Response:
    found = call.merge_request()
    rows = () if found.unready_reads else entities.changes(found)[0]
    unidiff = call.flag("unidiff")
    return call.page(rows, lambda entry: entities.diff(entry, unidiff=unidiff))


def changes(call: Call) -> Response:
    """Deprecated; `access_raw_diffs` shows files that the limits emptied."""
    found = call.merge_request()
    raw = call.flag("access_raw_diffs")
    rows, overflow = entities.changes(found)
    unidiff = call.flag("unidiff")
    files = [entities.diff(entry, unidiff=unidiff, unlimited=raw) for entry in rows]
    return answer({**entities.single_merge_request(found), "changes": files, "overflow": overflow})


def raw_diffs(call: Call) -> Response:
    """The whole diff as git writes it, within the limits on files and on one file's patch."""
    rows, _ = entities.changes(call.merge_request())
    parts = []
    for entry in rows:
        body = "" if entry.too_large else entry.file.patch
        header = entry.file.header.rstrip("\n")
        parts.append(f"{header}\n{body}" if body else f"{header}\n")
    return Response("".join(parts).encode("utf-8", "replace"), media_type="text/plain")


def commits(call: Call) -> Response:
    found = call.merge_request()
    rows = found.project.repository.log((f"{found.version.base}..{found.version.head}",))
    return call.page(rows, lambda row: entities_commit(found.project, row["id"]))


def _approvals(found: MergeRequest) -> Json:
    world = found.project.world
    return {
        "id": found.id,
        "iid": found.iid,
        "project_id": found.project.id,
        "approved": bool(found.approvals),
        "approvals_required": 0,
        "approvals_left": 0,
        "approved_by": [{"user": entities.person(one, world)} for one in found.approvals],
    }


def approvals(call: Call) -> Response:
    return answer(_approvals(call.merge_request()))


def approve(call: Call) -> Response:
    found = call.merge_request(GUEST)
    sha = call.values.get("sha")
    if sha and sha != found.sha:
        raise Refused(409, {"message": f"SHA does not match HEAD of source branch: {found.sha}"})
    user = call.user
    if user is found.author or user in found.approvals or found.project.level(user) < DEVELOPER:
        raise Refused(401, {"message": "401 Unauthorized"})
    merging.approve(found, user)
    return answer(_approvals(found), 201)


def reviewers(call: Call) -> Response:
    found = call.merge_request()
    return call.page(
        found.reviewers, lambda one: {"user": entities.person(one.user, found.project.world), "state": one.state}
    )


def unapprove(call: Call) -> Response:
    found = call.merge_request(GUEST)
    if call.user not in found.approvals:
        raise missing()
    merging.unapprove(found, call.user)
    return answer(_approvals(found), 201)


MR = "/projects/{project}/merge_requests/{iid}"
ROUTES: tuple[Route, ...] = (
    ("GET", "/merge_requests", everywhere),
    ("GET", "/projects/{project}/merge_requests", of_project),
    ("POST", "/projects/{project}/merge_requests", create),
    ("GET", MR, merge_request),
    ("PUT", MR, edit),
    ("GET", f"{MR}/versions", versions),
    ("GET", f"{MR}/versions/{{version}}", version),
    ("GET", f"{MR}/diffs", diffs),
    ("GET", f"{MR}/changes", changes),
    ("GET", f"{MR}/raw_diffs", raw_diffs),
    ("GET", f"{MR}/commits", commits),
    ("GET", f"{MR}/approvals", approvals),
    ("GET", f"{MR}/reviewers", reviewers),
    ("POST", f"{MR}/approve", approve),
    ("POST", f"{MR}/unapprove", unapprove),
)
