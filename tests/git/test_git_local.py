"""A person's repository is read without a checkout, and nothing in it is run or changed."""

import os
import subprocess

import pytest

from reviewbot.core import diffs
from reviewbot.errors import SourceUnavailable, UsageError
from reviewbot.git.local import LocalRepository

IDENTITY = ("-c", "user.name=Dev", "-c", "user.email=dev@example.com", "-c", "protocol.file.allow=always")


def git(folder, *arguments):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, env=environment, capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text("one\ntwo\nthree\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "ä ö.txt").write_bytes(b"caf\xc3\xa9\r\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "checkout", "-q", "-b", "feature")
    (folder / "a.txt").write_text("one\n2\nthree\n")
    (folder / "b.txt").write_text("new\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "second")
    return folder


def test_files_are_read_at_commits_and_absent_ones_left_out(checkout):
    repository = LocalRepository(checkout / "sub")
    assert repository.root == checkout
    main = repository.resolve("main")
    assert repository.read(main, ["a.txt", "b.txt", "sub/ä ö.txt", "sub"]) == {
        "a.txt": b"one\ntwo\nthree\n",
        "sub/ä ö.txt": b"caf\xc3\xa9\r\n",
    }


def test_the_difference_of_two_commits(checkout):
    repository = LocalRepository(checkout)
    base, head = repository.merge_base("main", "feature"), repository.resolve("HEAD")
    parsed = diffs.parse_git(repository.diff(base, head))
    assert [(file.path, file.added, file.removed) for file in parsed.files] == [("a.txt", 1, 1), ("b.txt", 1, 0)]
    assert [file.path for file in diffs.parse_git(repository.diff(base, head, ["b.txt"])).files] == ["b.txt"]


def test_the_working_tree_is_compared_and_read_as_it_is(checkout):
    repository = LocalRepository(checkout)
    (checkout / "a.txt").write_text("one\n2\nthree\nfour\n")
    (checkout / "unknown.txt").write_text("?\n")
    parsed = diffs.parse_git(repository.working_tree_diff(repository.resolve("main")))
    assert [(file.path, file.added) for file in parsed.files] == [("a.txt", 2), ("b.txt", 1)]
    assert repository.read("", ["a.txt", "nowhere"]) == {"a.txt": b"one\n2\nthree\nfour\n"}
    assert repository.untracked() == ("unknown.txt",)


def test_no_link_of_the_working_tree_is_followed(checkout, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (checkout / "link").symlink_to(tmp_path / "outside" / "secret")
    (checkout / "folder").symlink_to(tmp_path / "outside")
    git(checkout, "add", ".")
    found = LocalRepository(checkout).read("", ["link", "folder/secret", "../outside/secret", "/etc/passwd"])
    assert found == {"link": os.fsencode(tmp_path / "outside" / "secret")}


@pytest.mark.parametrize(
    "ref", ["", "-h", "--output=x", "--all", "main\n", "nowhere", "main:a.txt", "main^{tree}", "../..", "\x00", "@{u}"]
)
def test_a_name_that_is_no_commit_is_a_usage_error(checkout, ref):
    before = sorted(checkout.iterdir())
    with pytest.raises(UsageError):
        LocalRepository(checkout).resolve(ref)
    assert sorted(checkout.iterdir()) == before


@pytest.mark.parametrize("sha", ["", "HEAD", "--output=pwned", "main", "a" * 39, "A" * 40])
def test_only_whole_ids_get_into_commands(checkout, sha):
    repository = LocalRepository(checkout)
    with pytest.raises(SourceUnavailable):
        repository.diff(sha, repository.resolve("main"))
    assert not (checkout / "pwned").exists()


HOSTILE = ["--output=pwned", "-p", ":(top)a.txt", ":!a.txt", "*", "a*", "[a].txt", "a\nb", 'q"uote', "back\\slash", "ü"]


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_file_names_are_names_and_nothing_else(checkout, path):
    (checkout / path).write_text("content\n")
    git(checkout, "add", "--", f":(literal){path}")
    git(checkout, "commit", "-q", "-m", "odd")
    repository = LocalRepository(checkout)
    head = repository.resolve("HEAD")
    assert repository.read(head, [path]) == {path: b"content\n"}
    parsed = diffs.parse_git(repository.diff(repository.resolve("HEAD~1"), head, [path]))
    assert [file.path for file in parsed.files] == [path]
    assert not (checkout / "pwned").exists()


@pytest.mark.parametrize("path", ["", ".", "..", "../x", "/etc/passwd", "a//b", "a/../b", "nul\0", "\ud800"])
def test_paths_that_no_commit_holds_are_absent(checkout, path):
    repository = LocalRepository(checkout)
    assert repository.read(repository.resolve("main"), [path]) == {}


def test_configuration_and_drivers_of_the_repository_do_not_run_or_shape_the_diff(checkout, tmp_path):
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat $1\n")
    trap.chmod(0o755)
    for key, value in {
        "diff.external": str(trap),
        "diff.trap.command": str(trap),
        "diff.trap.textconv": str(trap),
        "core.fsmonitor": str(trap),
        "core.pager": str(trap),
        "core.hooksPath": str(tmp_path),
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "diff.context": "9",
        "color.ui": "always",
        "core.quotePath": "true",
    }.items():
        git(checkout, "config", key, value)
    (checkout / ".git" / "info" / "attributes").write_text("*.txt diff=trap\n")
    repository = LocalRepository(checkout)
    text = repository.diff(repository.resolve("main"), repository.resolve("feature"))
    repository.working_tree_diff(repository.resolve("main"))
    assert text.startswith(b"diff --git a/a.txt b/a.txt\n")
    assert not (tmp_path / "sprung").exists()


def trap(tmp_path, name):
    """A program that leaves a file behind when it runs, and a test that asks for it."""
    program = tmp_path / f"{name}.sh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung-{name}\ncat\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("driver", ["t", "a.b", "odd name=1"])
def test_filters_of_the_repository_are_not_run_over_the_working_tree(checkout, tmp_path, driver):
    git(checkout, "config", f"filter.{driver}.clean", trap(tmp_path, "clean"))
    git(checkout, "config", f"filter.{driver}.required", "true")
    git(checkout, "config", f"filter.{driver}2.process", trap(tmp_path, "process"))
    git(checkout, "config", "filter.none", "x")
    if driver != "odd name=1":  # no attribute can name it
        attributes = f"a.txt filter={driver}\nb.txt filter={driver}2\n"
        (checkout / ".git" / "info" / "attributes").write_text(attributes)
    (checkout / "a.txt").write_text("one\n3\nthree\n")
    (checkout / "b.txt").write_text("old\n")
    repository = LocalRepository(checkout)
    assert b"+3\n" in repository.working_tree_diff(repository.resolve("main"))
    assert list(tmp_path.glob("sprung*")) == []


def test_a_filter_that_the_person_chose_is_run(checkout, tmp_path, monkeypatch):
    """As Git LFS installs itself: without it every large file would be a change."""
    (tmp_path / ".gitconfig").write_text('[filter "own"]\n\tclean = sed s/3/2/\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    (checkout / ".git" / "info" / "attributes").write_text("a.txt filter=own\n")
    (checkout / "a.txt").write_text("one\n3\nthree\n")
    repository = LocalRepository(checkout)
    assert repository.working_tree_diff(repository.resolve("feature")) == b""


def test_nothing_is_run_in_a_submodule(checkout, tmp_path):
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    (origin / "f").write_text("x\n")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "first")
    git(checkout, "submodule", "--quiet", "add", str(origin), "module")
    git(checkout, "commit", "-q", "-m", "module")
    module = checkout / "module"
    git(module, "config", "core.fsmonitor", trap(tmp_path, "monitor"))
    git(module, "config", "filter.t.clean", trap(tmp_path, "clean"))
    information = checkout / ".git" / "modules" / "module" / "info"
    information.mkdir(exist_ok=True)
    (information / "attributes").write_text("* filter=t\n")
    (module / "f").write_text("y\n")
    repository = LocalRepository(checkout)
    assert b"Subproject commit" in repository.working_tree_diff(repository.resolve("main"))
    assert list(tmp_path.glob("sprung*")) == []


def test_git_variables_around_us_are_not_inherited(checkout, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/bin/false")
    repository = LocalRepository(checkout)
    assert b"b.txt" in repository.diff(repository.resolve("main"), repository.resolve("feature"))


def test_a_submodule_is_neither_read_nor_fetched(checkout):
    other = git(checkout, "rev-parse", "HEAD")
    git(checkout, "update-index", "--add", "--cacheinfo", f"160000,{other},module")
    git(checkout, "commit", "-q", "-m", "module")
    repository = LocalRepository(checkout)
    assert repository.read(repository.resolve("HEAD"), ["module"]) == {}
    assert b"Subproject commit" in repository.diff(repository.resolve("HEAD~1"), repository.resolve("HEAD"))


def test_the_index_is_left_alone(checkout):
    index = checkout / ".git" / "index"
    os.utime(checkout / "a.txt", (1, 1))
    before = index.read_bytes()
    repository = LocalRepository(checkout)
    repository.working_tree_diff(repository.resolve("main"))
    assert index.read_bytes() == before


def test_a_folder_without_a_repository_says_what_to_do(tmp_path):
    with pytest.raises(UsageError, match="no git repository"):
        LocalRepository(tmp_path)
    with pytest.raises(SourceUnavailable, match="not there"):
        LocalRepository(tmp_path / "nowhere")


def test_a_bare_repository_and_one_without_commits_say_what_to_do(checkout, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(checkout), "bare.git")
    with pytest.raises(UsageError, match="has no working tree") as raised:
        LocalRepository(tmp_path / "bare.git")
    assert "git diff A...B | reviewbot review --diff -" in raised.value.mend
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(UsageError, match="has no commit yet"):
        LocalRepository(tmp_path / "empty").resolve("HEAD")


def test_unrelated_histories_have_no_merge_base(checkout):
    git(checkout, "checkout", "-q", "--orphan", "other")
    git(checkout, "commit", "-q", "-m", "alone")
    with pytest.raises(UsageError, match="no common commit"):
        LocalRepository(checkout).merge_base("main", "other")


def test_without_git_it_is_said(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SourceUnavailable, match="git is not installed"):
        LocalRepository(checkout)


def test_what_landed_on_a_branch_is_told_without_what_came_with_its_merges(checkout):
    git(checkout, "checkout", "-q", "main")
    words = "Merge feature\n\nWords \x1b[2J\n\nSee merge request team/sub.app!12"
    git(checkout, "merge", "-q", "--no-ff", "-m", words, "feature")
    git(checkout, "commit", "-q", "--allow-empty", "-m", "Squashed\n\nSee merge request !9 or not")
    repository = LocalRepository(checkout)
    squashed, merge = repository.landed("main", 0.0)
    assert (merge.name, merge.title, merge.author) == ("!12", "Merge feature", "Dev")
    assert merge.before == git(checkout, "rev-parse", "main~2")
    assert merge.sha == squashed.before == git(checkout, "rev-parse", "main~1")
    assert (squashed.name, squashed.title) == (squashed.sha[:12], "Squashed")
    assert repository.landed("main", squashed.at + 5) == []


def test_the_default_branch_is_the_remotes_where_there_is_one(checkout, tmp_path):
    assert LocalRepository(checkout).default_branch() == "main"
    git(checkout, "checkout", "-q", "main")
    git(checkout, "branch", "-q", "-m", "trunk")
    assert LocalRepository(checkout).default_branch() == "HEAD"
    git(tmp_path, "clone", "-q", str(checkout), "clone")
    assert LocalRepository(tmp_path / "clone").default_branch() == "origin/trunk"
