"""Other tools' globs reach the same files as gitignore patterns, held against a small matcher of their own kind."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.core.guidance.translating import escaped, split, translated, within
from reviewbot.core.scopes import in_paths


def reaches(globs, path, **options):
    found = translated(globs, **options)
    assert not found.lost
    return in_paths(found.paths, path)


@pytest.mark.parametrize(
    ("globs", "inside", "outside"),
    [
        (["*.ts"], ["a.ts"], ["src/a.ts", "a.tsx"]),
        (["**/*.ts"], ["a.ts", "src/a.ts", "src/deep/a.ts", ".hidden/a.ts"], ["a.tsx"]),
        (["/src/*.ts"], ["src/a.ts"], ["src/deep/a.ts", "x/src/a.ts"]),
        (["src/**"], ["src/a", "src/b/c.py"], ["src", "lib/src/a"]),
        (["src/*"], ["src/a", "src/a.py"], ["src/b/c.py"]),
        (["src/*", "src/lib/*"], ["src/a", "src/lib/b"], ["src/lib/c/d"]),
        (["src/lib/*", "src/*"], ["src/a", "src/lib/b"], ["src/lib/c/d"]),
        (["src/**/*.{ts,tsx}", "*.{md,mdx}"], ["src/a.ts", "src/b/a.tsx", "x.mdx"], ["src/a.js", "b/x.md"]),
        (["{a,b/{c,d}}/*.py"], ["a/x.py", "b/c/x.py", "b/d/x.py"], ["b/x.py", "c/x.py"]),
        (["**/*.rb", "!spec/**/*.rb"], ["a.rb", "lib/a.rb"], ["spec/a.rb", "spec/x/a.rb"]),
        (["!spec/**/*.rb", "**/*.rb"], ["lib/a.rb"], ["spec/a.rb"]),
        (["!docs/**"], ["a.py", "src/docs/x"], ["docs/x", "docs/y/z"]),
        (["**"], ["a", "b/c"], []),
        (["**/*"], ["a", "b/c"], []),
        ([], ["a", "b/c"], []),
        (["src/"], ["src/a", "src/b/c"], ["lib/src/a"]),
        (["src/**.tsx"], ["src/a.tsx"], ["src/b/a.tsx"]),
        (["./src/**"], ["src/a"], ["a"]),
        (["test_?.py"], ["test_a.py"], ["test_ab.py"]),
        (["#notes/*.md", "a b/*.py"], ["#notes/x.md", "a b/c.py"], ["notes/x.md"]),
    ],
)
def test_a_glob_reaches_what_its_tool_says(globs, inside, outside):
    for path in inside:
        assert reaches(globs, path), path
    for path in outside:
        assert not reaches(globs, path), path


def test_without_a_slash_some_tools_mean_every_folder():
    assert reaches(["*.ts"], "src/deep/a.ts", bare="anywhere")
    assert not reaches(["/*.ts"], "src/a.ts", bare="anywhere")


@pytest.mark.parametrize(
    ("globs", "inside", "outside"),
    [
        (["*.ts"], ["web/a.ts"], ["web/x/a.ts", "a.ts"]),
        (["**/*.ts"], ["web/a.ts", "web/x/a.ts"], ["a.ts", "x/web/a.ts"]),
        (["web/src/**"], ["web/src/a"], ["src/a", "web/a"]),
        (["!dist/**"], ["web/a"], ["web/dist/a", "a", "dist/a"]),
        (["**"], ["web/a", "web/b/c"], ["a", "x/web/a"]),
        ([], ["web/a"], ["a"]),
    ],
)
def test_globs_of_a_folder_stay_in_it(globs, inside, outside):
    for path in inside:
        assert reaches(globs, path, folder="web"), path
    for path in outside:
        assert not reaches(globs, path, folder="web"), path


def test_a_folder_with_signs_of_globs_in_its_name_is_that_folder():
    paths = within("app/[id]/#x!")
    assert in_paths(paths, "app/[id]/#x!/page.tsx")
    assert not in_paths(paths, "app/i/#x!/page.tsx")
    assert escaped("a*b") == "a\\*b"


@pytest.mark.parametrize(
    "glob",
    [
        *("src/@(a|b)/*.ts", "!(x)/y", "{1..3}.py", "{a}", "{a,b", "a,b}", "../x", "a/../b", "a//b", "[z-a]"),
        *("x" * 301, "{a,b}" * 8, "\\"),
    ],
)
def test_a_glob_without_such_a_form_is_told_and_reaches_nothing_by_itself(glob):
    found = translated([glob, "*.py"])
    assert (found.lost, found.nowhere) == ((glob,), False)
    alone = translated([glob])
    assert alone.lost == (glob,)
    assert alone.nowhere
    assert not translated(["!{a}"]).nowhere


def test_a_list_with_commas_keeps_those_in_braces():
    assert split("**/*.{ts,tsx}, src/**,,*.py ") == ["**/*.{ts,tsx}", "src/**", "*.py"]


# A matcher of the other kind, by the plain definition: segments against segments.
FOLDERS, FILES = ["a", "b", "src"], ["x.ts", "y.ts", "x.py", "z.py"]
paths = st.builds(
    lambda above, name: "/".join([*above, name]), st.lists(st.sampled_from(FOLDERS), max_size=3), st.sampled_from(FILES)
)
segments = st.sampled_from([*FOLDERS, "*", "**", "?", "{a,b}", "s*"])
last = st.sampled_from([*FILES, "*", "**", "*.ts", "x.*", "{x,y}.ts", "*.{py,ts}", "?.py"])
globs = st.builds(
    lambda sign, above, name: sign + "/".join([*above, name]),
    st.sampled_from(["", "", "", "!"]),
    st.lists(segments, max_size=3),
    last,
)


def plain_match(glob, path):
    return any(_walk(one.split("/"), path.split("/")) for one in _braces(glob))


def _braces(glob):
    match = re.search(r"\{([^{}]*)\}", glob)
    if not match:
        return [glob]
    return [each for part in match[1].split(",") for each in _braces(glob.replace(match[0], part, 1))]


def _walk(pattern, path):
    if not pattern:
        return not path
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(_walk(pattern[1:], path[at:]) for at in range(len(path) + 1))
    if not path:
        return False
    expression = re.escape(pattern[0]).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, path[0]) is not None and _walk(pattern[1:], path[1:])


@given(st.lists(globs, max_size=4), paths)
def test_translation_and_plain_definition_agree(given_globs, path):
    wanted = [glob for glob in given_globs if not glob.startswith("!")]
    unwanted = [glob[1:] for glob in given_globs if glob.startswith("!")]
    # What takes out files of one folder takes out the folders below as well: gitignore cannot say otherwise.
    deep = any(plain_match(f"{glob}/**", path) for glob in unwanted if not glob.endswith("**"))
    # So does a wildcard behind `**` take in: **/*.ts and a folder x.ts, which has no name of a folder here.
    expected = (not wanted or any(plain_match(glob, path) for glob in wanted)) and not any(
        plain_match(glob, path) for glob in unwanted
    )
    loose = any("**" in glob[:-2] and plain_match(f"{glob}/**", path) for glob in wanted)
    if not (deep or loose):
        assert reaches(given_globs, path) == expected


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name not in {".", ".."}
)


@given(st.lists(names, min_size=1, max_size=3), names)
def test_a_folder_of_any_name_is_taken_as_it_is(parts, name):
    folder = "/".join(parts)
    paths = within(folder)
    assert in_paths(paths, f"{folder}/{name}")
    assert not in_paths(paths, f"x{folder}/{name}")
    assert in_paths(translated(["**/*"], folder=folder).paths, f"{folder}/a/{name}")
