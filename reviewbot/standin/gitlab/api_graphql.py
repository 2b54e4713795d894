"""`/api/graphql`, as far as it is the only or the cheapest way: requesting changes, and taking that back (Premium), the
emoji on a merge request's notes, the heads of many projects, and many files of one.
"""

import re
from typing import Any

from starlette.responses import Response

from reviewbot.standin.gitlab.call import Call, answer
from reviewbot.standin.gitlab.state import GUEST, REPORTER, Json, MergeRequest, Note, Reviewer

PATH = "/api/graphql"
COMPLEXITY = 250  # of a query, at most
PAGE = 100  # rows of a connection at most
_FIELDS = re.compile(r"\b(?:project|id|fullPath|visibility|repository|tree|lastCommit|sha)\b(?!:)")
_GITALY = re.compile(r"\b(?:tree|lastCommit)\b")  # each counts once more
_NEXT = re.compile(r"(?=\b\w+: project\()")
_PART = re.compile(r"(\w+): project\(fullPath: \$(\w+)\)")
_REF = re.compile(r"tree\(ref: \$(\w+)\)")
_STATES = {"mergeRequestRequestChanges": "requested_changes", "mergeRequestDestroyRequestedChanges": "unreviewed"}


def answered(call: Call) -> Response:
    """A query for the heads of projects or for emoji on notes, else a mutation."""
    query = str(call.values.get("query") or "")
    if "lastCommit" in query:
        return heads(call, query)
    if "blobs(" in query:
        return blobs(call, query)
    return emoji(call) if "awardEmoji" in query else mutate(call)


def heads(call: Call, query: str) -> Response:
    """Projects by aliases, each with the commits of its default branch and of a ref. Null is what the user may not see:
    the project, or its repository below Reporter where it is private (GraphQL reference, `Project.repository`).
    """
    complexity = len(_FIELDS.findall(query)) + len(_GITALY.findall(query))
    if complexity > COMPLEXITY:
        text = f"Query has complexity of {complexity}, which exceeds max complexity of {COMPLEXITY}"
        return answer({"errors": [{"message": text}]})
    variables: Any = call.values.get("variables") or {}
    data: Json = {}
    for part in _NEXT.split(query):
        if named := _PART.match(part):
            pinned = _REF.search(part)
            data[named[1]] = _project(call, str(variables.get(named[2])), variables.get(pinned[1]) if pinned else None)
    return answer({"data": data})


def _project(call: Call, path: str, ref: str | None) -> Json | None:
    found = next((one for one in call.world.projects.values() if one.path.lower() == path.lower()), None)
    mine = found.level(call.user) if found else 0
    if found is None or (found.visibility == "private" and mine < GUEST):
        return None
    may_read = mine >= REPORTER or (found.visibility != "private" and found.repository_access_level == "enabled")
    head = found.repository.resolve(found.default_branch)
    shown: Json | None = {"newest": _tree(head), "pinned": _tree(found.repository.resolve(ref))} if ref else None
    return {
        "id": f"gid://gitlab/Project/{found.id}",
        "fullPath": found.path,
        "visibility": found.visibility,
        "repository": (shown or {"newest": _tree(head)}) if may_read else None,
    }


def blobs(call: Call, query: str) -> Response:
    """Files by their paths; those that are not there are left out. The variables are `project`, `ref` and `paths`.

    Each path counts one (GitLab, blobs_resolver.rb). `size` is a BigInt, which is text; what is binary has no text, and
    what is no UTF-8 comes translated (Gitlab::EncodingHelper).
    """
    if not call.world.blobs_by_graphql:
        return answer({"errors": [{"message": "Field 'blobs' doesn't exist on type 'Repository'"}]})
    variables: Any = call.values.get("variables") or {}
    paths = [str(path) for path in variables.get("paths") or []]
    if len(paths) + 10 > COMPLEXITY:
        return answer({"errors": [{"message": f"Query has complexity of {len(paths) + 10}"}]})
    shown = _project(call, str(variables.get("project")), None)
    if shown is None or shown["repository"] is None:
        return answer({"data": {"project": shown and {"repository": None}}})
    repository = call.world.projects[int(shown["id"].rpartition("/")[2])].repository
    sha = repository.resolve(str(variables.get("ref")))
    files = [(path, repository.read(sha, path)) for path in dict.fromkeys(paths)] if sha else []
    nodes = [_blob(path, data, query) for path, data in files if data is not None]
    return answer({"data": {"project": {"repository": {"blobs": {"nodes": nodes[:PAGE]}}}}})


def _blob(path: str, data: bytes, query: str) -> Json:
    try:
        text = None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    fields: Json = {"path": path, "size": str(len(data)), "rawTextBlob": text}
    return {name: value for name, value in fields.items() if re.search(rf"\b{name}\b", query)}


def _tree(sha: str | None) -> Json | None:
    return {"lastCommit": {"sha": sha}} if sha else None


def emoji(call: Call) -> Response:
    """A page of notes with their emoji; the variables are `project`, `iid` and `after`, a cursor."""
    if not call.world.emoji_by_graphql:
        return answer({"errors": [{"message": "Field 'awardEmoji' doesn't exist on type 'Note'"}]})
    variables: Any = call.values.get("variables") or {}
    found = _merge_request(call, str(variables.get("project")), int(variables.get("iid") or 0))
    if found is None:
        return answer({"data": {"project": None}})
    rows = sorted(found.notes, key=lambda note: note.id)
    start = int(variables.get("after") or 0)
    notes = {"pageInfo": _page(start, len(rows)), "nodes": [_note(note) for note in rows[start : start + PAGE]]}
    return answer({"data": {"project": {"mergeRequest": {"notes": notes}}}})


def _note(note: Note) -> Json:
    awards = [{"name": one.name, "user": {"id": f"gid://gitlab/User/{one.user.id}"}} for one in note.awards[:PAGE]]
    page = {"hasNextPage": len(note.awards) > PAGE}
    return {"id": f"gid://gitlab/{note.type or 'Note'}/{note.id}", "awardEmoji": {"pageInfo": page, "nodes": awards}}


def _page(start: int, rows: int) -> Json:
    return {"hasNextPage": start + PAGE < rows, "endCursor": str(min(start + PAGE, rows))}


def mutate(call: Call) -> Response:
    """One mutation with the variables `project` and `iid`. Errors come with status 200, as GraphQL has it."""
    query = str(call.values.get("query") or "")
    name = next((one for one in _STATES if one in query), "")
    if not name or not call.world.premium:
        return answer({"errors": [{"message": f"Field '{name or query[:40]}' doesn't exist on type 'Mutation'"}]})
    variables: Any = call.values.get("variables") or {}
    found = _merge_request(call, str(variables.get("project")), int(variables.get("iid") or 0))
    if found is None:
        text = "The resource that you are attempting to access does not exist or you don't have permission"
        return answer({"data": {name: None}, "errors": [{"message": text}]})
    reviewer = _reviewer(found, call)
    if reviewer is None:
        return answer({"data": {name: {"errors": ["Reviewer not found"]}}})
    reviewer.state = _STATES[name]
    return answer({"data": {name: {"errors": []}}})


def _merge_request(call: Call, path: str, iid: int) -> MergeRequest | None:
    visible = [one for one in call.world.projects.values() if one.path == path and one.level(call.user)]
    return visible[0].merge_requests.get(iid) if visible else None


def _reviewer(found: MergeRequest, call: Call) -> Reviewer | None:
    return next((one for one in found.reviewers if one.user is call.user), None)
