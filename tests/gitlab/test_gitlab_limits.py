"""What keeps the bot from approving, asked of a GitLab: what cannot be told is a reason too."""

from dataclasses import replace

import pytest
from making_findings import finding

from reviewbot.control import Control
from reviewbot.core.diffs import parse_changes
from reviewbot.errors import SourceUnavailable
from reviewbot.examine import NO_MODEL
from reviewbot.git.mirror import MirrorRepository
from reviewbot.gitlab.files import FilesSource
from reviewbot.limits import against, included
from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.finding import Severity
from reviewbot.model.outcome import Became, Examination, Verdict
from reviewbot.model.prompt import Usage
from reviewbot.wiring.sources import NearestSource

READ = Examination(Verdict.APPROVED, Tier.LITE, (), (FileCoverage("app.py", "reviewed"),), (), Usage())


@pytest.fixture
def source(world, tmp_path):
    """Git does not get through: every file is a request."""
    away = MirrorRepository(tmp_path / "mirror", "http://127.0.0.1:1/team/app.git", "", pause=0)
    return NearestSource(away, FilesSource(world.forge()._client, world.project.id))


def held(world, source, examination=READ):
    forge = world.forge()
    mr = forge.snapshot(world.ref, Control())
    return against(mr, examination, parse_changes(mr.changes), source, forge, ())


def found(world, source, ci_file=".gitlab-ci.yml"):
    sha = world.project.repository.resolve("refs/heads/main")
    return included(source, sha, ci_file, "team/app")


def pipeline(world, files):
    world.project.commit("main", files)


def test_nothing_speaks_against_a_change_that_was_read_whole(world, source):
    assert held(world, source) == ""


def test_what_nobody_read_and_what_nobody_mended(world, source):
    assert held(world, source, replace(READ, notices=(NO_MODEL,))) == "no model has read it"
    left = FileCoverage("a.min.js", "skipped", "minified")
    assert held(world, source, replace(READ, coverage=(left,))) == "a.min.js was not read: minified"
    grave = Became(finding((None, 5), path="app.py", severity=Severity.CRITICAL), "dismissed")
    told = "findings were dismissed or left to linters, not mended"
    assert held(world, source, replace(READ, became=(grave,))) == told


@pytest.mark.parametrize("protected", [set(), {"feature"}])
def test_a_target_branch_that_its_author_may_write_to(world, source, protected):
    world.project.protected = protected
    assert held(world, source) == "the target branch is not protected"


def test_a_target_branch_that_the_token_may_not_see(world, source):
    world.deny("GET", "/repository/branches/main$", 403)
    assert held(world, source) == "the target branch is not protected"


def test_a_pipeline_whose_file_is_not_named(world, source):
    world.project.ci_config_path = "https://x.example/ci.yml"
    assert held(world, source) == ""
    world.project.ci_config_path = "README"
    assert held(world, source) == ""
    world.project.ci_config_path = "app.py"
    assert held(world, source) == "it cannot be told what the pipeline includes: app.py cannot be read"
    pipeline(world, {"ci.yml": "include: app.py\n"})
    world.project.ci_config_path = "ci.yml@team/app"
    assert "cannot be read" in held(world, source)


def test_what_the_target_branch_includes_by_now_counts_as_well(world, source):
    pipeline(world, {".gitlab-ci.yml": "include: ci/*.yml\n", "ci/a.yml": "include: {local: $WHERE}\n"})
    assert "ci/a.yml cannot be read" in held(world, source)
    pipeline(world, {"ci/a.yml": "child: {trigger: {include: /app.py}}\n"})
    assert "app.py cannot be read" in held(world, source)
    pipeline(world, {"ci/a.yml": "{}\n", ".gitlab-ci.yml": "include: [{project: team/app, file: 'app.*'}]\n"})
    assert held(world, source) != ""


def test_includes_of_includes_and_what_globs_take_are_all_found(world, source):
    chain = {f"ci/step{number}.yml": f"include: /ci/step{number + 1}.yml\n" for number in range(20)}
    pipeline(
        world,
        {
            ".gitlab-ci.yml": "include: [ci/step0.yml, 'jobs/**.yml', 'one/*.yml']\n",
            **chain,
            "ci/step20.yml": "child: {trigger: {include: child.yml}}\n",
            "child.yml": "{}\n",
            "jobs/deep/deeper/a.yml": "include: hidden.yml\n",
            "hidden.yml": "{}\n",
            "one/a.yml": "include: also.yml\n",
            "one/not/a.yml": "include: app.py\n",
        },
    )
    all_of_it = found(world, source)
    assert all_of_it.problem == ""
    for path in ("ci/step20.yml", "child.yml", "hidden.yml", "also.yml", "jobs/new/b.yml", "one/b.yml"):
        assert all_of_it.holds(path)
    assert not all_of_it.holds("one/not/a.yml")
    assert not all_of_it.holds("app.py")


@pytest.mark.parametrize(
    "files",
    [
        {".gitlab-ci.yml": b"\xff\xfe"},
        {".gitlab-ci.yml": "include: ci.yml\n", "ci.yml": b"\x00\x01"},
        {".gitlab-ci.yml": "include: ci.yml\n", "ci.yml": "include: $WHERE\n"},
        {".gitlab-ci.yml": "include: '*.yml'\n", "a.yml": "a: [\n"},
        {f"ci{number}.yml": f"include: ci{number + 1}.yml\n" for number in range(160)}
        | {".gitlab-ci.yml": "include: ci0.yml\n"},
        {".gitlab-ci.yml": "include: '**.yml'\n"} | {f"d{number}/a.txt": "a\n" for number in range(120)},
    ],
)
def test_what_cannot_be_read_or_is_too_much_is_unknown(world, source, files):
    pipeline(world, files)
    assert found(world, source).problem != ""


def test_a_file_that_is_not_there_includes_nothing_and_counts_by_its_name(world, source):
    pipeline(world, {".gitlab-ci.yml": "include: [gone/a.yml, b.yml]\n"})
    assert (found(world, source).problem, found(world, source).holds("gone/a.yml")) == ("", True)


def test_an_outage_amid_the_files_is_no_answer(world, source):
    pipeline(world, {".gitlab-ci.yml": "include: ci.yml\n", "ci.yml": "include: more.yml\n", "more.yml": "{}\n"})
    world.deny("GET", "/repository/files/more.yml/raw$", 403)
    assert found(world, source).problem != ""


def test_a_source_that_gives_only_a_part_is_no_answer(world):
    pipeline(world, {".gitlab-ci.yml": "include: ci.yml\n", "ci.yml": "{}\n"})
    short = FilesSource(world.forge()._client, world.project.id, most_requests=1)
    assert found(world, short).problem != ""
    with pytest.raises(SourceUnavailable):
        short.folder(world.mr.sha, "", 10)
