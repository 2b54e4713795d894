"""API handlers: threads, notes, drafts, reactions."""

from typing import Any

from starlette.responses import Response

from reviewbot.standin.gitlab import entities, noting
from reviewbot.standin.gitlab.call import Call, Route, answer, missing
from reviewbot.standin.gitlab.noting import Refused
from reviewbot.standin.gitlab.positions import canonical
from reviewbot.standin.gitlab.state import DEVELOPER, MAINTAINER, Award, Discussion, Draft, Json, MergeRequest, Note

POSITION_TYPES = {"text", "image", "file"}


def _position(call: Call) -> Json | None:
    raw: Any = call.values.get("position")
    if not raw:
        return None
    if not isinstance(raw, dict):
        raise Refused(400, {"error": "position is invalid"})
    absent = [name for name in ("base_sha", "start_sha", "head_sha", "position_type") if name not in raw]
    if absent:
        raise Refused(400, {"error": ", ".join(f"position[{name}] is missing" for name in absent)})
    if raw["position_type"] not in POSITION_TYPES:
        raise Refused(400, {"error": "position[position_type] does not have a valid value"})
    return dict(raw)


def discussions(call: Call) -> Response:
    found = call.merge_request()
    return call.page(found.discussions, lambda one: entities.discussion(found, one))


def _thread(call: Call, found: MergeRequest) -> Discussion:
    thread = found.discussion(call.at["discussion"])
    if thread is None:
        raise missing("Discussion")
    return thread


def discussion(call: Call) -> Response:
    found = call.merge_request()
    return answer(entities.discussion(found, _thread(call, found)))


def create_discussion(call: Call) -> Response:
    found, user = call.merge_request(), call.user
    thread, _ = noting.write(found, user, call.text("body"), position=_position(call))
    return answer(entities.discussion(found, thread), 201)


def reply(call: Call) -> Response:
    found, user = call.merge_request(), call.user
    thread = _thread(call, found)
    if thread.notes[0].system:
        raise Refused(400, {"message": "400 Bad request - Discussion can not be replied to."})
    _, note = noting.write(found, user, call.text("body"), thread=thread)
    return answer(entities.note(found, note), 201)


def resolve(call: Call) -> Response:
    found, user = call.merge_request(), call.user
    thread = _thread(call, found)
    call.text("resolved")
    if found.project.level(user) < DEVELOPER and user is not found.author:
        raise Refused(403, {"message": "403 Forbidden"})
    if not thread.resolvable:
        raise Refused(403, {"message": "403 Forbidden"})
    noting.resolve(found, thread, user, resolved=call.flag("resolved"))
    return answer(entities.discussion(found, thread))


def notes(call: Call) -> Response:
    found = call.merge_request()
    rows = sorted(found.notes, key=lambda one: one.created_at, reverse=call.values.get("sort") != "asc")
    return call.page(rows, lambda one: entities.note(found, one))


def _note(call: Call, found: MergeRequest) -> tuple[Discussion, Note]:
    for thread in found.discussions:
        for one in thread.notes:
            if str(one.id) == call.at["note"] and call.at.get("discussion") in {None, thread.id}:
                return thread, one
    raise missing("Note")


def note(call: Call) -> Response:
    found = call.merge_request()
    return answer(entities.note(found, _note(call, found)[1]))


def create_note(call: Call) -> Response:
    found, user = call.merge_request(), call.user
    _, one = noting.write(found, user, call.text("body"), threaded=False, internal=call.flag("internal"))
    return answer(entities.note(found, one), 201)


def _own(call: Call, found: MergeRequest) -> tuple[Discussion, Note]:
    thread, one = _note(call, found)
    if one.system or (one.author is not call.user and found.project.level(call.user) < MAINTAINER):
        raise Refused(403, {"message": "403 Forbidden"})
    return thread, one


def edit_note(call: Call) -> Response:
    found = call.merge_request()
    thread, one = _own(call, found)
    noting.change(found, thread, one, call.user, call.text("body"))
    return answer(entities.note(found, one))


def edit_thread_note(call: Call) -> Response:
    if ("body" in call.values) == ("resolved" in call.values):
        raise Refused(400, {"error": "body, resolved are missing, exactly one parameter must be provided"})
    if "body" in call.values:
        return edit_note(call)
    found = call.merge_request()
    thread, one = _note(call, found)
    resolve(call)
    return answer(entities.note(found, one if one in thread.notes else thread.notes[0]))


def delete_note(call: Call) -> Response:
    found = call.merge_request()
    noting.delete(found, *_own(call, found))
    return Response(status_code=204)


def awards(call: Call) -> Response:
    found = call.merge_request()
    _, one = _note(call, found)
    return call.page(one.awards, lambda award: entities.award(found, award, one.id, "Note"))


def create_award(call: Call) -> Response:
    found, user = call.merge_request(), call.user
    thread, one = _note(call, found)
    award = noting.react(found, thread, one, user, call.text("name").strip(":"))
    return answer(entities.award(found, award, one.id, "Note"), 201)


def delete_award(call: Call) -> Response:
    found = call.merge_request()
    thread, one = _note(call, found)
    award: Award | None = next((award for award in one.awards if str(award.id) == call.at["award"]), None)
    if award is None:
        raise missing()
    if award.user is not call.user:
        raise Refused(403, {"message": "403 Forbidden"})
    noting.unreact(found, thread, one, award)
    return Response(status_code=204)


def _drafts(call: Call, found: MergeRequest) -> list[Draft]:
    """Nobody sees the drafts of others."""
    return [one for one in found.drafts if one.author is call.user]


def _draft(call: Call, found: MergeRequest) -> Draft:
    one = next((one for one in _drafts(call, found) if str(one.id) == call.at["draft"]), None)
    if one is None:
        raise missing()
    return one


def drafts(call: Call) -> Response:
    found = call.merge_request()
    return call.page(_drafts(call, found), lambda one: entities.draft(found, one))


def draft(call: Call) -> Response:
    found = call.merge_request()
    return answer(entities.draft(found, _draft(call, found)))


def create_draft(call: Call) -> Response:
    found = call.merge_request()
    call.text("note")
    values = {**call.values, "position": _position(call)}
    return answer(entities.draft(found, noting.new_draft(found, call.user, values)), 201)


def edit_draft(call: Call) -> Response:
    found = call.merge_request()
    one = _draft(call, found)
    if call.values.get("note") is not None:
        one.note = str(call.values["note"])
    position = _position(call)
    if position is not None:
        one.position = canonical(position)
    return answer(entities.draft(found, one))


def delete_draft(call: Call) -> Response:
    found = call.merge_request()
    found.drafts.remove(_draft(call, found))
    return Response(status_code=204)


def _publish(call: Call, found: MergeRequest, ready: list[Draft]) -> Response:
    try:
        noting.publish(found, call.user, ready)
    except Refused:  # GitLab does not catch the record error: an empty 500
        return Response(status_code=500)
    return Response(status_code=204)


def publish_draft(call: Call) -> Response:
    found = call.merge_request()
    return _publish(call, found, [_draft(call, found)])


def publish_drafts(call: Call) -> Response:
    found = call.merge_request()
    return _publish(call, found, _drafts(call, found))


MR = "/projects/{project}/merge_requests/{iid}"
NOTE = f"{MR}/notes/{{note}}"
THREAD = f"{MR}/discussions/{{discussion}}"
DRAFT = f"{MR}/draft_notes/{{draft}}"
ROUTES: tuple[Route, ...] = (
    ("GET", f"{MR}/discussions", discussions),
    ("POST", f"{MR}/discussions", create_discussion),
    ("GET", THREAD, discussion),
    ("PUT", THREAD, resolve),
    ("POST", f"{THREAD}/notes", reply),
    ("GET", f"{THREAD}/notes/{{note}}", note),
    ("PUT", f"{THREAD}/notes/{{note}}", edit_thread_note),
    ("DELETE", f"{THREAD}/notes/{{note}}", delete_note),
    ("GET", f"{MR}/notes", notes),
    ("POST", f"{MR}/notes", create_note),
    ("GET", NOTE, note),
    ("PUT", NOTE, edit_note),
    ("DELETE", NOTE, delete_note),
    ("GET", f"{NOTE}/award_emoji", awards),
    ("POST", f"{NOTE}/award_emoji", create_award),
    ("DELETE", f"{NOTE}/award_emoji/{{award}}", delete_award),
    ("GET", f"{MR}/draft_notes", drafts),
    ("POST", f"{MR}/draft_notes", create_draft),
    ("POST", f"{MR}/draft_notes/bulk_publish", publish_drafts),
    ("GET", DRAFT, draft),
    ("PUT", DRAFT, edit_draft),
    ("DELETE", DRAFT, delete_draft),
    ("PUT", f"{DRAFT}/publish", publish_draft),
)
