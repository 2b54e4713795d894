"""Rules of groups and of included projects, with a real GitLab API and real git."""

import contextlib
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standins.faults import Faults

from reviewbot import rulebook
from reviewbot.control import Control
from reviewbot.core import configuration
from reviewbot.core.packs import Shelf
from reviewbot.core.rulebooks import Layer
from reviewbot.core.scopes import applicable
from reviewbot.errors import SourceUnavailable
from reviewbot.gitlab.client import connect
from reviewbot.inheriting import DEEPEST, MOST_INCLUDES, Inherited, Lineage
from reviewbot.keeping import Kept
from reviewbot.model.inheritance import Address, Head, Include
from reviewbot.model.policy import ReviewPolicy
from reviewbot.settings import load
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import GUEST, REPORTER
from reviewbot.wiring.neighbours import inheriting, steadily
from reviewbot.wiring.sources import FEW

FOLDER = ".reviewbot/rules"
NAME = "reviewbot-config"


def rule(name, body="Words.", **fields):
    front = "".join(f"{key}: {value}\n" for key, value in {"id": name, "title": name, **fields}.items())
    return {f"{FOLDER}/{name}.md": f"---\n{front}---\n{body}\n"}


def config(text):
    return {".reviewbot.yml": text}


@dataclass
class World:
    """The reviewed project is acme/platform/shop."""

    lab: Any
    faults: Any
    url: str
    folder: Any
    kept: Kept = field(default_factory=Kept)

    def __post_init__(self):
        self.bot = self.lab.user("reviewbot", bot=True)
        self.token = self.lab.token(self.bot)
        self.shop = self.project("acme/platform/shop", {"README.md": "Read me\n"})

    def project(self, path, files, visibility="private", level=REPORTER):
        made = self.lab.project(path, members={self.bot: level} if level else {}, visibility=visibility)
        made.commit("main", files)
        return made

    def inherit(self, includes="", name=NAME):
        """What is inherited, with the `include_rules` of the project as YAML."""
        made = load(gitlab_url=self.url, gitlab_token=self.token, data_dir=self.folder, rules_project=name)
        policy = configuration.configure(ReviewPolicy(), config(f"include_rules: {includes}\n") if includes else {})
        begin = inheriting(made, self.kept, lambda: connect(self.url, self.token, timeout=20), Control(60))
        return begin(self.shop.path, policy.include_rules)()

    def asked(self):
        """Requests to the API, not those of git."""
        return [seen.path for seen in self.lab.requests if seen.path.startswith("/api/")]


@pytest.fixture
def world(tmp_path):
    with Lab() as lab, contextlib.ExitStack() as stack:
        faults = Faults(lab.app)
        url = stack.enter_context(lab.serve(faults))
        yield World(lab, faults, url, tmp_path)


def book(given: Inherited, *own: Layer):
    shelf = Shelf()
    return rulebook.inherited(shelf, ReviewPolicy(), given)


def ids(layers):
    return {one.name: [each.id for each in one.rules] for one in layers}


def test_each_ancestor_group_gives_rules_the_nearer_one_wins_and_heads_take_one_request(world):
    world.project(f"acme/{NAME}", {**rule("a"), **rule("b"), **config("disabled: [c]\npacks: [python]\n")})
    world.project(f"acme/platform/{NAME}", rule("b"))
    given = world.inherit()
    assert ids(given.groups) == {"group acme": ["a", "b"], "group acme/platform": ["b"]}
    assert (given.groups[0].disabled, given.groups[0].packs, given.told) == (("c",), ("python",), ())
    assert {one.id: one.layer for one in applicable(book(given).rules, "x.py")} == {
        "a": "group acme",
        "b": "group acme/platform",
    }
    assert (world.asked(), given.requests) == (["/api/graphql"], 1)
    assert given.groups[0].rules[0].origin == f"acme/{NAME}: {FOLDER}/a.md"


def test_what_was_read_of_a_commit_is_read_once_and_a_new_commit_anew(world):
    group = world.project(f"acme/{NAME}", rule("a"))
    world.inherit()
    before = len(world.lab.requests)
    assert ids(world.inherit().groups) == {"group acme": ["a"]}
    assert len(world.lab.requests) == before + 1
    group.commit("main", rule("b"))
    assert ids(world.inherit().groups) == {"group acme": ["a", "b"]}


def test_two_commits_of_a_project_see_the_same_of_others_and_each_its_own_includes(world):
    group = world.project(f"acme/{NAME}", rule("a"))
    shared = world.project("standards/shared", rule("s"), visibility="public")
    made = load(gitlab_url=world.url, gitlab_token=world.token, data_dir=world.folder)
    include = Include("standards/shared", "main", origin=".reviewbot.yml:1")
    absent = Include("standards/absent", "main", origin=".reviewbot.yml:2")
    client = connect(world.url, world.token, timeout=20)
    with steadily(made, world.kept, lambda: client, Control(60), world.shop.path) as give:
        before = give([include, absent])
        group.commit("main", rule("b"))
        shared.commit("main", rule("t"))
        after = give([include])
        assert ids(after.groups) == ids(before.groups) == {"group acme": ["a"]}
        assert ids(after.included) == ids(before.included) == {"standards/shared@main": ["s"]}
        assert (len(before.told), after.told) == (1, ())
        assert all(len(give([include]).included) == 1 for _ in range(MOST_INCLUDES + 1))


def test_what_is_not_there_or_not_shown_is_no_layer(world):
    assert world.inherit() == Inherited(requests=1)
    world.project(f"acme/{NAME}", rule("a"), level=0)
    world.project(f"acme/platform/{NAME}", rule("b"), level=GUEST)
    assert world.inherit() == Inherited(requests=1)
    assert world.inherit(name="") == Inherited()


def test_what_else_a_groups_configuration_says_is_told_and_a_mistake_costs_itself_only(world):
    world.project(f"acme/{NAME}", {**rule("a"), **rule("z", colour="red"), **config("language: German\n")})
    world.project(f"acme/platform/{NAME}", {**rule("b"), **config("langage: German\n")})
    given = world.inherit()
    assert ids(given.groups) == {"group acme": ["a"], "group acme/platform": ["b"]}
    told = " ".join((*given.told, *book(given).notices))
    assert f"acme/{NAME}: language in its configuration say nothing to the projects of the group" in told
    assert f"acme/{NAME}: {FOLDER}/z.md:4: colour" in told
    assert f"acme/platform/{NAME}: .reviewbot.yml:1: langage: there is no such key" in told


def test_a_gitlab_that_fails_leaves_what_was_read_last(world):
    world.project(f"acme/{NAME}", rule("a"))
    fault = world.faults.add("POST", "/graphql$", "bad_gateway", times=10_000)
    given = world.inherit()
    assert given.groups == ()
    assert "could not be asked for, they were left out" in given.told[0]
    fault.times = 0
    world.inherit()
    world.faults.add("POST", "/graphql$", "bad_gateway", times=10_000)
    given = world.inherit()
    assert ids(given.groups) == {"group acme": ["a"]}
    assert "could not be asked for, those that were read last count" in given.told[0]


def test_a_gitlab_that_does_not_answer_is_waited_for_once():
    takes = {f"me/{NAME}": ["p/a"], "p/a": ["p/b"], "p/b": [], "me/me": []}
    kept, web = Kept(), Web(takes)
    assert len(Lineage(web, kept, "me/me", NAME).read([]).groups) == 3

    class Silent(Web):
        def look(self, wanted):
            super().look(wanted)
            raise SourceUnavailable("nothing came")

    silent = Silent(takes)
    given = Lineage(silent, kept, "me/me", NAME).read([Include("p/a", "main"), Include("p/c", "main")])
    assert [one.name for one in given.groups] == ["p/b@main", "p/a@main", "group me"]
    assert silent.requests == 1


def test_rules_that_could_not_be_read_once_are_read_by_the_next_review(world):
    many = [rule(f"r{number}") for number in range(FEW + 1)]
    world.project(f"acme/{NAME}", {path: text for one in many for path, text in one.items()})
    world.faults.add("GET", r"/info/refs", "bad_gateway", times=20)
    world.lab.world.blobs_by_graphql = False
    (without,) = world.inherit().groups
    (problem,) = without.problems
    assert without.rules == ()
    assert problem.startswith(f"{len(many)} rule files could not be read")
    world.faults.clear()
    (group,) = world.inherit().groups
    assert (len(group.rules), group.problems) == (len(many), ())


def test_without_git_many_rules_are_read_in_two_requests_and_a_few_odd_ones_by_themselves(world):
    many = [rule(f"r{number:03}", body=f"Wörter {number}.") for number in range(FEW + 1)]
    odd = {f"{FOLDER}/latin.md": "Grüße".encode("latin-1"), f"{FOLDER}/large.md": "x" * 70_000, f"{FOLDER}/none.md": ""}
    world.project(f"acme/{NAME}", {**{path: text for one in many for path, text in one.items()}, **odd})
    world.faults.add("GET", r"/info/refs", "bad_gateway", times=20)
    (group,) = world.inherit().groups
    assert len(group.rules) == len(many)
    assert group.rules[0].body == "Wörter 0."
    told = " ".join(group.problems)
    assert "latin.md:1: no UTF-8 text" in told
    assert "large.md:1: larger than 64 kB" in told
    assert "none.md" in told
    assert world.asked().count("/api/graphql") == 3
    assert len([path for path in world.asked() if path.endswith("/raw")]) <= 4  # the configuration, and two of the odd


def test_rules_of_another_project_are_taken_in_at_their_ref_farther_than_ones_own(world):
    other = world.project("std/rules", {**rule("x"), **rule("y")}, visibility="public")
    pinned = other.repository.resolve("main")
    other.commit("main", rule("x", "Newer words."))
    given = world.inherit(f"[{{project: std/rules, ref: {pinned}, rules: ['x*']}}]")
    assert ids(given.included) == {f"std/rules@{pinned}": ["x"]}
    assert given.included[0].rules[0].body == "Words."
    newest = world.inherit("[{project: std/rules, ref: main}]").included[0]
    assert [one.body for one in newest.rules] == ["Newer words.", "Words."]


def test_a_group_takes_in_rules_and_later_reviews_ask_for_all_heads_at_once(world):
    world.project("std/rules", {**rule("x"), **config("disabled: [a]\npacks: ['!go']\n")}, visibility="public")
    world.project(f"acme/{NAME}", {**rule("a"), **config("include_rules: [{project: std/rules, ref: main}]\n")})
    first = world.inherit()
    assert [one.name for one in first.groups] == ["std/rules@main", "group acme"]
    assert (first.groups[0].disabled, first.groups[0].packs) == ((), ())
    assert world.inherit().requests == 1


@pytest.mark.parametrize(
    ("visibility", "shop", "shared", "taken"),
    [
        ("public", "public", "", True),
        ("internal", "private", "", True),
        ("internal", "public", "", False),
        ("private", "private", "", False),
        ("private", "public", "shared_with: [acme]", True),
        ("private", "private", "shared_with: [acme/platform/shop]", True),
        ("private", "private", "shared_with: [acme/plat, other]", False),
        ("internal", "public", "shared_with: [ACME/platform/]", True),
    ],
)
def test_nobody_sees_rules_that_gitlab_would_not_show_them(world, visibility, shop, shared, taken):
    world.shop.visibility = shop
    world.project("std/rules", {**rule("x"), **(config(f"{shared}\n") if shared else {})}, visibility=visibility)
    given = world.inherit("\n- project: std/rules\n  ref: main")
    assert bool(given.included) is taken
    if not taken:
        assert given.told[0].startswith(".reviewbot.yml:2: the rules of std/rules@main were left out: there is no such")
        assert "shared_with: [acme/platform]" in given.told[0]


@pytest.mark.parametrize("wrong", ["nothing", "ref", "empty"])
def test_of_a_hidden_project_nobody_is_told_that_it_is_there(world, wrong):
    """Whoever writes `include_rules` could ask for names, branches and commits that the bot alone sees."""
    if wrong == "empty":
        world.lab.project("std/hidden", members={world.bot: REPORTER})
    else:
        world.project("std/hidden", rule("x"))
    ref = "no-such" if wrong == "ref" else "main"
    hidden, nothing = world.inherit(f"[{{project: std/hidden, ref: {ref}}}, {{project: std/none, ref: {ref}}}]").told
    assert hidden == nothing.replace("std/none", "std/hidden")


@pytest.mark.parametrize(("visibility", "told"), [("public", True), ("private", False)])
def test_where_a_project_has_moved_is_told_to_whoever_may_see_it(visibility, told):
    class Moved(Web):
        def look(self, wanted):
            return {one: Head(5, "secret/new", visibility, "1" * 40, "1" * 40) for one in wanted if one.ref}

    given = Lineage(Moved({"secret/new": []}), Kept(), "me/me", "").read([Include("p/a", "main", origin="c:1")])
    assert (given.included, "secret/new" in given.told[0]) == ((), told)


def test_files_that_only_members_of_a_public_project_see_are_not_shown(world):
    other = world.project("std/rules", rule("x"), visibility="public")
    other.repository_access_level = "private"
    assert world.inherit("[{project: std/rules, ref: main}]").included == ()


def test_consent_is_the_default_branchs_and_not_that_of_the_pinned_commit(world):
    other = world.project("std/rules", {**rule("x"), **config("shared_with: [acme]\n")})
    old = other.repository.resolve("main")
    assert world.inherit(f"[{{project: std/rules, ref: {old}}}]").included
    other.commit("main", config("shared_with: []\n"))
    assert world.inherit(f"[{{project: std/rules, ref: {old}}}]").included == ()


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{project: std/none, ref: main}", "there is no such project, the bot may not see it, or "),
        ("{project: std/rules, ref: v9}", "there is no branch, tag or commit v9"),
        ("{project: std/empty, ref: main}", "its repository is empty, or the bot may not read it"),
        ("{project: acme/platform/shop, ref: main}", "a cycle, acme/platform/shop → acme/platform/shop"),
    ],
)
def test_an_include_that_does_not_work_is_told_with_file_and_line(world, entry, told):
    world.project("std/rules", rule("x"), visibility="public")
    world.lab.project("std/empty", visibility="public")
    given = world.inherit(f"\n- {{project: std/rules, ref: main}}\n- {entry}")
    assert list(ids(given.included)) == ["std/rules@main"]
    assert given.told[0].startswith(".reviewbot.yml:3: the rules of ")
    assert told in given.told[0]


class Web:
    """Neighbours whose projects take in each other's rules, as `takes` says; all are public."""

    def __init__(self, takes):
        self.takes, self.requests = takes, 0

    def look(self, wanted):
        self.requests += 1
        number = {name: index for index, name in enumerate(self.takes)}
        return {
            one: Head(number[one.project], one.project, "public", f"{number[one.project]:040}", "0" * 40)
            for one in wanted
            if one.project in number
        }

    def shows_files(self, head):
        return True

    def source(self, head):
        takes = "".join(f"\n- {{project: {name}, ref: main}}" for name in self.takes[head.path])
        return Holding({".reviewbot.yml": f"include_rules: {takes or '[]'}\n".encode(), **_rule_of(head.path)})


def _rule_of(path):
    return {name: text.encode() for name, text in rule(path.replace("/", "-")).items()}


class Holding:
    def __init__(self, files):
        self.held = files

    def files(self, sha, under, most):
        from reviewbot.model.repository import Paths

        return Paths(tuple(path for path in self.held if path.startswith(tuple(under))), cut=False)

    def read(self, sha, paths, largest=None):
        return {path: self.held[path] for path in paths if path in self.held}


NAMES = [f"p/{letter}" for letter in "abcdefgh"]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=4) for name in NAMES}))
def test_whatever_takes_in_whatever_it_comes_to_an_end_and_says_what_was_left_out(takes):
    neighbours = Web({"me/me": [], **takes})
    wanted = [Include(name, "main", origin=".reviewbot.yml:1") for name in NAMES[:3]]
    given = Lineage(neighbours, Kept(), "me/me", "").read(wanted)
    assert len(given.included) <= MOST_INCLUDES
    assert neighbours.requests <= 1 + MOST_INCLUDES
    names = [layer.name for layer in given.included]
    for name in NAMES[:3]:
        left_out = any(f"the rules of {name}@main were left out: " in one for one in given.told)
        assert f"{name}@main" in names or left_out


def test_a_cycle_of_includes_is_told_where_it_closes():
    neighbours = Web({"me/me": [], "p/a": ["p/b"], "p/b": ["p/a"]})
    given = Lineage(neighbours, Kept(), "me/me", "").read([Include("p/a", "main", origin=".reviewbot.yml:7")])
    assert [layer.name for layer in given.included] == ["p/b@main", "p/a@main"]
    (told,) = given.told
    assert told.startswith(
        "p/b@main: .reviewbot.yml:2: the rules of p/a@main were left out: a cycle, me/me → p/a → p/b"
    )


def test_includes_of_includes_are_followed_so_far_and_no_farther():
    chain = {f"p/{number}": [f"p/{number + 1}"] for number in range(8)} | {"p/8": [], "me/me": []}
    given = Lineage(Web(chain), Kept(), "me/me", "").read([Include("p/0", "main", origin=".reviewbot.yml:7")])
    assert [layer.name for layer in given.included] == [f"p/{n}@main" for n in reversed(range(DEEPEST))]
    assert f"p/{DEEPEST}@main were left out: {DEEPEST + 1} includes deep" in given.told[0]


def test_a_project_that_was_moved_away_speaks_for_its_old_group_no_more():
    class Moved(Web):
        def look(self, wanted):
            head = Head(5, f"evil/{NAME}", "public", "1" * 40, "1" * 40)
            return {one: head for one in wanted if one == Address(f"me/{NAME}")}

    given = Lineage(Moved({f"evil/{NAME}": []}), Kept(), "me/me", NAME).read([])
    assert given.groups == ()


def test_many_projects_are_asked_for_in_portions_that_gitlab_takes(world):
    for number in range(10):
        world.project(f"std/r{number}", rule(f"r{number}"), visibility="public")
    entries = "".join(f"\n- {{project: std/r{number}, ref: main}}" for number in range(10))
    given = world.inherit(entries)
    assert len(given.included) == 10
    assert world.asked().count("/api/graphql") == 2
