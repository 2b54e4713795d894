"""GitLab's numbers for the lines of a diff, against a state machine over the raw text."""

import hashlib
import runpy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Generated, file_pairs, generated_changes, git_diff

from reviewbot.core.diffs import parse_changes, parse_git
from reviewbot.core.gitlab_lines import gitlab_lines
from reviewbot.model.merge_request import RawChange

MAKE = runpy.run_path(str(Path(__file__).parent.parent / "data" / "diffs" / "make.py"))
SLIPS = st.sampled_from(
    ["-- a", "-- all", "++ b", "++ a", "-- /dev/null", "++ /dev/null", "-- /tmp/diffy", "x", "-- b"]
)


def shown(file):
    return {key: [line.old, line.new, line.code.split("_", 1)[1]] for key, line in gitlab_lines(file).items()}


def expected(file, body):
    numbers = MAKE["gitlab_numbers"](body)
    return {line.key: at for line, at in zip(file.lines(), numbers, strict=True) if at}


@settings(max_examples=150, deadline=None)
@given(generated=generated_changes())
def test_generated_lines_get_the_numbers_of_gitlabs_parser(generated: Generated):
    (file,) = parse_changes([generated.change]).files
    assert shown(file) == expected(file, generated.change.diff.removesuffix("\n").split("\n"))


@settings(max_examples=100, deadline=None)
@given(old=st.lists(SLIPS, max_size=12), new=st.lists(SLIPS, max_size=12), ends=st.tuples(st.booleans(), st.booleans()))
def test_lines_like_headers_at_ends_without_newline_too(old, new, ends):
    texts = ["\n".join(lines) + ("\n" if end and lines else "") for lines, end in zip((old, new), ends, strict=True)]
    raw = git_diff(*texts).decode()
    for file in parse_git(raw.encode()).files:
        assert shown(file) == expected(file, raw[raw.index("@@ -") :].removesuffix("\n").split("\n"))


@settings(max_examples=60, deadline=None)
@given(pair=file_pairs())
def test_numbers_are_gits_in_hunks_without_a_slip(pair):
    for file in parse_git(git_diff(*pair)).files:
        known = gitlab_lines(file)
        for hunk in file.hunks:
            if all(line.key in known for line in hunk.lines):
                assert [(known[line.key].old, known[line.key].new) for line in hunk.lines] == [
                    line.key for line in hunk.lines
                ]


def test_the_code_of_a_line_names_the_next_number_of_the_other_side():
    change = RawChange("old.py", "new.py", "@@ -3,2 +3,3 @@\n a\n-b\n+c\n+d\n", renamed_file=True)
    (file,) = parse_changes([change]).files
    path = hashlib.sha1(b"new.py").hexdigest()
    assert [line.code for line in gitlab_lines(file).values()] == [
        f"{path}_{at}" for at in ("3_3", "4_4", "5_4", "5_5")
    ]


def test_lines_of_a_new_and_of_a_deleted_file_count_from_nought_on_the_absent_side():
    added = RawChange("f", "f", "@@ -0,0 +1,2 @@\n+a\n+b\n", new_file=True)
    deleted = RawChange("g", "g", "@@ -1,2 +0,0 @@\n-a\n-b\n", deleted_file=True)
    codes = [[line.code[41:] for line in gitlab_lines(file).values()] for file in parse_changes([added, deleted]).files]
    assert codes == [["0_1", "0_2"], ["1_0", "2_0"]]


def test_a_dropped_line_has_no_number_and_shifts_only_its_hunk():
    text = "@@ -1,3 +1,2 @@\n a\n--- all\n b\n@@ -9,2 +8,1 @@\n x\n-y\n"
    (file,) = parse_changes([RawChange("f", "f", text)]).files
    known = {key: (line.old, line.new) for key, line in gitlab_lines(file).items()}
    assert known == {(1, 1): (1, 1), (3, 2): (2, 2), (9, 8): (9, 8), (10, None): (10, None)}
