"""Rule files of a repository, by folder, with git and with GitLab's API."""

import pytest

from reviewbot import rulebook, rulefiles
from reviewbot.control import Control
from reviewbot.core import rulebooks
from reviewbot.core.packs import Shelf
from reviewbot.core.scopes import applicable
from reviewbot.errors import Cancelled, SourceUnavailable
from reviewbot.git.mirror import MirrorRepository
from reviewbot.gitlab.client import connect
from reviewbot.gitlab.files import FilesSource
from reviewbot.model.policy import ReviewPolicy
from reviewbot.ports import Paths
from reviewbot.standin.gitlab.lab import Lab


def rule(place, name, body="Words.", **fields):
    front = "".join(f"{key}: {value}\n" for key, value in {"id": name, "title": name, **fields}.items())
    return {f"{place}{rulefiles.FOLDER}/{name}.md": f"---\n{front}---\n{body}\n"}


FILES = {
    **rule("", "x"),
    **rule("", "y"),
    **rule("a/", "x", paths='["/v1/"]'),
    **rule("a/b/", "z", colour="red"),
    **rule("elsewhere/", "w"),
    "a/b/.reviewbot/rules/deep/v.md": "---\nid: v\ntitle: V\n---\nWords.\n",
    "a/b/.reviewbot/rules/README.md": "No rule.\n",
    "a/b/.reviewbot/rules/disabled": "# of the service\ny  # too loud\n\nNot an id\ny\n",
    "a/huge/.reviewbot/rules/huge.md": "---\nid: huge\ntitle: T\n---\n" + "x" * 5_000_000,
    "a/latin/.reviewbot/rules/latin.md": b"---\nid: latin\ntitle: Caf\xe9\n---\nWords.\n",
}


@pytest.fixture(scope="module", params=["git", "api"])
def repository(request, tmp_path_factory):
    with Lab() as lab, lab.serve() as url:
        project = lab.project("team/app")
        _, token = lab.bot(project)
        sha = project.commit("main", FILES)
        if request.param == "git":
            yield MirrorRepository(tmp_path_factory.mktemp("mirror") / "1", f"{url}/team/app.git", token), sha
        else:
            yield FilesSource(connect(url, token), project.id), sha


def book(repository, *paths, **policy):
    source, sha = repository
    return rulebook.of_project(source, sha, Shelf(), ReviewPolicy(**policy), paths)


def at(book, path):
    return {one.id: one.layer for one in applicable(book.rules, path)}


def test_folders_of_the_changed_files_have_rules_of_their_own(repository):
    found = book(repository, "a/v1/f.py", "a/b/f.py", "c/d/e.py", "top.py")
    assert [one.name for one in found.layers][-3:] == ["project", "folder a", "folder a/b"]
    assert at(found, "top.py") == {"x": "project", "y": "project"}
    assert at(found, "a/v1/f.py") == {"x": "folder a", "y": "project"}
    assert at(found, "a/f.py") == {"y": "project"}
    assert at(found, "a/b/f.py") == {"v": "folder a/b"}


def test_the_ids_of_all_rules_are_known_where_none_can_be_missing(repository):
    assert {"x", "y"} <= set(book(repository, "top.py", disabled_rules=("x",)).ids)
    assert book(repository, "a/huge/f.py").ids == ()


def test_to_switch_a_rule_of_a_folder_off_for_the_whole_repository_is_told_where_it_is_done(repository):
    told = "`disabled` does not reach the rule v of folder a/b: name it in a/b/.reviewbot/rules/disabled."
    found = book(repository, "a/b/f.py", disabled_rules=("v", "x"))
    assert [one for one in found.notices if "does not reach" in one] == [told]
    assert "v" in at(found, "a/b/f.py")
    assert not [one for one in book(repository, "a/b/f.py").notices if "does not reach" in one]


def test_what_is_wrong_in_a_folder_is_told_with_file_and_line_and_costs_itself_only(repository):
    told = " ".join(book(repository, "a/b/f.py", "a/huge/f.py", "a/latin/f.py").notices)
    assert "a/b/.reviewbot/rules/z.md:4: colour" in told
    assert "a/b/.reviewbot/rules/disabled:4: 'Not an id' is no id of a rule" in told
    assert "a/huge/.reviewbot/rules/huge.md:1: larger than 64 kB" in told
    assert "a/latin/.reviewbot/rules/latin.md:3: no UTF-8 text" in told


def test_the_projects_configuration_does_not_take_away_what_a_folder_brings(repository):
    found = book(repository, "a/v1/f.py", disabled_rules=("x",))
    assert at(found, "top.py") == {"y": "project"}
    assert at(found, "a/v1/f.py") == {"x": "folder a", "y": "project"}


def test_of_a_large_file_only_the_beginning_is_read(repository):
    source, sha = repository
    path = "a/huge/.reviewbot/rules/huge.md"
    assert len(source.read(sha, [path], 1_000)[path]) == 1_001
    assert len(source.read(sha, [path])[path]) > 5_000_000
    assert source.read(sha, [path, "none"], 10_000_000).keys() == {path}


def test_folders_are_the_ancestors_of_the_paths_outer_before_inner():
    assert rulefiles.folders_of([]) == (("",), "")
    folders, told = rulefiles.folders_of(["a/b/c.py", "b/x", "a/.reviewbot/rules/x.md", "top"])
    assert (folders, told) == (("", "a", "b", "a/b"), "")


def test_folders_beyond_the_limit_are_told():
    paths = [f"d{number}/in/f.py" for number in range(300)]
    folders, told = rulefiles.folders_of(paths)
    assert len(folders) == rulefiles.MOST_FOLDERS
    assert not any("/" in one for one in folders)
    assert told == "The files are in 601 folders: the rules of 401 of the inner ones were not looked for"


class Away:
    def files(self, sha, under, most):
        raise SourceUnavailable("The repository is away")


def test_a_repository_that_cannot_be_read_leaves_what_the_project_says_in_its_configuration():
    found = rulebook.of_project(Away(), "a" * 40, Shelf(), ReviewPolicy(disabled_rules=("x",)))
    assert found.layers[-1].disabled == ("x",)
    assert found.ids == ()
    assert ".reviewbot/rules could not be read: The repository is away." in found.notices


def test_files_that_git_does_not_reach_are_named_together():
    few = rulefiles.layer_of({"a.md": None, "b.md": None}, "project", "")
    assert few.problems == ("a.md could not be read", "b.md could not be read")
    many = rulefiles.layer_of({f"{number}.md": None for number in range(40)}, "project", "")
    assert many.problems == ("40 rule files could not be read, such as 0.md: git does not reach the repository",)


class Heaps:
    """A repository of rule files in many folders."""

    def __init__(self, files):
        self._files = files

    def files(self, sha, folders, most):
        return Paths(tuple(sorted(self._files)))

    def read(self, sha, paths, limit):
        return {path: self._files[path].encode()[: limit + 1] for path in paths}


def heaps(text, folders=60):
    return {path: body for at in range(folders) for path, body in rule(f"f{at:02}/", f"r{at}", **text).items()}


def test_what_rule_files_may_cost_counts_over_all_folders_of_a_commit():
    folders = ("", *(f"f{at:02}" for at in range(60)))
    long = rulefiles.lay(Heaps({k: v + "x" * 60_000 for k, v in heaps({}).items()}), "1", "project", folders)
    assert sum(len(one.rules) for one in long.layers) == 33
    assert "f59/.reviewbot/rules/r59.md:1: the rule files of the repository" in long.layers[-1].problems[0]
    globs = [f"{at:03}{'x' * 90}" for at in range(60)]
    wide = rulefiles.lay(Heaps(heaps({"paths": str(globs).replace("'", '"')})), "1", "project", folders)
    assert sum(len(one.rules) for one in wide.layers) == rulebooks.MOST_WEIGHT // sum(map(len, globs))
    assert "globs" in wide.layers[-1].problems[0]


def test_reading_rule_files_ends_when_the_run_must():
    control = Control()
    control.stop(Cancelled("over"))
    with pytest.raises(Cancelled):
        rulefiles.lay(Heaps(heaps({})), "1", "project", ("", "f01"), control=control)
