"""`/api/graphql`, as far as it is the only or the cheapest way: requesting changes, and taking that back (Premium), and
the emoji on a merge request's notes.
"""

from typing import Any

from starlette.responses import Response

from reviewbot.standin.gitlab.call import Call, answer
from reviewbot.standin.gitlab.state import Json, MergeRequest, Note, Reviewer

PATH = "/api/graphql"
PAGE = 100  # rows of a connection at most
_STATES = {"mergeRequestRequestChanges": "requested_changes", "mergeRequestDestroyRequestedChanges": "unreviewed"}


def answered(call: Call) -> Response:
    """A query for emoji on notes, else a mutation."""
    return emoji(call) if "awardEmoji" in str(call.values.get("query") or "") else mutate(call)


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
