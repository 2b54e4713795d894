"""Commits and merge requests made by the API: what GitLab takes, and what it refuses in which words."""

import base64

import gitlab
import pytest

from reviewbot.standin.gitlab.state import DEVELOPER, MAINTAINER, REPORTER


@pytest.fixture
def api(scene):
    scene.project.commit("main", {"a.py": "one\n", "b.py": "two\n"}, "Before", author=scene.author)
    return scene.client().projects.get(scene.project.id)


def action(kind="update", path="a.py", content="other\n", **more):
    return {"action": kind, "file_path": path, "content": content, **more}


def commit(api, *actions, branch="new", **more):
    given = {"branch": branch, "start_branch": "main", "commit_message": "Title\n\nBody", "actions": list(actions)}
    return api.commits.create({**given, **more})


def refused(status, words, call, *given, **more):
    with pytest.raises(gitlab.GitlabError) as error:
        call(*given, **more)
    assert (error.value.response_code, words in str(error.value.error_message)) == (status, True)


def test_a_commit_makes_its_branch_from_another_one_and_changes_files(scene, api):
    encoded = base64.b64encode(b"\xff\n").decode()
    made = commit(api, action(), action("create", "c/d.py"), action("create", "raw", encoded, encoding="base64"))
    assert (made.title, made.parent_ids) == ("Title", [scene.project.repository.resolve("main")])
    read = [scene.project.repository.read(made.id, path) for path in ("a.py", "b.py", "c/d.py", "raw")]
    assert read == [b"other\n", b"two\n", b"other\n", b"\xff\n"]
    again = commit(api, action("delete", "b.py"), branch="new", start_branch="new")
    assert again.parent_ids == [made.id]


def test_what_does_not_fit_is_refused(scene, api):
    commit(api, action())
    refused(400, "A branch called 'new' already exists", commit, api, action())
    refused(400, "A file with this name already exists", commit, api, action("create"), branch="x")
    refused(400, "A file with this name doesn't exist", commit, api, action(path="no.py"), branch="x")
    refused(400, "branch does not exist", commit, api, action(), branch="x", start_branch="no")
    forced = commit(api, action("create", "c.py"), force=True)
    assert scene.project.repository.read(forced.id, "a.py") == b"one\n"  # made anew from `main`


def test_a_file_that_has_changed_since_it_was_read_is_refused(scene, api):
    known = api.files.get("a.py", "main").last_commit_id
    scene.project.commit("main", {"b.py": "more\n"})
    assert api.files.get("a.py", "main").last_commit_id == known
    commit(api, action(last_commit_id=known))
    scene.project.commit("main", {"a.py": "more\n"})
    refused(400, "The file has changed since", commit, api, action(last_commit_id=known), branch="x")


def test_protected_branches_roles_and_archives_keep_people_out(scene, api):
    scene.project.protected.add("reviewbot/*")
    refused(403, "not allowed to push into this branch", commit, api, action(), branch="reviewbot/x")
    refused(403, "not allowed to push", commit, api, action(), branch="main", start_branch="main")
    scene.project.members[scene.bot.id] = MAINTAINER
    commit(api, action(), branch="reviewbot/x")
    scene.project.members[scene.bot.id] = REPORTER
    refused(403, "403 Forbidden", commit, api, action(), branch="y")
    scene.project.members[scene.bot.id] = DEVELOPER
    scene.project.archived = True
    assert scene.client().projects.get(scene.project.id).archived is True
    refused(403, "403 Forbidden", commit, api, action(), branch="y")


def test_one_open_merge_request_of_a_branch(scene, api):
    commit(api, action())
    given = {"source_branch": "new", "target_branch": "main", "title": "T", "description": "D"}
    made = api.mergerequests.create(given)
    assert (made.author["username"], made.description, made.state) == (scene.bot.username, "D", "opened")
    refused(
        409, "Another open merge request already exists for this source branch: !1", api.mergerequests.create, given
    )
    made.state_event = "close"
    made.save()
    assert api.mergerequests.create(given).iid == 2
    refused(400, "does not exist", api.mergerequests.create, {**given, "source_branch": "no"})


def test_a_description_commands_as_a_comment_does(scene, api):
    commit(api, action())
    words = "Words\n/label ~bug\n`/merge`"
    made = api.mergerequests.create(
        {"source_branch": "new", "target_branch": "main", "title": "T", "description": words}
    )
    assert scene.project.merge_requests[made.iid].labels == ["bug"]
    assert (made.description, made.state) == ("Words\n`/merge`", "opened")


def test_a_commit_on_a_branch_is_a_push_to_its_merge_request(scene, api):
    commit(api, action())
    made = api.mergerequests.create({"source_branch": "new", "target_branch": "main", "title": "T"})
    second = commit(api, action(content="again\n"), start_branch="new")
    assert api.mergerequests.get(made.iid).sha == second.id
