"""Which rules reach a path: the quick way for many paths gives what the simple one does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core import scopes
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


@pytest.mark.parametrize("limit", ["_LARGEST", "_MEMORY"])
def test_globs_that_are_too_many_for_one_set_are_matched_all_the_same(limit, monkeypatch):
    monkeypatch.setattr(scopes, limit, 1)
    rules = [
        Rule(f"r{n}", "T", Severity.WARNING, Category.SECURITY, "advise", "", paths=(f"*.t{n}", f"src/m{n}/"))
        for n in range(50)
    ]
    assert [rule.id for rule in Reach(rules).of("src/m7/f.t9")] == ["r7", "r9"]
