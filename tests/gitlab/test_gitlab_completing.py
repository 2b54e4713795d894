"""Files that GitLab held back get the text that git has, line for line; without git they say that it is missing."""

import pytest

from reviewbot.control import Control
from reviewbot.core import diffs
from reviewbot.errors import SourceUnavailable
from reviewbot.git.comparing import compare
from reviewbot.git.mirror import MirrorRepository
from reviewbot.gitlab.client import connect
from reviewbot.gitlab.completing import complete
from reviewbot.gitlab.files import FilesSource
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.standin.gitlab.diffs import Limits
from reviewbot.standin.gitlab.lab import Lab

SMALL = Limits(patch_bytes=4000, files=6, lines=50_000, safe_files=4, safe_lines=200)


@pytest.fixture
def lab():
    """With small limits, so that files come collapsed, too large, or not at all."""
    with Lab(limits=SMALL) as lab:
        yield lab


def _snapshot(world):
    return world.forge().snapshot(world.ref, Control())


def _grow(world, files):
    text = "".join(f"line {number}\n" for number in range(400))
    base = {f"big{number}.txt": text for number in range(files)}
    world.project.commit("main", base)
    lines = text.split("\n")
    lines[10:10] = ["added one", "added two"]
    lines[200:260] = [f"{line} changed" for line in lines[200:260]]
    changed = {path: "\n".join(lines) for path in list(base)[1:]}
    world.project.commit("large", {**changed, "big0.txt": "-- a\n" * 3000, "new.txt": "x\n" * 3000}, parent="main")
    world.mr = world.project.merge_request("large", "main")
    world.ref = MergeRequestRef(world.project.id, world.mr.iid)


def _mirror(world, tmp_path, iid):
    return MirrorRepository(tmp_path / "m", f"{world.url}/team/app.git", world.token, iid=iid)


def _true_lines(world):
    """Every line of the merge request as git itself numbers it."""
    found = {}
    for file in world.project.repository.diff(world.mr.version.base, world.mr.version.head):
        found[file.new_path] = [line.key for line in file.lines if line.kind not in {"match", "meta"}]
    return found


def test_collapsed_and_too_large_files_are_completed_with_equal_line_numbers(world, tmp_path):
    _grow(world, 4)
    before = _snapshot(world)
    assert not before.overflow
    assert {change.collapsed for change in before.changes} == {True, False}
    assert any(change.too_large for change in before.changes)
    after = complete(before, _mirror(world, tmp_path, world.mr.iid))
    assert all(change.diff.startswith("@@") for change in after.changes)
    parsed = diffs.parse_changes(after.changes)
    assert not [file.missing for file in parsed.files if file.missing]
    wanted = _true_lines(world)
    assert {file.path: [line.key for line in file.lines()] for file in parsed.files if "big0" not in file.path} == {
        path: keys for path, keys in wanted.items() if "big0" not in path
    }


def test_files_that_gitlab_left_out_are_added(world, tmp_path):
    _grow(world, 12)
    before = _snapshot(world)
    assert before.overflow
    assert len(before.changes) == 6
    after = complete(before, _mirror(world, tmp_path, world.mr.iid))
    assert not after.overflow
    assert sorted(change.new_path for change in after.changes) == sorted(_true_lines(world))
    new = next(change for change in after.changes if change.new_path == "new.txt")
    assert new.new_file
    assert new.diff.count("\n+x") == 3000


def test_without_git_the_files_api_completes_named_files(world):
    _grow(world, 4)
    before = _snapshot(world)
    source = FilesSource(connect(world.url, world.token), world.project.id, compare)
    assert source.read(world.refs.head_sha, ["app.py", "nowhere"]).keys() == {"app.py"}
    assert complete(before, source) == complete(before, _LocalTruth(world))


class _LocalTruth:
    """The server's repository itself."""

    def __init__(self, world):
        self._repository = world.project.repository

    def read(self, sha, paths):
        return {}

    def diff(self, base, head, paths=()):
        return self._repository.git("diff", "--find-renames=30%", "--full-index", base, head, "--", *paths)


def test_without_any_repository_files_stay_collapsed_and_say_so(world):
    _grow(world, 12)
    before = _snapshot(world)
    assert complete(before, FilesSource(connect(world.url, world.token), world.project.id)) == before
    missing = [file.missing for file in diffs.parse_changes(before.changes).files if file.missing]
    assert missing


def test_the_files_api_is_bounded(world):
    source = FilesSource(connect(world.url, world.token), world.project.id, compare, most_requests=3)
    with pytest.raises(SourceUnavailable):
        source.diff(world.refs.base_sha, world.refs.head_sha, ["a", "b"])
    assert source.read(world.refs.head_sha, ["a", "b", "c", "app.py"]) == {}


def test_the_files_api_in_trouble_is_no_empty_file(world):
    world.deny("GET", "/repository/files/", status=403)
    source = FilesSource(connect(world.url, world.token), world.project.id)
    with pytest.raises(SourceUnavailable):
        source.read(world.refs.head_sha, ["app.py"])


def test_a_renamed_file_that_git_pairs_otherwise_stays_as_it_is(world, tmp_path):
    text = "".join(f"line {number}\n" for number in range(700))
    world.project.commit("main", {"old.txt": text})
    world.project.commit("moved", {"old.txt": None, "new.txt": text.replace("line 1", "row 1")}, parent="main")
    world.mr = world.project.merge_request("moved", "main")
    world.ref = MergeRequestRef(world.project.id, world.mr.iid)
    before = _snapshot(world)
    assert [change.renamed_file for change in before.changes] == [True]
    assert not before.changes[0].diff
    source = FilesSource(connect(world.url, world.token), world.project.id, compare)
    assert complete(before, source) == before
    after = complete(before, _mirror(world, tmp_path, world.mr.iid))
    assert after.changes[0].diff.startswith("@@")
