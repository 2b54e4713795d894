"""API handlers: users, projects, members, repository content, commit statuses."""

import base64

from starlette.responses import Response

from reviewbot.standin.gitlab import entities
from reviewbot.standin.gitlab.call import Call, Route, answer, missing
from reviewbot.standin.gitlab.diffs import Shown
from reviewbot.standin.gitlab.noting import Refused
from reviewbot.standin.gitlab.state import DEVELOPER, GUEST, REPORTER, Json, Project, Status, User

VERSION = {"version": "19.1.0-ee", "revision": "standin"}
EVENTS = {
    "pending": "enqueue",
    "running": "run",
    "success": "success",
    "failed": "drop",
    "canceled": "cancel",
    "skipped": "skip",
}
OWN_TOKEN = "/personal_access_tokens/self"  # noqa: S105  # a path
LONGEST_DESCRIPTION = 255  # characters


def user(call: Call) -> Response:
    return answer(entities.current_user(call.user, call.world))


def own_token(call: Call) -> Response:
    """GitLab docs, "Personal access tokens API": details of the token that asks, whatever its scopes."""
    user, token = call.user, call.token
    scopes = sorted(token.scopes) if token is not None else []
    return answer({"user_id": user.id, "scopes": scopes, "revoked": False, "active": True, "expires_at": None})


def one_user(call: Call) -> Response:
    found = call.world.users.get(int(call.at["user"])) if call.at["user"].isdecimal() else None
    if call.user is None or found is None:
        raise missing("User")
    return answer({**entities.person(found, call.world), "bot": found.bot})


def users(call: Call) -> Response:
    name = call.values.get("username")
    rows = [one for one in call.world.users.values() if call.user and name in {None, one.username}]
    return call.page(rows, lambda one: entities.person(one, call.world))


def version(call: Call) -> Response:
    return answer({**VERSION, "enterprise": True} if call.user else {})


def project(call: Call) -> Response:
    found = call.project()
    level = found.level(call.token.user if call.token else None)
    access = {"project_access": {"access_level": level} if level else None, "group_access": None}
    return answer({**entities.project(found), "permissions": access})


def projects(call: Call) -> Response:
    return call.page([one for one in call.world.projects.values() if one.level(call.user) >= GUEST], entities.project)


def _member(found: Project, one: User) -> Json:
    return {**entities.person(one, found.world), "access_level": found.level(one), "membership_state": "active"}


def member(call: Call) -> Response:
    found = call.project()
    one = call.world.users.get(int(call.at["user"]))
    if one is None or one.id not in found.members:
        raise missing()
    return answer(_member(found, one))


def members(call: Call) -> Response:
    found = call.project()
    return call.page([call.world.users[id_] for id_ in found.members], lambda one: _member(found, one))


def _commit(call: Call, found: Project, name: str) -> str:
    sha = found.repository.resolve(name or found.default_branch)
    if sha is None:
        raise missing("Commit" if "sha" in call.at else "File")
    return sha


def _content(call: Call) -> tuple[Project, str, bytes]:
    found = call.project(REPORTER)
    sha = _commit(call, found, call.values.get("ref") or "HEAD")
    data = found.repository.read(sha, call.at["path"])
    if data is None:
        raise missing("File")
    return found, sha, data


def raw_file(call: Call) -> Response:
    _, sha, data = _content(call)
    headers = {"X-Gitlab-File-Path": call.at["path"].encode().decode("latin-1"), "X-Gitlab-Commit-Id": sha}
    return Response(data, headers=headers, media_type="text/plain")


def file(call: Call) -> Response:
    found, sha, data = _content(call)
    path = call.at["path"]
    body: Json = {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "size": len(data),
        "encoding": "base64",
        "content": base64.b64encode(data).decode(),
        "ref": call.values.get("ref"),
        "commit_id": sha,
        "last_commit_id": found.repository.last_change(sha, path),
    }
    return answer(body)


def tree(call: Call) -> Response:
    found = call.project(REPORTER)
    sha = found.repository.resolve(call.values.get("ref") or found.default_branch)
    folder = str(call.values.get("path") or "").strip("/")
    rows = found.repository.tree(sha, folder, recursive=call.flag("recursive")) if sha else []
    if not rows:
        raise missing("Tree")
    names = ("mode", "type", "id", "path")
    return call.page(rows, lambda row: {**dict(zip(names, row, strict=True)), "name": row[3].rpartition("/")[2]})


def search(call: Call) -> Response:
    """Basic search in a project's code (docs, "Search API"): any case, two lines around each place, at any ref."""
    found = call.project(REPORTER)
    if call.text("scope") != "blobs":
        raise Refused(400, {"error": "scope does not have a valid value"})
    ref = call.values.get("ref") or found.default_branch
    sha = found.repository.resolve(ref)
    places = found.repository.places(sha, call.text("search")) if sha else []
    return call.page(
        places,
        lambda place: {
            "basename": place[0].rpartition(".")[0] or place[0],
            "data": place[2],
            "path": place[0],
            "filename": place[0],
            "id": None,
            "ref": ref,
            "startline": place[1],
            "project_id": found.id,
        },
    )


def blob(call: Call) -> Response:
    data = call.project(REPORTER).repository.blob(call.at["sha"])
    if data is None:
        raise missing("Blob")
    if call.at.get("raw"):
        return Response(data, media_type="text/plain")
    body = {"size": len(data), "encoding": "base64", "content": base64.b64encode(data).decode(), "sha": call.at["sha"]}
    return answer(body)


def raw_blob(call: Call) -> Response:
    call.at["raw"] = "raw"
    return blob(call)


def branch(call: Call) -> Response:
    found = call.project(REPORTER)
    name = call.at["branch"]
    sha = found.repository.resolve(f"refs/heads/{name}")
    if sha is None:
        raise missing("Branch")
    return answer(
        {
            "name": name,
            "default": name == found.default_branch,
            "protected": found.protects(name),
            "commit": entities_commit(found, sha),
        }
    )


def commit(call: Call) -> Response:
    found = call.project(REPORTER)
    return answer(entities_commit(found, _commit(call, found, call.at["sha"])))


def entities_commit(found: Project, sha: str) -> Json:
    row = found.repository.log(("-1", sha))[0]
    return {
        "id": sha,
        "short_id": sha[:8],
        "title": row["message"].partition("\n")[0],
        "message": row["message"],
        "parent_ids": row["parents"].split(),
        "author_name": row["author"],
        "author_email": row["email"],
        "authored_date": row["date"],
        "created_at": row["date"],
        "web_url": f"{found.world.url}/{found.path}/-/commit/{sha}",
    }


def set_status(call: Call) -> Response:
    """Finished statuses are left alone and a new one begins; a live one in the same state refuses (400)."""
    found = call.project(DEVELOPER)
    sha = _commit(call, found, call.at["sha"])
    state, name = call.text("state"), str(call.values.get("name") or call.values.get("context") or "default")
    description = call.values.get("description")
    if state not in EVENTS:
        raise Refused(400, {"error": "state does not have a valid value"})
    if description and len(description) > LONGEST_DESCRIPTION:
        raise Refused(400, {"message": {"description": [f"is too long (maximum is {LONGEST_DESCRIPTION} characters)"]}})
    now = call.world.now()
    live = next(
        (
            one
            for one in found.statuses
            if (one.sha, one.name, one.author) == (sha, name, call.user) and one.state in {"pending", "running"}
        ),
        None,
    )
    if live and state in {live.state, "pending"}:
        event = EVENTS[state]
        told = f"Cannot transition status via :{event} from :{live.state}"
        raise Refused(400, {"message": f'{told} (Reason(s): Status cannot transition via "{event}")'})
    if live is None:
        live = Status(
            call.world.next_id("status"), sha, name, state, call.values.get("ref"), call.user, None, None, now, 1
        )
        found.statuses.append(live)
    live.state = state
    live.description = description or live.description
    live.target_url = call.values.get("target_url") or live.target_url
    return answer(entities.status(live, call.world), 201)


def statuses(call: Call) -> Response:
    found = call.project(REPORTER)
    sha = _commit(call, found, call.at["sha"])
    rows = [one for one in found.statuses if one.sha == sha]
    if not call.flag("all"):
        rows = list({one.name: one for one in rows}.values())
    if call.values.get("name"):
        rows = [one for one in rows if one.name == call.values["name"]]
    return call.page(rows, lambda one: entities.status(one, call.world))


def compare(call: Call) -> Response:
    found = call.project(REPORTER)
    start, end = (found.repository.resolve(call.text(name)) for name in ("from", "to"))
    if start is None or end is None:
        raise missing("Ref")
    base = start if call.flag("straight") else found.repository.merge_base(start, end) or start
    rows = [
        entities.diff(Shown(one, collapsed=False, too_large=False, generated=False))
        for one in found.repository.diff(base, end)
    ]
    commits = [entities_commit(found, row["id"]) for row in found.repository.log((f"{base}..{end}",))]
    return answer({"commits": commits, "diffs": rows, "compare_same_ref": start == end})


ROUTES: tuple[Route, ...] = (
    ("GET", "/user", user),
    ("GET", OWN_TOKEN, own_token),
    ("GET", "/users", users),
    ("GET", "/users/{user}", one_user),
    ("GET", "/version", version),
    ("GET", "/metadata", version),
    ("GET", "/projects", projects),
    ("GET", "/projects/{project}", project),
    ("GET", "/projects/{project}/members/all", members),
    ("GET", "/projects/{project}/members/all/{user}", member),
    ("GET", "/projects/{project}/repository/files/{path}/raw", raw_file),
    ("GET", "/projects/{project}/repository/files/{path}", file),
    ("GET", "/projects/{project}/repository/tree", tree),
    ("GET", "/projects/{project}/search", search),
    ("GET", "/projects/{project}/repository/blobs/{sha}", blob),
    ("GET", "/projects/{project}/repository/blobs/{sha}/raw", raw_blob),
    ("GET", "/projects/{project}/repository/branches/{branch}", branch),
    ("GET", "/projects/{project}/repository/compare", compare),
    ("GET", "/projects/{project}/repository/commits/{sha}", commit),
    ("GET", "/projects/{project}/repository/commits/{sha}/statuses", statuses),
    ("POST", "/projects/{project}/statuses/{sha}", set_status),
)
