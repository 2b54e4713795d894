"""The same repositories over smart HTTP, with the real git."""

import os
import subprocess

import pytest


def git(*arguments, cwd=None, check=True):
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    done = subprocess.run(("git", *arguments), cwd=cwd, capture_output=True, env=environment, check=False)
    assert not check or done.returncode == 0, done.stderr.decode()
    return done


def address(scene, token=None, project=None):
    host = scene.url.replace("http://", f"http://oauth2:{token or scene.token}@")
    return f"{host}/{(project or scene.project).path}.git"


@pytest.fixture
def opened(scene):
    return scene.open({"a.py": "1\n"}, {"a.py": "2\n"})


def test_any_commit_of_a_merge_request_is_fetched_by_its_sha_without_blobs(scene, opened, tmp_path):
    first = opened.sha
    scene.project.repository.git("update-ref", "-d", "refs/heads/feature-0")
    git("init", "-q", "--bare", ".", cwd=tmp_path)
    git("fetch", "-q", "--depth=1", "--filter=blob:none", address(scene), first, cwd=tmp_path)
    assert git("cat-file", "-t", first, cwd=tmp_path).stdout == b"commit\n"


def test_the_head_of_a_merge_request_is_a_ref(scene, opened):
    listing = git("ls-remote", address(scene)).stdout.decode()
    assert f"{opened.sha}\trefs/merge-requests/1/head" in listing
    assert "keep-around" not in listing


def test_versions_of_before_a_forced_push_stay(scene, opened, tmp_path):
    first = opened.sha
    scene.project.repository.commit("feature-0", {"a.py": "3\n"}, "Rewritten", parent=opened.version.base)
    scene.project.push("feature-0")
    assert len(opened.versions) == 2
    git("init", "-q", "--bare", ".", cwd=tmp_path)
    git("fetch", "-q", address(scene), first, cwd=tmp_path)


def test_a_fork_brings_its_commits_into_the_target(scene, tmp_path):
    scene.project.commit("main", {"a.py": "1\n"}, "First")
    outsider = scene.lab.user("eve")
    fork = scene.project.fork("eve/shop", outsider)
    fork.commit("fix", {"a.py": "2\n"}, "Fix")
    found = scene.project.merge_request("fix", author=outsider, source_project=fork)
    assert scene.api(found).source_project_id == fork.id
    assert scene.listed(found, "diffs")[0]["diff"].endswith("-1\n+2\n")
    git("init", "-q", "--bare", ".", cwd=tmp_path)
    git("fetch", "-q", address(scene), found.sha, cwd=tmp_path)
    assert git("ls-remote", address(scene, project=fork), check=False).returncode != 0


@pytest.mark.parametrize("scopes", [("read_api",), ("read_user",)])
def test_git_needs_the_scope_for_it(scene, opened, scopes):
    token = scene.lab.token(scene.bot, scopes)
    assert git("ls-remote", address(scene, token), check=False).returncode != 0
    assert scene.lab.requests[-1].status == 403


def test_git_needs_a_token_that_is_known(scene, opened):
    assert git("ls-remote", address(scene, "wrong"), check=False).returncode != 0
    assert git("ls-remote", address(scene, scene.lab.token(scene.bot, ("read_repository",)))).stdout


def test_a_push_over_http_makes_a_new_version(scene, opened, tmp_path):
    hook = scene.lab.hook("http://127.0.0.1:9/", background=False)
    token = scene.lab.token(scene.author)
    git("clone", "-q", "-b", "feature-0", address(scene, token), "work", cwd=tmp_path)
    (tmp_path / "work" / "b.py").write_text("3\n")
    git("add", ".", cwd=tmp_path / "work")
    git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "More", cwd=tmp_path / "work")
    before = opened.sha
    git("push", "-q", "origin", "feature-0", cwd=tmp_path / "work")
    assert len(opened.versions) == 2
    (delivery,) = scene.lab.deliveries.all
    assert (delivery.hook, delivery.payload["object_attributes"]["oldrev"]) == (hook, before)
