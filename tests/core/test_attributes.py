"""`.gitattributes` -> generated, vendored, undiffed; globs agree with git's own reading."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import run_git

from reviewbot.core import attributes

PIECES = [
    "a",
    "b",
    "c",
    ".",
    "/",
    "*",
    "**",
    "***",
    "?",
    "[ab]",
    "[!a]",
    "[^b]",
    "[a-c]",
    "[[:alpha:]]",
    "**/",
    "/**",
    "\\*",
    "[",
]
# Two stars inside a part: git 2.39 compares pointers of two strings there, so what it says depends on the heap.
PATTERNS = (
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6)
    .map("".join)
    .filter(lambda glob: not re.search(r"[^/]\*\*", glob))
)
WORDS = st.sampled_from([f"{sign}linguist-generated" for sign in ("", "-", "!")] + ["linguist-generated=true"])
PARTS = st.text("abc.*", min_size=1, max_size=2).filter(lambda part: part not in {".", ".."})
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    run_git("init", "-q", cwd=folder)
    return folder


@settings(max_examples=100, deadline=None)
@given(rules=st.lists(st.tuples(PATTERNS, WORDS), max_size=4), paths=st.lists(PATHS, min_size=20, max_size=20))
def test_globs_match_as_git_matches_them(repository, rules, paths):
    text = "".join(f"{pattern} {word}\n" for pattern, word in rules)
    (repository / ".gitattributes").write_text(text)
    told = run_git("check-attr", "-z", "linguist-generated", "--", *paths, cwd=repository).decode().split("\0")
    states = {"set": True, "true": True, "unset": False, "unspecified": None}
    found = attributes.parse(text)
    assert [found.generated(path) for path in told[0:-1:3]] == [states[state] for state in told[2::3]]


@pytest.mark.parametrize(
    ("line", "path", "generated"),
    [
        ("*.py linguist-generated", "a/b.py", True),
        ("*.py linguist-generated=true", "a/b.py", True),
        ("*.py linguist-generated=false", "a/b.py", False),
        ("*.py -linguist-generated", "a/b.py", False),
        ("*.py !linguist-generated", "a/b.py", None),
        ("*.py gitlab-generated", "a/b.py", True),
        ("*.py linguist-generated -gitlab-generated", "a/b.py", False),
        ("*.py\tlinguist-generated text=auto\r", "a/b.py", True),
        ('"a b/*" linguist-generated', "a b/c", True),
        ("/gen/** linguist-generated", "gen/a/b", True),
        ("gen linguist-generated", "gen/a", None),
        ("gen/ linguist-generated", "gen/a", None),
        ("# *.py linguist-generated", "a.py", None),
        ("!*.py linguist-generated", "a.py", None),
        ("[attr]x linguist-generated", "x", None),
        ("*.py", "a.py", None),
        ("", "a.py", None),
    ],
)
def test_owners_say_whether_a_file_is_generated(line, path, generated):
    assert attributes.parse(line).generated(path) is generated


def test_the_last_rule_that_matches_wins():
    found = attributes.parse("api/** linguist-generated\napi/hand.py -linguist-generated\n*.py !linguist-generated\n")
    assert [found.generated(path) for path in ("api/x.go", "api/hand.py", "api/other.py")] == [True, None, None]


def test_vendored_and_undiffed_are_told():
    found = attributes.parse("lib/** linguist-vendored\n*.dat binary\n*.svg -diff\nlogo.svg diff\n")
    assert (found.marks("lib/x.c").vendored, found.marks("src/x.c").vendored) == (True, None)
    assert [found.marks(path).undiffed for path in ("a.dat", "b.svg", "logo.svg", "x.c")] == [True, True, False, False]


def test_a_glob_made_to_backtrack_is_matched_in_linear_time():
    found = attributes.parse("*a" * 200 + "b linguist-generated\n")
    assert found.generated("a" * 20_000) is None
