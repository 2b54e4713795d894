"""Folders and searches at a commit: a checkout, a mirror and GitLab's API answer the same."""

import os
import subprocess

import pytest

from reviewbot import guidance
from reviewbot.control import Control
from reviewbot.errors import ConfigurationError, NotSearchable, SourceUnavailable
from reviewbot.git import fetching, mirror
from reviewbot.git.local import LocalRepository
from reviewbot.git.mirror import MirrorRepository
from reviewbot.gitlab.client import connect
from reviewbot.gitlab.files import FilesSource
from reviewbot.gitlab.retrying import Backoff
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.repository import Entry, Sought
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.wiring.sources import NearestSource

FILES = {
    "src/shop.py": "def total(cart):\n    return sum(cart)\n\n\nprint(total([]))\n",
    "src/ä ö.py": "# total\nsubtotal = 1\n",
    "src/deep/er/x.js": "const total = 1\r\n",
    "README.md": "total -- (cost)\n",
    "--option.txt": "total\n",
    "data.bin": b"total\0total\n",
    "large.txt": "total\n" + "x" * 1_200_000,
    "link": ("120000", b"/etc/passwd"),
    "module": ("160000", b"a" * 40),
}
QUICK = Backoff(attempts=3, first=0.001, longest=0.01, limited=0.001, patience=2)


class World:
    def __init__(self, lab, folder, url, files):
        self.lab, self.folder, self.url = lab, folder, url
        self.project = lab.project("team/app")
        _, self.token = lab.bot(self.project)
        self.project.commit("main", {"gone.py": "total = 0\n"})
        self.sha = self.project.commit("main", {"gone.py": None, **files})

    def mirror(self, **more):
        more = {"pause": 0.01, "control": Control(60), **more}
        return MirrorRepository(self.folder / "mirrors" / "1", f"{self.url}/team/app.git", self.token, **more)

    def files(self, **more):
        return FilesSource(connect(self.url, self.token), self.project.id, backoff=QUICK, **more)

    def local(self):
        path = self.folder / "checkout"
        if not path.exists():
            environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
            command = ["git", "clone", "-q", str(self.project.repository.path), str(path)]
            subprocess.run(command, check=True, env=environment, capture_output=True)
        return LocalRepository(path)

    def fetches(self):
        return sum(seen.path.endswith("git-upload-pack") and seen.method == "POST" for seen in self.lab.requests)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with Lab() as lab, lab.serve() as url:
        yield World(lab, tmp_path_factory.mktemp("world"), url, FILES)


def test_files_by_name_and_by_folder_are_the_same_everywhere(world):
    wanted = ["README.md", "src/", "src/deep/none.js", "none/", "none/x.md", "link", "module/", "../x", ""]
    expected = {"README.md", "src/shop.py", "src/ä ö.py", "src/deep/er/x.js"}
    for source in (world.mirror(), world.files()):
        found = source.files(world.sha, wanted, 10)
        assert (set(found.paths), found.cut) == (expected, False)
    assert set(world.local().files("", wanted, 10).paths) == expected
    assert world.mirror().files(world.sha, ["src/"], 2).cut
    assert world.mirror().files(world.sha, [], 2).paths == ()


def test_the_api_lists_few_folders_for_files_that_are_nowhere(world):
    before = len(world.lab.requests)
    found = world.files().files(world.sha, [f"{name}/AGENTS.md" for name in ("a", "b", "c", "d")], 10)
    assert found.paths == ()
    assert len(world.lab.requests) - before == 1
    many = world.files().files(world.sha, [f"src/{number}/AGENTS.md" for number in range(40)], 10)
    assert (many.paths, many.cut) == ((), True)


def test_guidance_costs_few_requests_where_there_is_no_git(own_world):
    files = {
        "AGENTS.md": "Never use floats.",
        "web/AGENTS.md": "Never use `any`.",
        ".cursor/rules/x.mdc": "---\nglobs: *.ts\n---\nName the props.\n",
        ".github/instructions/a/b.instructions.md": "---\napplyTo: '**'\n---\nShort lines.\n",
    }
    sha = own_world.project.commit("main", files)
    before = len(own_world.lab.requests)
    found = guidance.layer(own_world.files(), sha, ReviewPolicy(), ["web/a.ts", "src/deep/b.ts"])
    assert [rule.id for rule in found.rules] == ["guidance/agents-md/web", "guidance/cursor/x", "guidance/copilot/a.b"]
    assert found.problems == ()
    # The top, `.github`, `.cursor`, `web`, `src`, `src/deep`, what is below two of them, and three files.
    assert len(own_world.lab.requests) - before <= 11


@pytest.fixture
def own_world(tmp_path):
    """For tests that change it."""
    with Lab() as lab, lab.serve() as url:
        yield World(lab, tmp_path, url, FILES)


@pytest.fixture(scope="module", params=["local", "mirror", "files", "working tree"])
def source(request, world):
    """The source and the name of the commit."""
    if request.param == "working tree":
        return world.local(), ""
    return getattr(world, request.param)(), world.sha


def places(found):
    return [(hit.path, hit.line) for hit in found.hits]


def test_a_text_is_found_where_it_stands(source):
    repository, sha = source
    found = repository.search(sha, Sought("total("))
    assert places(found) == [("src/shop.py", 1), ("src/shop.py", 5)]
    assert (found.hits[0].text, found.cut) == ("def total(cart):", False)


def test_a_word_is_no_part_of_another(source):
    repository, sha = source
    found = repository.search(sha, Sought("total", "word", "src/"))
    assert places(found) == [("src/deep/er/x.js", 1), ("src/shop.py", 1), ("src/shop.py", 5), ("src/ä ö.py", 1)]
    assert found.hits[0].text == "const total = 1"


@pytest.mark.parametrize("glob", ["*.js", "src/deep/**", "**/x.js"])
def test_a_glob_chooses_the_files(source, glob):
    repository, sha = source
    assert places(repository.search(sha, Sought("total", glob=glob))) == [("src/deep/er/x.js", 1)]


def test_binary_files_links_and_modules_are_not_searched(source):
    repository, sha = source
    found = {path for path, _ in places(repository.search(sha, Sought("total")))}
    assert {"README.md", "--option.txt"} <= found
    assert not found & {"data.bin", "link", "module"}
    assert repository.search(sha, Sought("passwd")).hits == ()


@pytest.mark.parametrize("text", ["-e", "-- (cost)", "[", "(?i)total(", "\\", "$(touch x)", "zzz", "\ud800", "ä"])
def test_no_text_is_an_option_or_an_expression(source, text):
    repository, sha = source
    found = repository.search(sha, Sought(text, glob="README.md"))
    assert places(found) == ([("README.md", 1)] if text in FILES["README.md"] else [])


@pytest.mark.parametrize("text", ["", "two\nlines", "nul\0", "x" * 1000])
def test_what_cannot_be_searched_for_is_refused(source, text):
    repository, sha = source
    with pytest.raises(ConfigurationError):
        repository.search(sha, Sought(text))


@pytest.mark.parametrize("name", ["local", "mirror", "working tree"])
def test_expressions_are_re2s(world, name):
    repository, sha = (world.local(), "") if name == "working tree" else (getattr(world, name)(), world.sha)
    found = repository.search(sha, Sought(r"^def \w+\(", "regex"))
    assert places(found) == [("src/shop.py", 1)]
    assert repository.search(sha, Sought(r"^(a+)+$", "regex")).hits == ()
    with pytest.raises(ConfigurationError):
        repository.search(sha, Sought(r"(?=look)", "regex"))


def test_folders_are_listed(source):
    repository, sha = source
    top = repository.folder(sha, "", 100)
    kinds = {entry.name: entry.kind for entry in top.entries}
    assert kinds["src"] == "folder"
    assert kinds["README.md"] == "file"
    assert (kinds["link"], kinds["module"]) == ("link", "submodule")
    assert repository.folder(sha, "src/deep", 100).entries == (Entry("er", "folder"),)
    assert {entry.name for entry in repository.folder(sha, "src", 100).entries} == {"shop.py", "ä ö.py", "deep"}


def test_a_listing_is_cut(source):
    repository, sha = source
    listing = repository.folder(sha, "", 3)
    assert (len(listing.entries), listing.cut) == (3, True)


@pytest.mark.parametrize(
    "path", ["nowhere", "README.md", "../..", "/etc", "link", "module", ".git", "src/../src", "\ud800"]
)
def test_what_is_no_folder_has_no_entries(source, path):
    repository, sha = source
    assert repository.folder(sha, path, 10) is None


def test_hits_are_bounded(tmp_path):
    many = {f"f{number:03}.txt": "needle\n" * 50 for number in range(12)}
    with Lab() as lab, lab.serve() as url:
        world = World(lab, tmp_path, url, many)
        found = world.mirror().search(world.sha, Sought("needle"))
    assert (len(found.hits), found.cut) == (100, True)
    assert {hit.path for hit in found.hits} == {f"f{number:03}.txt" for number in range(5)}


def test_the_working_tree_gives_only_what_git_tracks(own_world):
    repository = own_world.local()
    (repository.root / ".env").write_text("KEY=total\n")
    (repository.root / "src" / "shop.py").write_text("changed_total = 1\n")
    (repository.root / "README.md").unlink()
    (repository.root / "README.md").symlink_to("/etc/hostname")
    assert set(repository.read("", [".env", ".git/config", "src/shop.py"])) == {"src/shop.py"}
    assert places(repository.search("", Sought("total", glob="*.txt"))) == [("--option.txt", 1)]
    assert places(repository.search("", Sought("total", glob="README.md"))) == []
    assert places(repository.search("", Sought("changed_total"))) == [("src/shop.py", 1)]
    assert ".env" not in {entry.name for entry in repository.folder("", "", 100).entries}


def test_a_mirror_fetches_texts_once_and_then_only_what_is_new(tmp_path):
    files = {f"src/f{number}.py": f"value_{number} = 1\n" for number in range(300)}
    with Lab() as lab, lab.serve() as url:
        world = World(lab, tmp_path, url, {**files, "large.txt": "value_7\n" + "x" * 300_000})
        world.mirror().read(world.sha, ["src/f1.py"])
        before = world.fetches()
        assert places(world.mirror().search(world.sha, Sought("value_7", "word"))) == [("src/f7.py", 1)]
        once = world.fetches()
        world.mirror().search(world.sha, Sought("value_8", "word"))
        assert world.fetches() == once > before
        new = world.project.commit("main", {"src/new.py": "value_7 = 2\n"})
        again = world.mirror()
        assert len(again.search(new, Sought("value_7", "word")).hits) == 2
        repository = tmp_path / "mirrors" / "1" / "repository.git"
        sizes = subprocess.run(
            ["git", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectsize)"],
            cwd=repository,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\n")
        assert max(int(row.split()[1]) for row in sizes if row.startswith("blob")) < fetching.LARGEST_TEXT
        assert world.token not in (repository / "config").read_text()


def test_gitlab_searches_what_is_too_large_for_a_mirror(own_world, monkeypatch):
    monkeypatch.setattr(mirror, "MOST_TEXTS", 3)
    own = own_world.mirror()
    with pytest.raises(NotSearchable):
        own.search(own_world.sha, Sought("total"))
    with pytest.raises(NotSearchable):
        own.search(own_world.sha, Sought("cart"))
    nearest = NearestSource(own, own_world.files())
    assert places(nearest.search(own_world.sha, Sought("total("))) == [("src/shop.py", 1), ("src/shop.py", 5)]
    requests = len([seen for seen in own_world.lab.requests if "/api/" in seen.path])
    assert nearest.read(own_world.sha, ["README.md"]) == {"README.md": b"total -- (cost)\n"}
    assert len([seen for seen in own_world.lab.requests if "/api/" in seen.path]) == requests


def test_gitlabs_api_is_asked_only_so_often(world):
    source = world.files(most_requests=2)
    source.folder(world.sha, "", 10)
    source.search(world.sha, Sought("total"))
    with pytest.raises(SourceUnavailable):
        source.search(world.sha, Sought("cart"))
    with pytest.raises(SourceUnavailable):
        source.folder(world.sha, "src", 10)


def test_gitlab_is_asked_for_a_word_only_and_its_pages_are_bounded(tmp_path):
    many = {f"f{number:03}.txt": "x\n\n\n\n\n\n\n" * 3 + "needle(\n" for number in range(420)}
    with Lab() as lab, lab.serve() as url:
        world = World(lab, tmp_path, url, many)
        found = world.files().search(world.sha, Sought("needle(", glob="f0*"))
        asked = [seen for seen in lab.requests if seen.path.endswith("/search")]
    assert (len(found.hits), found.cut) == (100, True)
    assert len(asked) == 3
    assert all("search=needle&" in f"{seen.query}&" for seen in asked)
