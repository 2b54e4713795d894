"""`/api/graphql`, as far as it is the only way: requesting changes, and taking that back (Premium)."""

from typing import Any

from starlette.responses import Response

from reviewbot.standin.gitlab.call import Call, answer
from reviewbot.standin.gitlab.state import MergeRequest, Reviewer

PATH = "/api/graphql"
_STATES = {"mergeRequestRequestChanges": "requested_changes", "mergeRequestDestroyRequestedChanges": "unreviewed"}


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
