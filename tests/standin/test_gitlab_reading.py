"""Merge requests, versions, diffs, files, statuses, permissions: over HTTP with python-gitlab."""

from dataclasses import replace

import gitlab
import pytest
import requests

from reviewbot.standin.gitlab.state import DEVELOPER, GUEST, REPORTER

TEN = "".join(f"line {number}\n" for number in range(1, 11))


def change(scene, **more):
    return scene.open({"a.py": TEN}, {"a.py": TEN.replace("line 5\n", "five\n")}, **more)


def test_diff_refs_are_null_until_gitlab_has_prepared_the_merge_request(scene):
    found = change(scene, unready_reads=2)
    for _ in range(2):
        api = scene.api(found)
        assert (api.diff_refs, api.changes_count, api.prepared_at, api.sha) == (None, None, None, found.sha)
        assert found.unready_reads == 0 or scene.listed(found, "diffs") == []
    assert scene.api(found).diff_refs == found.version.refs
    assert scene.api(found).changes_count == "1"


def test_a_merge_request_says_who_and_where(scene):
    found = change(scene, draft=True, labels=["bug"], reviewers=[scene.bot], title="Shop")
    api = scene.api(found)
    assert (api.draft, api.title, api.labels) == (True, "Draft: Shop", ["bug"])
    assert api.author["username"] == "ada"
    assert [one["username"] for one in api.reviewers] == [scene.bot.username]
    assert api.web_url == f"{scene.url}/group/sub/shop/-/merge_requests/1"
    assert api.references["full"] == "group/sub/shop!1"


def test_labels_are_added_and_taken_away_and_one_of_a_scope_stands(scene):
    found = change(scene, labels=["bug", "a::b::1"])
    api = scene.api(found)
    api.manager.update(found.iid, {"add_labels": "new, a::b::2,a::c", "remove_labels": "bug,never"})
    assert found.labels == ["new", "a::b::2", "a::c"]
    scene.lab.world.premium = False
    api.manager.update(found.iid, {"add_labels": f"a::b::3,{'x' * 256}"})
    assert found.labels == ["new", "a::b::2", "a::c", "a::b::3"]


def test_issues_are_listed_for_those_who_may_see_them(scene):
    found = change(scene, description="Closes #1 and #2")
    scene.project.issue("Open")
    scene.project.issue("Secret", confidential=True)
    assert [one["title"] for one in scene.listed(found, "closes_issues")] == ["Open", "Secret"]
    reader = scene.lab.user("reader")
    scene.project.member(reader, GUEST)
    issues = scene.client(scene.lab.token(reader)).projects.get(scene.project.id).issues
    assert [one.title for one in issues.list(iids=[1, 2], get_all=True)] == ["Open"]
    scene.project.members.pop(reader.id)
    scene.project.visibility, scene.project.issues_access_level = "public", "private"
    assert issues.list(get_all=True) == []


def test_only_what_goes_into_the_default_branch_closes_issues(scene):
    scene.project.issue("Open")
    scene.project.commit("main", {"a.py": "1\n"})
    scene.project.commit("release", {"b.py": TEN})
    scene.project.commit("feature", {"a.py": TEN}, "Add it\n\nFixes #1", parent="release")
    into = scene.project.merge_request("feature", "release", author=scene.author)
    assert scene.listed(into, "closes_issues") == []
    assert [one["iid"] for one in scene.listed(scene.project.merge_request("feature", "main"), "closes_issues")] == [1]


def test_a_project_is_found_by_number_and_by_path(scene):
    client = scene.client()
    assert client.projects.get("group/sub/shop").id == client.projects.get(scene.project.id).id
    client.auth()
    assert (client.user.bot, client.user.username) == (True, scene.bot.username)
    assert client.version()[0].startswith("19")


def test_diffs_come_in_pages_of_twenty_with_links(scene):
    found = scene.open({"a": "1\n"}, {f"f{number:03}.py": f"{number}\n" for number in range(45)})
    assert len(scene.listed(found, "diffs")) == 45
    seen = [one for one in scene.lab.requests if one.path.endswith("/diffs")]
    assert [one.query.count("page=") for one in seen] == [0, 2, 2]
    assert len(scene.listed(found, "diffs", per_page=100)) == 45
    assert len([one for one in scene.lab.requests if one.path.endswith("/diffs")]) == 4


def test_the_shape_of_diffs(scene):
    before = {"keep.py": TEN, "old.py": TEN, "gone.py": "x\n", "mode.sh": "#!\n", "link": "text\n", "ü ñ.py": "1\n"}
    after = {
        "keep.py": TEN.replace("line 5\n", "--- a\n"),
        "old.py": None,
        "new.py": TEN + "eleven\n",
        "gone.py": None,
        "mode.sh": ("100755", "#!\n"),
        "link": ("120000", b"keep.py"),
        "ü ñ.py": "2",
        "logo.png": b"\0\1",
        "empty": b"",
        "latin.txt": "caf\xe9\n".encode("latin-1"),
        "vendored": ("160000", b"1" * 40),
    }
    found = scene.open(before, after)
    rows = {(one["new_path"], one["new_file"]): one for one in scene.listed(found, "diffs", per_page=100)}
    assert rows["keep.py", False]["diff"].startswith("@@ -2,7 +2,7 @@")
    assert "\n+--- a\n" in rows["keep.py", False]["diff"]
    assert (rows["new.py", False]["old_path"], rows["new.py", False]["renamed_file"]) == ("old.py", True)
    assert rows["gone.py", False]["deleted_file"]
    assert (rows["mode.sh", False]["a_mode"], rows["mode.sh", False]["b_mode"]) == ("100644", "100755")
    assert rows["mode.sh", False]["diff"] == ""
    assert rows["ü ñ.py", False]["diff"].endswith("+2\n\\ No newline at end of file\n")
    assert rows["logo.png", True]["diff"] == "Binary files /dev/null and b/logo.png differ\n"
    assert rows["empty", True]["diff"] == ""
    assert rows["latin.txt", True]["diff"] == "@@ -0,0 +1 @@\n+caf\n"
    assert rows["vendored", True]["diff"].endswith(f"+Subproject commit {'1' * 40}\n")
    assert rows["link", False]["deleted_file"]
    assert rows["link", True]["b_mode"] == "120000"


def test_unidiff_adds_the_two_header_lines(scene):
    (row,) = scene.listed(change(scene), "diffs", unidiff="true")
    assert row["diff"].startswith("--- a/a.py\n+++ b/a.py\n@@ ")


def test_large_patches_collapse_and_larger_ones_are_left_out(scene):
    scene.lab.world.limits = replace(scene.lab.world.limits, patch_bytes=1000)
    found = scene.open({}, {"s.py": "x\n" * 20, "m.py": "x\n" * 100, "xl.py": "x\n" * 500})
    rows = {one["new_path"]: one for one in scene.listed(found, "diffs")}
    assert [(rows[name]["collapsed"], rows[name]["too_large"]) for name in ("s.py", "m.py", "xl.py")] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert [bool(rows[name]["diff"]) for name in ("s.py", "m.py", "xl.py")] == [True, False, False]
    raw = scene.api(found).changes(access_raw_diffs=True)
    assert all(one["diff"] for one in raw["changes"])


def test_the_default_limit_collapses_at_twenty_kilobytes(scene):
    found = scene.open({}, {"s.py": "x" * 20_000, "m.py": "x" * 21_000, "xl.py": "x" * 205_000})
    rows = {one["new_path"]: (one["collapsed"], one["too_large"]) for one in scene.listed(found, "diffs")}
    assert rows == {"s.py": (False, False), "m.py": (True, False), "xl.py": (False, True)}


def test_too_many_files_overflow(scene):
    scene.lab.world.limits = replace(scene.lab.world.limits, files=3)
    found = scene.open({}, {f"{number}.py": "x\n" for number in range(5)})
    assert len(scene.listed(found, "diffs")) == 3
    assert scene.api(found).changes_count == "3+"
    assert scene.api(found).changes()["overflow"] is True
    assert scene.listed(found, "versions")[0]["state"] == "overflow"


def test_generated_files_are_marked_by_name_and_by_the_attributes_of_the_base(scene):
    before = {".gitattributes": "gen/* gitlab-generated\n"}
    files = {
        "package-lock.json": "{}\n",
        "gen/a.py": "x\n",
        "b.py": "x\n",
        ".gitattributes": "*.py gitlab-generated\n",
    }
    rows = {one["new_path"]: one for one in scene.listed(scene.open(before, files), "diffs")}
    assert [name for name, one in rows.items() if one["generated_file"]] == ["gen/a.py", "package-lock.json"]
    assert rows["gen/a.py"]["collapsed"]


def test_raw_diffs_are_gits(scene):
    found = change(scene)
    path = f"/projects/{scene.project.id}/merge_requests/1/raw_diffs"
    text = scene.client().http_get(path, raw=True).text
    assert text.startswith("diff --git a/a.py b/a.py\nindex ")
    assert text.endswith("-line 5\n+five\n line 6\n line 7\n line 8\n")
    assert found.sha


def test_versions_come_newest_first_and_hold_their_own_diffs(scene):
    found = change(scene)
    first = found.version
    scene.lab.push(found, {"b.py": "x\n"})
    newest, oldest = scene.api(found).diffs.list(get_all=True)
    assert (oldest.head_commit_sha, newest.head_commit_sha) == (first.head, found.sha)
    assert [one["new_path"] for one in scene.api(found).diffs.get(oldest.id).diffs] == ["a.py"]
    assert newest.base_commit_sha == first.base


def test_a_moved_target_changes_start_but_not_base(scene):
    found = change(scene)
    scene.project.commit("main", {"z.py": "z\n"}, "Elsewhere")
    scene.lab.push(found, {"b.py": "x\n"})
    version = found.version
    assert (version.base, version.start) == (found.versions[0].base, scene.project.repository.resolve("main"))
    assert len(scene.listed(found, "diffs")) == 2


def test_merge_requests_are_listed_by_state_and_time(scene):
    first, second = change(scene), scene.open({}, {"b.py": "x\n"})
    scene.lab.close_merge_request(first)
    project = scene.client().projects.get(scene.project.id)
    assert [one.iid for one in project.mergerequests.list(state="opened", get_all=True)] == [2]
    after = first.updated_at.isoformat()
    assert [one.iid for one in project.mergerequests.list(updated_after=after, get_all=True)] == [1]
    assert scene.client().mergerequests.list(get_all=True) == []
    assert len(scene.client().mergerequests.list(scope="all", get_all=True)) == 2
    assert second.iid == 2


def test_files_and_trees_are_read_at_a_commit(scene):
    found = scene.open({"src/a b.py": "one\n", "top": b"\xff\0"}, {"src/a b.py": "two\n"})
    project = scene.client().projects.get(scene.project.id)
    assert project.files.raw("src/a b.py", ref=found.version.base) == b"one\n"
    assert project.files.get("src/a b.py", ref=found.sha).decode() == b"two\n"
    assert project.files.raw("top", ref="main") == b"\xff\0"
    assert [one["path"] for one in project.repository_tree(recursive=True, get_all=True)] == [
        "src",
        "src/a b.py",
        "top",
    ]
    blob = project.repository_tree("src", get_all=True)[0]
    assert project.repository_raw_blob(blob["id"]) == b"one\n"
    for path, ref in (("nope", "main"), ("top", "nowhere")):
        with pytest.raises(gitlab.GitlabGetError) as error:
            project.files.raw(path, ref=ref)
        assert error.value.response_code == 404


def test_labels_are_added_and_removed(scene):
    found = change(scene, labels=["bug"])
    path = f"/projects/{scene.project.id}/merge_requests/1"
    scene.client().http_put(path, post_data={"add_labels": "a,b", "remove_labels": "bug"})
    assert found.labels == ["a", "b"]


def test_approving_needs_the_head_and_somebody_else(scene):
    found = change(scene)
    with pytest.raises(gitlab.GitlabError) as stale:
        scene.api(found).approve(sha="0" * 40)
    scene.api(found).approve(sha=found.sha)
    with pytest.raises(gitlab.GitlabError) as own:
        scene.api(found, scene.lab.token(scene.author)).approve(sha=found.sha)
    assert (stale.value.response_code, own.value.response_code) == (409, 401)
    scene.api(found).unapprove()
    assert found.approvals == []


def test_a_status_may_not_be_set_to_what_it_is(scene):
    commit = scene.client().projects.get(scene.project.id).commits.get(change(scene).sha)
    commit.statuses.create({"state": "running", "name": "reviewbot"})
    with pytest.raises(gitlab.GitlabCreateError, match="Cannot transition status via :run from :running"):
        commit.statuses.create({"state": "running", "name": "reviewbot"})
    commit.statuses.create({"state": "success", "name": "reviewbot", "description": "3 findings"})
    commit.statuses.create({"state": "running", "name": "reviewbot"})
    assert [one.status for one in commit.statuses.list(get_all=True)] == ["running"]
    assert [one.status for one in commit.statuses.list(all=True, get_all=True)] == ["success", "running"]
    with pytest.raises(gitlab.GitlabCreateError, match="too long"):
        commit.statuses.create({"state": "failed", "name": "x", "description": "x" * 256})


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (("read_api",), "get", "/projects/1/merge_requests/1", 200),
        (("read_api",), "post", "/projects/1/merge_requests/1/notes", 403),
        (("read_repository",), "get", "/projects/1/merge_requests/1", 403),
        (("read_repository",), "get", "/projects/1/repository/tree", 200),
        (("read_user",), "get", "/user", 200),
    ],
)
def test_scopes_are_held(scene, scopes, method, path, status):
    change(scene)
    client = scene.client(scene.lab.token(scene.bot, scopes))
    answer = _request(client, method, path)
    assert answer == status
    assert scene.lab.requests[-1].status == status


def _request(client, method, path):
    try:
        getattr(client, f"http_{method}")(path)
    except gitlab.GitlabError as error:
        return error.response_code
    return 200


@pytest.mark.parametrize(
    ("level", "reading", "writing"),
    [(0, 404, 404), (GUEST, 403, 403), (REPORTER, 200, 403), (DEVELOPER, 200, 400)],
)
def test_levels_are_held(scene, level, reading, writing):
    change(scene)
    person = scene.lab.user("pat")
    scene.project.members[person.id] = level
    client = scene.client(scene.lab.token(person))
    assert _request(client, "get", "/projects/1/merge_requests/1") == reading
    assert _request(client, "post", "/projects/1/statuses/main") == writing


def test_an_unknown_token_is_401_and_a_missing_merge_request_404(scene):
    change(scene)
    assert _request(scene.client("glpat-wrong"), "get", "/projects/1") == 401
    assert _request(scene.client(), "get", "/projects/1/merge_requests/9") == 404
    assert _request(scene.client(), "get", "/no/such/route") == 404


def test_members_have_levels(scene):
    project = scene.client().projects.get(scene.project.id)
    assert project.members_all.get(scene.author.id).access_level == DEVELOPER
    with pytest.raises(gitlab.GitlabGetError):
        project.members_all.get(scene.lab.admin.id)


def test_too_many_requests_are_told_to_wait(scene):
    scene.lab.application.rate.requests = 2
    path, headers = f"{scene.url}/api/v4/projects/1", {"PRIVATE-TOKEN": scene.token}
    with requests.Session() as session:
        statuses = [session.get(path, headers=headers) for _ in range(3)]
    assert [one.status_code for one in statuses] == [200, 200, 429]
    assert statuses[-1].text == "Retry later\n"
    assert 0 < int(statuses[-1].headers["Retry-After"]) <= 60


def heads(scene, *aliases, token="", **variables):
    """`aliases` are (name, fields below `repository`)."""
    parts = " ".join(
        f"{name}: project(fullPath: ${name}) {{ id fullPath visibility repository {{ {fields} }} }}"
        for name, fields in aliases
    )
    answer = requests.post(
        f"{scene.url}/api/graphql",
        json={"query": f"query {{ {parts} }}", "variables": variables},
        headers={"PRIVATE-TOKEN": token or scene.token},
        timeout=20,
    )
    return answer.json()


NEWEST, PINNED = "newest: tree { lastCommit { sha } }", "pinned: tree(ref: $ref) { lastCommit { sha } }"


def test_heads_of_projects_are_told_as_far_as_the_user_may_see_them(scene):
    main = scene.project.commit("main", {"a.py": TEN})
    found = heads(
        scene,
        ("here", NEWEST),
        ("there", NEWEST),
        ("at", f"{NEWEST} {PINNED}"),
        here=scene.project.path,
        there="group/none",
        at=scene.project.path.upper(),
        ref="nowhere",
    )["data"]
    assert found["here"]["fullPath"] == scene.project.path
    assert found["here"]["repository"] == {"newest": {"lastCommit": {"sha": main}}}
    assert found["there"] is None
    assert found["at"]["repository"]["pinned"] is None
    guest = scene.lab.user("guest")
    scene.project.member(guest, GUEST)
    seen = heads(scene, ("here", NEWEST), token=scene.lab.token(guest), here=scene.project.path)["data"]["here"]
    assert (seen["visibility"], seen["repository"]) == ("private", None)
    stranger = scene.lab.token(scene.lab.user("stranger"))
    assert heads(scene, ("here", NEWEST), token=stranger, here=scene.project.path)["data"] == {"here": None}


def test_a_query_that_is_too_complex_is_refused(scene):
    names = [f"p{number}" for number in range(30)]
    refused = heads(scene, *((name, NEWEST) for name in names), **dict.fromkeys(names, scene.project.path))
    assert "exceeds max complexity of 250" in refused["errors"][0]["message"]


def test_many_files_are_told_together_as_graphql_has_it(scene):
    files = {"a.md": "Wörter\n", "b.bin": b"\0\1", "c.md": "é".encode("latin-1"), "d.md": ""}
    sha = scene.project.commit("main", files)
    blobs = "blobs(ref: $ref, paths: $paths) { nodes { path size rawTextBlob } }"
    fields = f"project(fullPath: $project) {{ repository {{ {blobs} }} }}"

    def ask(project, *paths):
        answer = requests.post(
            f"{scene.url}/api/graphql",
            json={"query": f"query {{ {fields} }}", "variables": {"project": project, "ref": sha, "paths": paths}},
            headers={"PRIVATE-TOKEN": scene.token},
            timeout=20,
        )
        return answer.json()

    nodes = ask(scene.project.path, *files, "none.md")["data"]["project"]["repository"]["blobs"]["nodes"]
    assert [(one["path"], one["size"], one["rawTextBlob"]) for one in nodes] == [
        ("a.md", "8", "Wörter\n"),
        ("b.bin", "2", None),
        ("c.md", "1", "é"),
        ("d.md", "0", ""),
    ]
    assert ask("group/none", "a.md") == {"data": {"project": None}}
    assert "complexity" in ask(scene.project.path, *map(str, range(250)))["errors"][0]["message"]
