"""Which rules reach a path: the quick way for many paths gives what the simple one does."""

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core.glob_sets import GlobSets, in_paths
from reviewbot.core.scopes import Reach, applicable
from reviewbot.model.finding import Category, Severity
from reviewbot.model.rule import Rule

PARTS = st.sampled_from(["a", "b", "api", "tests", "x.py", "y.go", "README"])
PATHS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)
GLOBS = st.sampled_from(
    ["a/", "/a/", "!a/", "*.py", "!*.py", "**/tests/", "!tests/", "a/**/x.py", "api", "!api/", "b*", "/*.go", "*", "!b"]
)
RULES = st.lists(
    st.builds(
        Rule,
        id=st.sampled_from(["r1", "r2", "r3", "r4"]),
        title=st.just("T"),
        severity=st.just(Severity.WARNING),
        category=st.just(Category.SECURITY),
        enforcement=st.just("advise"),
        body=st.text("xyz", max_size=3),
        paths=st.lists(GLOBS, max_size=4).map(tuple),
        languages=st.sampled_from([(), ("python",), ("go",)]),
        status=st.sampled_from(["approved", "off", "draft"]),
        folder=st.sampled_from(["", "", "a", "a/b", "api"]),
    ),
    max_size=12,
)


@given(RULES, st.lists(PATHS, min_size=1, max_size=8))
def test_many_paths_get_what_each_gets_by_itself(rules, paths):
    reach = Reach(rules)
    for path in [*paths, *paths]:
        assert reach.of(path) == applicable(rules, path)


WORDS = st.sampled_from(
    ["a", "b", "api", "x.py", "*.py", "*", "**", "b*", "*b", "x.??", "[ab]", "a b", "#a", "é", "a.b"]
)
ANY = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "!"]),
    st.sampled_from(["", "/", "**/"]),
    st.lists(WORDS, min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "/", "/**", "/*"]),
)
NAMES = st.sampled_from(["a", "b", "api", "x.py", ".py", "ab", "a b", "#a", "é", "aéb", "a.b", "x.pyc"])


@given(
    st.lists(st.lists(ANY, min_size=1, max_size=4).map(tuple), max_size=6),
    st.lists(NAMES, min_size=1, max_size=5).map("/".join),
)
def test_lists_matched_together_take_in_what_each_does_by_itself(lists, path):
    assert GlobSets(lists).fitting(path) == {globs for globs in lists if in_paths(globs, path)}


@given(RULES, st.lists(PATHS, max_size=8))
def test_the_rules_of_several_paths_stay_in_their_order(rules, paths):
    found = Reach(rules).of_any(paths)
    assert [id(one) for one in found] == [id(one) for one in rules if any(each is one for each in found)]
    assert {id(one) for one in found} == {id(one) for path in paths for one in applicable(rules, path)}
