"""The golden pairs of tests/data/diffs: true numbers and GitLab's, for each difficulty by its name."""

import json
import runpy
from pathlib import Path

import pytest

from reviewbot.core.diffs import parse_changes, parse_git
from reviewbot.core.gitlab_lines import gitlab_lines
from reviewbot.model.diff import Change, Kind
from reviewbot.model.merge_request import RawChange

FOLDER = Path(__file__).parent.parent / "data" / "diffs"
CASES = sorted(path.stem for path in FOLDER.glob("*.diff"))
CHANGES = {"A": Change.ADDED, "D": Change.DELETED, "R": Change.RENAMED, "C": Change.COPIED, "T": Change.MODIFIED}
KINDS = {
    "binary": Kind.BINARY,
    "binary_patch": Kind.BINARY,
    "symlink": Kind.SYMLINK,
    "file_becomes_symlink": Kind.SYMLINK,
    "submodule": Kind.SUBMODULE,
    "lfs_pointer": Kind.LFS,
}


def golden(case):
    return json.loads((FOLDER / f"{case}.json").read_text())


def rows(file):
    return [[line.sign, line.old, line.new, line.text] for line in file.lines()]


def raw_change(expected, text):
    """The same file as GitLab's API gives it: paths unquoted, the text from `@@` on or a notice."""
    start = min((at for at in (text.find("@@ -"), text.find("Binary files ")) if at >= 0), default=len(text))
    return RawChange(
        old_path=expected["old_path"],
        new_path=expected["new_path"],
        diff=text[start:],
        a_mode=expected["old_mode"],
        b_mode=expected["new_mode"],
        new_file=expected["status"] == "A",
        deleted_file=expected["status"] == "D",
        renamed_file=expected["status"] == "R",
    )


@pytest.mark.parametrize("case", CASES)
def test_git_output_is_read_with_true_numbers(case):
    diff = parse_git((FOLDER / f"{case}.diff").read_bytes())
    assert len(diff.files) == len(golden(case))
    for file, expected in zip(diff.files, golden(case), strict=True):
        assert (file.old_path, file.new_path) == (expected["old_path"], expected["new_path"])
        assert rows(file) == [row[:4] for row in expected["lines"]]
        assert file.kind is KINDS.get(case, Kind.TEXT)
        assert file.missing == ""
        modes = [None if mode == "000000" else mode for mode in (expected["old_mode"], expected["new_mode"])]
        assert [file.old_mode, file.new_mode] in (modes, [None, None])  # a pure rename does not print its mode
        usual = Change.MODE if case == "mode_change" else Change.MODIFIED
        assert file.change is CHANGES.get(expected["status"], usual)


# GitLab does not look for copies, asks git for no binary patch, and shows a change of type as two entries
@pytest.mark.parametrize(
    "case", [case for case in CASES if case not in {"copy", "binary_patch", "file_becomes_symlink"}]
)
def test_gitlab_text_gives_the_same_file(case):
    raw = (FOLDER / f"{case}.diff").read_bytes()
    (from_git,) = parse_git(raw).files
    (file,) = parse_changes([raw_change(golden(case)[0], raw.decode(errors="replace"))]).files
    assert (file.hunks, file.kind, file.path) == (from_git.hunks, from_git.kind, from_git.path)
    assert (file.change, file.missing) == (from_git.change, "")


@pytest.mark.parametrize("case", CASES)
def test_gitlab_numbers_are_gitlabs_own(case):
    for file, expected in zip(parse_git((FOLDER / f"{case}.diff").read_bytes()).files, golden(case), strict=True):
        found = {key: [line.old, line.new, line.code] for key, line in gitlab_lines(file).items()}
        if case == "file_becomes_symlink":  # two entries in GitLab, of which a position finds the first
            assert found == {}
        else:
            assert found == {(row[1], row[2]): row[4] for row in expected["lines"] if row[4]}


def test_the_pairs_are_what_git_gives_today(tmp_path):
    made = runpy.run_path(str(FOLDER / "make.py"))
    for case, parts in made["CASES"].items():
        made["make"](tmp_path, case, *parts)
        assert (tmp_path / f"{case}.json").read_text() == (FOLDER / f"{case}.json").read_text()
    assert sorted(made["CASES"]) == CASES
