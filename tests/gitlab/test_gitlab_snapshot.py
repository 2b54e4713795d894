"""A snapshot is one consistent read, in few requests, whatever moves meanwhile."""

from dataclasses import replace

import pytest

from reviewbot.control import Control
from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeUnavailable, NotReady
from reviewbot.gitlab.client import connect
from reviewbot.gitlab.forge import DryRunForge
from reviewbot.model.merge_request import MergeRequestRef

MR = r"/merge_requests/\d+"


def snapshot(world, **more):
    return world.forge(**more).snapshot(world.ref, Control())


def test_everything_that_a_run_decides_on(world):
    world.lab.edit(world.mr, title="Draft: Five", description="why", labels=["a", "b"])
    world.lab.write(world.mr, "hello")
    found = snapshot(world)
    assert (found.path, found.title, found.description, found.state) == ("team/app", "Draft: Five", "why", "opened")
    assert (found.labels, found.source_branch, found.target_branch) == (("a", "b"), "feature", "main")
    assert found.draft
    assert found.refs == world.refs
    assert [change.new_path for change in found.changes] == ["app.py"]
    assert found.changes[0].diff.startswith("@@")
    assert found.me.id == world.bot.id
    assert any(note.body == "hello" for thread in found.discussions for note in thread.notes)
    assert (found.overflow, found.forked) == (False, False)
    assert found.version_at == pytest.approx(world.mr.version.created_at.timestamp(), abs=0.002)


def test_a_large_merge_request_costs_a_request_per_hundred_files_and_per_hundred_threads(world):
    world.project.commit("many", {f"f{number}.txt": f"{number}\n" for number in range(300)}, parent="main")
    world.mr = world.project.merge_request("many", "main")
    ref = replace(world.ref, iid=world.mr.iid)
    for number in range(150):
        world.lab.write(world.mr, f"note {number}")
    forge = world.forge()
    before = len(world.lab.requests)
    found = forge.snapshot(ref, Control())
    seen = [one.path.rpartition("/")[2] for one in world.lab.requests[before:]]
    assert len({change.new_path for change in found.changes}) == 300
    assert sum(len(thread.notes) for thread in found.discussions) >= 150
    assert {name: seen.count(name) for name in seen} == {
        str(ref.iid): 1, "diffs": 3, "versions": 1, "discussions": 2, "user": 1,
    }  # fmt: skip
    assert forge.requests == len(seen) == 8


def test_diff_refs_that_are_not_ready_are_waited_for(world):
    world.mr.unready_reads = 3
    assert snapshot(world, ready_within=20).refs == world.refs


def test_diff_refs_that_never_come(world):
    world.mr.unready_reads = 10**6
    with pytest.raises(NotReady):
        snapshot(world, ready_within=0.2)


@pytest.mark.parametrize("part", ["", "/diffs", "/versions"])
@pytest.mark.parametrize("kind", ["call", "call_after"])
def test_a_push_during_the_read_gives_one_version_not_a_mixture(world, part, kind):
    def push():
        world.lab.push(world.mr, {"app.py": "all new\n", "more.py": "more\n"})

    world.faults.add("GET", f"{MR}{part}$", kind, callback=push)
    found = snapshot(world, ready_within=20)
    pushed = {change.new_path for change in found.changes} == {"app.py", "more.py"}
    versions = world.mr.versions
    assert found.refs.head_sha == versions[1 if pushed else 0].head


def test_a_merge_request_that_keeps_moving_is_not_ready(world):
    def push():
        world.lab.push(world.mr, {"count.txt": f"{len(world.mr.versions)}\n"})

    world.faults.add("GET", f"{MR}/diffs$", "call", callback=push, times=10**6)
    with pytest.raises(NotReady):
        snapshot(world, ready_within=0.3)


@pytest.mark.parametrize("part", ["$", "/diffs$", "/versions$", "/discussions$"])
def test_a_merge_request_that_is_deleted_meanwhile(world, part):
    fault = world.faults.add("GET", f"{MR}{part}", "call", callback=lambda: world.lab.delete_merge_request(world.mr))
    with pytest.raises(ForgeNotFound):
        snapshot(world)
    assert fault.fired


def test_without_versions_the_merge_requests_own_commits_are_taken(world):
    world.deny("GET", f"{MR}/versions$")
    found = snapshot(world)
    assert (found.refs, found.version_at) == (world.refs, None)


def test_a_merge_request_without_changes(world):
    world.project.commit("same", {}, parent="main")
    world.mr = world.project.merge_request("same", "main")
    found = world.forge().snapshot(MergeRequestRef(world.project.id, world.mr.iid), Control())
    assert found.changes == ()
    assert not found.overflow


def test_a_fork_whose_project_is_gone(world):
    owner = world.lab.user("outsider")
    fork = world.project.fork("outsider/app", owner)
    fork.commit("theirs", {"app.py": "new\n"}, parent="main")
    world.mr = world.project.merge_request("theirs", "main", source_project=fork, author=owner)
    ref = MergeRequestRef(world.project.id, world.mr.iid)
    found = world.forge().snapshot(ref, Control())
    assert (found.source_project_id, found.forked) == (fork.id, True)
    world.mr.source_project = None
    found = world.forge().snapshot(ref, Control())
    assert (found.source_project_id, found.forked) == (None, True)


def test_a_token_that_may_not(world):
    with pytest.raises(ForgeRefused):
        snapshot(world, token="wrong")
    with pytest.raises(ForgeNotFound):
        snapshot(world, token=world.lab.token(world.lab.user("stranger")))


@pytest.mark.parametrize("kind", ["bad_gateway", "drop", "lose", "limit"])
@pytest.mark.parametrize("part", ["$", "/diffs$", "/versions$", "/discussions$"])
def test_one_fault_at_any_read_is_got_over(world, part, kind):
    fault = world.faults.add("GET", f"{MR}{part}", kind)
    assert snapshot(world).refs == world.refs
    assert fault.fired


@pytest.mark.parametrize("part", ["$", "/diffs$", "/versions$", "/discussions$"])
def test_a_lasting_outage_at_any_read_is_said(world, part):
    world.faults.add("GET", f"{MR}{part}", "bad_gateway", times=99)
    with pytest.raises(ForgeUnavailable):
        snapshot(world)


def test_a_dry_run_reads_and_writes_nothing(world):
    forge = DryRunForge(connect(world.url, world.token), b"k" * 32)
    plan = world.plan()
    forge.snapshot(world.ref, Control())
    forge.publish(plan, Control())
    forge.react(world.ref, 1, "eyes")
    forge.reply(world.ref, "x", "body")
    assert forge.plans == (plan,)
    assert world.writes() == []
