"""Drafts, threads, notes, reactions, quick actions: over HTTP with python-gitlab."""

import gitlab
import pytest

from reviewbot.standin.gitlab.state import DEVELOPER, REPORTER

TEN = "".join(f"line {number}\n" for number in range(1, 11))


@pytest.fixture
def opened(scene):
    return scene.open({"a.py": TEN}, {"a.py": TEN.replace("line 5\n", "five\n")})


def draft(scene, api, merge_request, line, body="Look"):
    return api.draft_notes.create({"note": body, "position": scene.position(merge_request, "a.py", None, line)})


def test_drafts_are_not_checked_and_nobody_else_sees_them(scene, opened):
    api = scene.api(opened)
    assert draft(scene, api, opened, 999).line_code is None
    other = scene.lab.user("bob")
    scene.project.member(other)
    elsewhere = scene.api(opened, scene.lab.token(other))
    assert elsewhere.draft_notes.list(get_all=True) == []
    with pytest.raises(gitlab.GitlabGetError):
        elsewhere.draft_notes.get(api.draft_notes.list(get_all=True)[0].id)
    assert scene.lab.comments(opened) == []


def test_published_drafts_become_notes_on_their_lines_with_one_mail(scene, opened):
    api = scene.api(opened)
    draft(scene, api, opened, 5, "first")
    api.draft_notes.create({"note": "no position"})
    assert api.draft_notes.list(get_all=True)[1].position["new_path"] is None
    api.draft_notes.bulk_publish()
    assert [(comment.text, comment.body) for comment in scene.lab.comments(opened)] == [("five", "first")]
    assert [note.body for note in scene.lab.notes(opened)] == ["no position"]
    assert api.draft_notes.list(get_all=True) == []
    assert scene.lab.world.emails == 1


def test_one_bad_draft_fails_halfway_and_leaves_notes_and_drafts(scene, opened):
    api = scene.api(opened)
    for line in (5, 999, 5):
        draft(scene, api, opened, line)
    with pytest.raises(gitlab.GitlabHttpError) as error:
        api.draft_notes.bulk_publish()
    assert (error.value.response_code, error.value.response_body) == (500, b"")
    assert len(scene.lab.comments(opened)) == 1
    assert len(api.draft_notes.list(get_all=True)) == 3


def test_one_draft_is_changed_published_and_another_deleted(scene, opened):
    api = scene.api(opened)
    one, other = draft(scene, api, opened, 5), draft(scene, api, opened, 5)
    one.note = "better"
    one.save()
    one.publish()
    other.delete()
    assert [comment.body for comment in scene.lab.comments(opened)] == ["better"]
    assert api.draft_notes.list(get_all=True) == []


def test_a_published_answer_that_does_not_resolve_reopens_the_thread(scene, opened):
    api = scene.api(opened)
    thread = api.discussions.create({"body": "why"})
    thread.resolved = True
    thread.save()
    api.draft_notes.create({"note": "because", "in_reply_to_discussion_id": thread.id})
    api.draft_notes.bulk_publish()
    notes = api.discussions.get(thread.id).attributes["notes"]
    assert [note["resolved"] for note in notes] == [False, False]
    api.draft_notes.create({"note": "done", "in_reply_to_discussion_id": thread.id, "resolve_discussion": True})
    api.draft_notes.bulk_publish()
    assert all(note["resolved"] for note in api.discussions.get(thread.id).attributes["notes"])


def test_a_draft_answer_to_no_thread_is_refused(scene, opened):
    with pytest.raises(gitlab.GitlabCreateError, match="Thread to reply to"):
        scene.api(opened).draft_notes.create({"note": "x", "in_reply_to_discussion_id": "f" * 40})


def test_publishing_marks_the_reviewer(scene, opened):
    scene.lab.edit(opened, reviewers=[scene.bot])
    draft(scene, scene.api(opened), opened, 5)
    scene.api(opened).draft_notes.bulk_publish()
    assert opened.reviewers[0].state == "reviewed"


def test_discussions_come_in_pages_with_system_and_individual_notes(scene, opened):
    api = scene.api(opened)
    for number in range(45):
        api.notes.create({"body": f"note {number}"})
    api.discussions.create({"body": "a thread"})
    scene.lab.push(opened, {"b.py": "x\n"})
    found = scene.listed(opened, "discussions")
    assert len(found) == 47
    assert [one["individual_note"] for one in found[-2:]] == [False, True]
    assert found[-1]["notes"][0]["system"]
    assert found[0]["notes"][0]["resolvable"] is False
    assert found[-2]["notes"][0]["type"] == "DiscussionNote"
    assert sum(seen.path.endswith("/discussions") and seen.method == "GET" for seen in scene.lab.requests) == 3


def test_a_thread_is_resolved_by_a_person_who_is_named(scene, opened):
    api = scene.api(opened)
    thread = api.discussions.create({"body": "a", "position": scene.position(opened, "a.py", None, 5)})
    scene.lab.resolve(opened, opened.discussion(thread.id), scene.author)
    note = api.discussions.get(thread.id).attributes["notes"][0]
    assert (note["resolved"], note["resolved_by"]["username"]) == (True, "ada")
    assert opened.notes[-1].body == "resolved all threads"


def test_an_individual_note_is_not_resolvable_until_somebody_answers(scene, opened):
    api = scene.api(opened)
    api.notes.create({"body": "plain"})
    thread = api.discussions.list(get_all=True)[0]
    thread.resolved = True
    with pytest.raises(gitlab.GitlabUpdateError) as error:
        thread.save()
    assert error.value.response_code == 403
    thread.notes.create({"body": "answer"})
    assert api.discussions.get(thread.id).attributes["individual_note"] is False


def test_a_system_note_takes_no_answer(scene, opened):
    scene.lab.push(opened, {"b.py": "x\n"})
    api = scene.api(opened)
    with pytest.raises(gitlab.GitlabCreateError, match="can not be replied"):
        api.discussions.list(get_all=True)[0].notes.create({"body": "x"})


def test_resolving_needs_a_developer_or_the_author(scene, opened):
    reporter = scene.lab.user("rita")
    scene.project.member(reporter, REPORTER)
    thread = scene.api(opened).discussions.create({"body": "a"})
    theirs = scene.api(opened, scene.lab.token(reporter)).discussions.get(thread.id)
    theirs.resolved = True
    with pytest.raises(gitlab.GitlabUpdateError) as error:
        theirs.save()
    assert error.value.response_code == 403


def test_notes_are_edited_and_deleted_by_their_author_only(scene, opened):
    api = scene.api(opened)
    note = api.notes.create({"body": "one"})
    note.body = "two"
    note.save()
    other = scene.lab.user("bob")
    scene.project.member(other, DEVELOPER)
    theirs = scene.api(opened, scene.lab.token(other)).notes.get(note.id)
    theirs.body = "three"
    with pytest.raises(gitlab.GitlabUpdateError) as error:
        theirs.save()
    assert error.value.response_code == 403
    assert [one.body for one in scene.lab.notes(opened)] == ["two"]
    note.delete()
    assert scene.lab.notes(opened) == []


def test_a_thread_note_takes_exactly_one_of_body_and_resolved(scene, opened):
    thread = scene.api(opened).discussions.create({"body": "a"})
    path = f"/projects/{scene.project.id}/merge_requests/1/discussions/{thread.id}/notes/{opened.notes[0].id}"
    client = scene.client()
    with pytest.raises(gitlab.GitlabHttpError, match="exactly one"):
        client.http_put(path, post_data={"body": "b", "resolved": True})
    assert client.http_put(path, post_data={"resolved": True})["resolved"] is True
    assert client.http_put(path, post_data={"body": "b"})["body"] == "b"


def test_reactions_are_listed_and_never_doubled(scene, opened):
    note = scene.api(opened).notes.create({"body": "one"})
    award = note.awardemojis.create({"name": "eyes"})
    with pytest.raises(gitlab.GitlabCreateError) as error:
        note.awardemojis.create({"name": "eyes"})
    assert error.value.response_code == 404
    assert [one.name for one in note.awardemojis.list(get_all=True)] == ["eyes"]
    note.awardemojis.delete(award.id)
    assert note.awardemojis.list(get_all=True) == []


def test_commands_in_a_body_are_carried_out_and_recorded(scene, opened):
    api = scene.api(opened)
    api.notes.create({"body": 'Nice.\n/label ~bug ~"needs work"\n/unknown stays'})
    assert opened.labels == ["bug", "needs work"]
    assert scene.lab.notes(opened)[0].body == "Nice.\n/unknown stays"
    assert [(action.command, action.user) for action in scene.lab.quick_actions] == [("label", scene.bot)]


def test_a_body_of_commands_alone_leaves_no_note(scene, opened):
    answer = scene.client().http_post(
        f"/projects/{scene.project.id}/merge_requests/1/notes", post_data={"body": "/close"}, raw=True
    )
    assert answer["summary"] == ["Applied /close."]
    assert scene.lab.requests[-1].status == 202
    assert scene.lab.notes(opened) == []
    assert opened.state == "closed"


def test_commands_in_code_and_quotes_are_text(scene, opened):
    body = "```\n/close\n```\n`/merge`\n>>>\n/approve\n>>>\n\u200b/title no\n    /indented"
    scene.api(opened).notes.create({"body": body})
    assert scene.lab.notes(opened)[0].body == body
    assert scene.lab.quick_actions == []


def test_a_body_has_a_limit(scene, opened):
    api = scene.api(opened)
    api.notes.create({"body": "x" * 1_000_000})
    with pytest.raises(gitlab.GitlabCreateError, match="too long"):
        api.notes.create({"body": "x" * 1_000_001})
    with pytest.raises(gitlab.GitlabCreateError, match="blank"):
        api.notes.create({"body": "  "})
