"""A mirror fetches what is asked of it from a real git server, once, and keeps the token at home."""

import os
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from standins.faults import Faults
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reviewbot.control import Control
from reviewbot.core import diffs
from reviewbot.errors import Cancelled, SourceUnavailable
from reviewbot.git.housing import House
from reviewbot.git.mirror import MirrorRepository
from reviewbot.git.pooling import wanting
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.serving import serving
from reviewbot.wiring.sources import forget_mirrors, mirror_folder

FILES = {f"src/file{number}.py": f"value = {number}\n" * 30 for number in range(40)}


@dataclass
class World:
    lab: Any
    project: Any
    mr: Any
    token: str
    faults: Faults
    url: str
    folder: Path

    def mirror(self, **more: Any) -> MirrorRepository:
        return MirrorRepository(
            **{"folder": self.folder, "url": f"{self.url}/team/app.git", "token": self.token, "iid": 1, "pause": 0.01}
            | more
        )

    @property
    def base(self) -> str:
        return self.mr.version.base

    @property
    def head(self) -> str:
        return self.mr.version.head

    def fetches(self) -> int:
        return sum(seen.path.endswith("git-upload-pack") and seen.method == "POST" for seen in self.lab.requests)


@pytest.fixture
def world(tmp_path):
    with Lab() as lab:
        project = lab.project("team/app")
        _, token = lab.bot(project)
        project.commit("main", FILES)
        changed = {path: text.replace("value", "other", 1) for path, text in list(FILES.items())[:20]}
        project.commit("feature", {**changed, "docs/new.md": "new\n", "src/file39.py": None})
        mr = project.merge_request("feature", "main")
        faults = Faults(lab.app)
        with lab.serve(faults) as url:
            yield World(lab, project, mr, token, faults, url, tmp_path / "data" / "mirrors" / "1")


def test_files_are_read_at_both_ends(world):
    mirror = world.mirror()
    paths = ["docs/new.md", "src/file0.py", "src/file39.py", "nowhere"]
    assert mirror.read(world.head, paths) == {
        "docs/new.md": b"new\n",
        "src/file0.py": FILES["src/file0.py"].replace("value", "other", 1).encode(),
    }
    assert set(mirror.read(world.base, paths)) == {"src/file0.py", "src/file39.py"}


def test_a_mirror_that_is_removed_leaves_nothing_of_the_repository_and_is_made_anew(world):
    world.mirror().read(world.head, ["docs/new.md"])
    assert House(world.folder).remove()
    assert [path.name for path in world.folder.rglob("*")] == ["lock"]
    assert not House(world.folder).remove()
    assert world.mirror().read(world.head, ["docs/new.md"]) == {"docs/new.md": b"new\n"}


def test_a_mirror_is_not_removed_under_a_fetch(world):
    world.mirror().read(world.head, ["docs/new.md"])
    begun = threading.Event()

    def remove():
        begun.set()
        return House(world.folder).remove()

    with ThreadPoolExecutor(1) as pool:
        with House(world.folder).locked():
            removed = pool.submit(remove)
            begun.wait()
            assert (world.folder / "repository.git" / "HEAD").exists()
        assert removed.result()
    assert not (world.folder / "repository.git").exists()


def age(world, seconds=100.0):
    """Let the mirror's last use be so long ago; -> a moment between that and now."""
    os.utime(world.folder / "repository.git", (time.time() - seconds,) * 2)
    return time.time() - seconds / 2


def test_a_mirror_that_nobody_used_for_long_is_removed_and_one_that_was_only_read_is_not(world):
    mirror = world.mirror()
    mirror.read(world.head, ["docs/new.md"])
    since = age(world)
    assert House(world.folder).remove_unused(since)
    assert not House(world.folder).remove_unused(since)
    mirror.read(world.head, ["docs/new.md"])
    since = age(world)
    fetches = world.fetches()
    world.mirror().read(world.head, ["docs/new.md"])
    assert world.fetches() == fetches
    assert not House(world.folder).remove_unused(since)
    assert (world.folder / "repository.git" / "HEAD").exists()


def test_an_unused_mirror_is_not_removed_under_a_fetch(world):
    world.mirror().read(world.head, ["docs/new.md"])
    since = age(world)
    with House(world.folder).locked():
        assert not House(world.folder).remove_unused(since)
    assert House(world.folder).remove_unused(since)


def test_old_mirrors_are_forgotten_and_what_is_no_mirror_is_left_alone(world, tmp_path):
    data = tmp_path / "somewhere"
    for project in (1, 2):
        world.mirror(folder=mirror_folder(data, project)).fetch(world.head)
    os.utime(mirror_folder(data, 1) / "repository.git", (0, 0))
    precious = tmp_path / "precious"
    (precious / "repository.git").mkdir(parents=True)
    os.utime(precious / "repository.git", (0, 0))
    mirror_folder(data, 3).symlink_to(precious)
    assert forget_mirrors(data, 1000.0) == 1
    assert not (mirror_folder(data, 1) / "repository.git").exists()
    assert (mirror_folder(data, 2) / "repository.git").exists()
    assert (precious / "repository.git").exists()
    assert forget_mirrors(tmp_path / "nowhere", 1000.0) == 0


@pytest.mark.parametrize("what", ["folder", "repository.git"])
def test_no_link_is_followed_to_remove_a_mirror(world, tmp_path, what):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "repository.git").mkdir()
    link = world.folder if what == "folder" else world.folder / what
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(precious)
    with pytest.raises(SourceUnavailable, match="is a link"):
        House(world.folder).remove()
    assert (precious / "repository.git").is_dir()


def test_nothing_is_made_to_remove_what_is_not_there(world):
    assert not House(world.folder).remove()
    assert not world.folder.exists()


def test_a_diff_is_what_the_server_says(world):
    parsed = diffs.parse_git(world.mirror().diff(world.base, world.head))
    assert len(parsed.files) == 22
    changed = parsed.file("src/file3.py")
    assert [(line.sign, line.text) for line in changed.lines()][:2] == [("-", "value = 3"), ("+", "other = 3")]
    only = world.mirror().diff(world.base, world.head, ["src/file3.py"])
    assert [file.path for file in diffs.parse_git(only).files] == ["src/file3.py"]


def test_missing_blobs_come_in_one_batch_and_only_once(world):
    world.mirror().read(world.head, ["docs/new.md"])
    before = world.fetches()
    world.mirror().diff(world.base, world.head)
    commit_and_blobs = world.fetches() - before
    world.mirror().diff(world.base, world.head)
    world.mirror().read(world.head, list(FILES))
    after = world.fetches()
    world.mirror().read(world.head, list(FILES))
    assert world.fetches() == after
    assert commit_and_blobs <= 6  # two fetches, each a few round trips; 41 blobs


def test_only_the_blobs_asked_for_are_fetched(world):
    world.mirror().read(world.head, ["docs/new.md"])
    repository = world.folder / "repository.git"
    listing = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"],
        cwd=repository,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    assert listing.count("blob") == 1


def test_neither_token_nor_address_are_on_disk_and_folders_are_private(world):
    world.mirror().diff(world.base, world.head)
    for file in world.folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert world.token.encode() not in data
            assert b"Basic" not in data
            assert b"http" not in data
    for folder in (world.folder, world.folder.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_token_is_in_no_command_line(world, tmp_path, monkeypatch):
    log = tmp_path / "arguments"
    shim = tmp_path / "bin"
    shim.mkdir()
    real = subprocess.run(["which", "git"], capture_output=True, check=True, text=True).stdout.strip()
    (shim / "git").write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {real} "$@"\n')
    (shim / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim}:{os.environ['PATH']}")
    world.mirror().diff(world.base, world.head)
    assert "fetch" in log.read_text()
    assert world.token not in log.read_text()
    assert "Basic" not in log.read_text()


def test_a_redirect_to_another_host_is_not_followed(world, tmp_path):
    seen: list[Request] = []

    async def elsewhere(request: Request) -> Response:
        seen.append(request)
        return Response("here I am")

    async def move(request: Request) -> Response:
        return RedirectResponse(f"{target}{request.url.path}?{request.url.query}", 302)

    everything = "/{rest:path}"
    with (
        serving(Starlette(routes=[Route(everything, elsewhere, methods=["GET", "POST"])])) as target,
        serving(Starlette(routes=[Route(everything, move, methods=["GET", "POST"])])) as moved,
    ):
        mirror = world.mirror(url=f"{moved}/team/app.git")
        with pytest.raises(SourceUnavailable) as raised:
            mirror.read(world.head, ["a"])
    assert seen == []
    assert world.token not in str(raised.value)


@pytest.mark.parametrize("token", ["wrong-token", ""])
def test_a_token_that_may_not_is_said_without_repeating_it(world, token):
    with pytest.raises(SourceUnavailable) as raised:
        world.mirror(token=token).read(world.head, ["a"])
    assert "read_repository" in str(raised.value)
    assert not token or token not in str(raised.value)


def test_a_project_that_is_gone(world):
    with pytest.raises(SourceUnavailable):
        world.mirror(url=f"{world.url}/team/gone.git").read(world.head, ["a"])


def test_a_commit_that_is_gone(world):
    with pytest.raises(SourceUnavailable):
        world.mirror().read("1" * 40, ["a"])


def test_nobody_listens(tmp_path):
    with pytest.raises(SourceUnavailable):
        MirrorRepository(tmp_path / "m", "http://127.0.0.1:9/a/b.git", "t").read("1" * 40, ["a"])


@pytest.mark.parametrize("url", ["file:///etc", "ext::sh -c id", "https://user:pw@host/a.git", "--upload-pack=x"])
def test_only_plain_http_addresses_are_fetched_from(tmp_path, url):
    with pytest.raises(SourceUnavailable):
        MirrorRepository(tmp_path / "m", url, "t")


@pytest.mark.parametrize("kind", ["bad_gateway", "drop"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_one_fault_of_the_server_is_got_over(world, kind, nth):
    world.faults.add("*", r"\.git/", kind, nth=nth)
    assert world.mirror().read(world.head, ["docs/new.md"]) == {"docs/new.md": b"new\n"}


def test_a_lasting_fault_is_transient_and_leaves_a_usable_mirror(world):
    world.faults.add("*", r"\.git/", "bad_gateway", times=99)
    with pytest.raises(SourceUnavailable):
        world.mirror().read(world.head, ["docs/new.md"])
    world.faults.clear()
    assert world.mirror().read(world.head, ["docs/new.md"])


def test_the_commits_of_a_fork_come_from_the_target_project(world):
    owner = world.lab.user("outsider")
    fork = world.project.fork("outsider/app", owner)
    sha = fork.commit("theirs", {"theirs.txt": "theirs\n"}, parent="main")
    mr = world.project.merge_request("theirs", "main", source_project=fork, author=owner)
    assert world.mirror(iid=mr.iid).read(sha, ["theirs.txt"]) == {"theirs.txt": b"theirs\n"}


def test_a_server_that_gives_out_no_commit_by_id_is_asked_for_its_refs(world):
    """Protocol version 0 with the server's defaults: only what is advertised may be wanted."""
    old = world.base
    world.project.push("main", {"later.txt": "later\n"})
    with (world.project.repository.path / "config").open("a") as file:
        file.write("[uploadpack]\n\tallowAnySHA1InWant = false\n\tallowReachableSHA1InWant = false\n")

    async def without_version(scope, receive, send):
        if scope["type"] == "http":
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"git-protocol"]}
        await world.lab.app(scope, receive, send)

    with serving(without_version) as url:
        mirror = world.mirror(url=f"{url}/team/app.git")
        assert len(diffs.parse_git(mirror.diff(old, world.head)).files) == 22


@pytest.mark.parametrize("damage", ["head", "objects", "lock", "packs", "everything"])
def test_a_mirror_that_a_kill_has_broken_is_made_anew(world, damage):
    world.mirror().diff(world.base, world.head)
    repository = world.folder / "repository.git"
    if damage == "head":
        (repository / "HEAD").write_text("")
    elif damage == "objects":
        for pack in (repository / "objects" / "pack").iterdir():
            pack.chmod(0o600)
            pack.write_bytes(b"")
    elif damage == "lock":
        (repository / "shallow.lock").touch()
        (repository / "refs" / "reviewbot" / "0.lock").touch()
        world.project.push("feature", {"more.txt": "more\n"})
    elif damage == "packs":
        for pack in (repository / "objects" / "pack").glob("*.pack"):
            pack.unlink()
    else:
        for path in repository.iterdir():
            if path.is_file():
                path.unlink()
    assert len(diffs.parse_git(world.mirror().diff(world.base, world.head)).files) >= 22


def test_many_threads_share_one_mirror(world):
    shas = [world.project.push("feature", {"count.txt": f"{number}\n"}) for number in range(6)]
    expected = [{"count.txt": f"{number}\n".encode()} for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda sha: world.mirror().read(sha, ["count.txt"]), shas))
    assert found == expected


def waiting_for(world, shas):
    """What came of reading each commit, all of them wanted while somebody else held the mirror."""

    def read(sha):
        try:
            return world.mirror().read(sha, ["src/file0.py"])
        except SourceUnavailable as error:
            return error

    world.mirror().read(world.base, [])
    with ThreadPoolExecutor(len(shas)) as pool, wanting(world.folder / "repository.git", "commits", ()) as everyone:
        with House(world.folder).locked():
            before = world.fetches()
            read = [pool.submit(read, sha) for sha in shas]
            ends = time.monotonic() + 30
            while len(everyone()) < len(shas):
                assert time.monotonic() < ends
                threading.Event().wait(0.01)
        return [one.result() for one in read], world.fetches() - before


def commits(world, number):
    return [
        world.project.commit(f"topic-{n}", {"src/file0.py": f"value = -{n}\n"}, parent="main") for n in range(number)
    ]


def test_what_several_runs_wait_for_comes_with_one_fetch(world):
    read, fetches = waiting_for(world, commits(world, 6))
    assert read == [{"src/file0.py": f"value = -{n}\n".encode()} for n in range(6)]
    assert fetches <= 1 + 6  # one for all commits, and for the file of each at most one


def test_a_commit_that_is_gone_costs_the_others_nothing(world):
    read, _ = waiting_for(world, [*commits(world, 3), "f" * 40])
    assert read[:3] == [{"src/file0.py": f"value = -{n}\n".encode()} for n in range(3)]
    assert isinstance(read[3], SourceUnavailable)


def test_a_stopped_run_does_not_wait_for_the_server(world):
    control = Control()
    fault = world.faults.add("*", r"\.git/", "slow", times=99)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(world.mirror(control=control).read, world.head, ["docs/new.md"])
        assert fault.reached.wait(20)
        control.stop(Cancelled("shutdown"))
        with pytest.raises(Cancelled):
            reading.result(20)
    fault.release.set()


def test_a_symbolic_link_is_its_target_and_a_submodule_is_nothing(world):
    sha = world.project.push("feature", {"link": ("120000", b"/etc/passwd"), "module": ("160000", b"1" * 40)})
    assert world.mirror().read(sha, ["link", "module"]) == {"link": b"/etc/passwd"}
    assert b"Subproject" in world.mirror().diff(world.base, sha)
