"""Findings brought to GitLab's positions."""

import pytest
from making_findings import REFS, diff_of, finding

from reviewbot.core.gitlab_lines import gitlab_lines
from reviewbot.core.placing import payload, positions
from reviewbot.model.diff import Change, FileDiff, Kind
from reviewbot.model.merge_request import RawChange

TEXT = """@@ -10,4 +20,4 @@
 before
-gone
+came
 after
 last
"""
FILE = diff_of(a=TEXT).files[0]
SHAS = {"base_sha": "b" * 40, "start_sha": "5" * 40, "head_sha": "4" * 40}


def payloads(found, file=FILE):
    return [payload(position) for position in positions(found, file, REFS)]


def test_an_added_line_has_the_new_number_only():
    text, whole = payloads(finding((None, 21)))
    assert text == SHAS | {"position_type": "text", "old_path": "a.py", "new_path": "a.py", "new_line": 21}
    assert whole == SHAS | {"position_type": "file", "old_path": "a.py", "new_path": "a.py"}


def test_a_removed_line_has_the_old_number_only():
    assert {"old_line": 11}.items() <= payloads(finding((11, None)))[0].items()
    assert "new_line" not in payloads(finding((11, None)))[0]


def test_an_unchanged_line_has_both_numbers():
    assert {"old_line": 12, "new_line": 22}.items() <= payloads(finding((12, 22)))[0].items()


def test_a_range_names_its_end_as_the_line_and_both_ends_in_the_range():
    several, single, whole = payloads(finding((11, None), (12, 22)))
    lines = gitlab_lines(FILE)
    assert {"old_line": 12, "new_line": 22}.items() <= several.items()
    assert several["line_range"] == {
        "start": {"line_code": lines[(11, None)].code, "type": "old", "old_line": 11},
        "end": {"line_code": lines[(12, 22)].code, "type": "old", "old_line": 12, "new_line": 22},
    }
    assert several["line_range"]["start"]["line_code"].endswith("_11_21")
    assert single == {key: value for key, value in several.items() if key != "line_range"}
    assert whole["position_type"] == "file"


def test_a_range_of_added_lines_is_of_type_new():
    several, *_ = payloads(finding((10, 20), (None, 21)))
    assert several["line_range"]["end"]["type"] == "new"
    assert "old_line" not in several


def test_numbers_are_gitlabs_after_a_line_that_it_drops():
    text = "@@ -1,4 +1,3 @@\n -- comments follow\n--- a comment\n kept\n last\n"
    file = diff_of(a=text).files[0]
    assert positions(finding((4, 3)), file, REFS)[0].line == (3, 3)
    assert [position.file_level for position in positions(finding((2, None)), file, REFS)] == [True]
    ranged = positions(finding((2, None), (3, 2)), file, REFS)
    assert [(position.line, position.start) for position in ranged] == [((2, 2), None), (None, None)]


@pytest.mark.parametrize(
    "file",
    [
        FileDiff("a.png", "a.png", Change.MODIFIED, Kind.BINARY),
        FileDiff("a.bin", "a.bin", Change.MODIFIED, Kind.LFS, hunks=FILE.hunks),
        FileDiff("a.py", "a.py", Change.MODIFIED, missing="too large"),
    ],
)
def test_a_file_without_lines_for_gitlab_takes_comments_as_a_whole(file):
    assert [position.file_level for position in positions(finding((None, 21)), file, REFS)] == [True]


def test_paths_of_renamed_added_and_deleted_files():
    renamed = diff_of(RawChange("old.py", "new.py", TEXT, renamed_file=True)).files[0]
    deleted = diff_of(RawChange("a.py", "a.py", "@@ -1 +0,0 @@\n-x\n", deleted_file=True)).files[0]
    first = positions(finding((None, 21)), renamed, REFS)[0]
    assert (first.old_path, first.new_path) == ("old.py", "new.py")
    first = positions(finding((1, None)), deleted, REFS)[0]
    assert (first.old_path, first.new_path, first.line) == ("a.py", "a.py", (1, None))


def test_lines_that_the_caller_counted_are_used():
    assert [position.file_level for position in positions(finding((None, 21)), FILE, REFS, {})] == [True]
