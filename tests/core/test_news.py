"""What of a change is new since the last reviewed version."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from making_findings import diff_of
from strategies import file_lines, file_pairs, git_diff

from reviewbot.core.diffs import parse_git
from reviewbot.core.news import MARGIN, news
from reviewbot.core.tracing import Trace, lines_of, seen_file
from reviewbot.model.diff import Change, Diff
from reviewbot.model.merge_request import RawChange
from reviewbot.model.outcome import ReviewedVersion

NEW_FILE = "@@ -0,0 +1,200 @@\n" + "".join(f"+line_{number} = {number}\n" for number in range(1, 201))


def version(diff, unread=()):
    return ReviewedVersion("a", seen={file.path: seen_file(file, unread) for file in diff.files})


def told(now, before, unread=()):
    earlier = version(before, unread)
    return news(now.files, earlier, Trace(earlier.seen, now))


def added(*changes):
    return diff_of(*(RawChange(path, path, text, new_file=True) for path, text in changes))


def shown(file):
    return [line.text for line in file.lines()]


def test_without_an_earlier_version_all_is_new():
    diff = added(("a.py", NEW_FILE))
    assert news(diff.files, None, Trace({}, diff)).files == diff.files


def test_the_same_change_is_unchanged_wherever_it_stands():
    before = diff_of(a="@@ -10,3 +10,4 @@\n one\n+two\n three\n four\n")
    now = diff_of(a="@@ -90,3 +95,4 @@ elsewhere\n one\n+two\n three\n four\n")
    found = told(now, before)
    assert (found.files, found.unchanged) == ((), {"a.py"})


def test_of_a_large_new_file_one_changed_line_is_read_with_its_surroundings():
    now = added(("a.py", NEW_FILE.replace("line_90 = 90", "line_90 = 91")))
    found = told(now, added(("a.py", NEW_FILE)))
    (file,) = found.files
    assert (file.change, found.partly, found.whole) == (Change.MODIFIED, {"a.py"}, now.files)
    assert shown(file) == [f"line_{n} = {91 if n == 90 else n}" for n in range(90 - MARGIN, 91 + MARGIN)]
    assert [line.new for line in file.lines()] == list(range(90 - MARGIN, 91 + MARGIN))


def test_where_a_line_was_taken_out_its_place_is_read():
    text = "".join(f"+line_{number} = {number}\n" for number in range(1, 201) if number != 90)
    found = told(added(("a.py", "@@ -0,0 +1,199 @@\n" + text)), added(("a.py", NEW_FILE)))
    (file,) = found.files
    assert {"line_89 = 89", "line_91 = 91"} <= set(shown(file))
    assert len(shown(file)) == 2 * MARGIN + 1


def test_a_new_hunk_is_read_and_the_others_are_not():
    first = "@@ -10,2 +10,3 @@\n one\n+two\n three\n"
    found = told(diff_of(a=first + "@@ -50,2 +51,3 @@\n x\n+y\n z\n"), diff_of(a=first))
    assert [shown(file) for file in found.files] == [["x", "y", "z"]]


def test_what_should_have_been_read_and_was_not_is_new():
    diff = added(("a.py", NEW_FILE))
    (file,) = told(diff, diff, unread={(None, 30), (None, 31)}).files
    assert shown(file) == [f"line_{n} = {n}" for n in range(30 - MARGIN, 32 + MARGIN)]


def test_a_file_with_another_mode_is_another_file():
    before = diff_of(RawChange("a.sh", "a.sh", "@@ -1,1 +1,2 @@\n a\n+b\n"))
    now = diff_of(RawChange("a.sh", "a.sh", "@@ -1,1 +1,2 @@\n a\n+b\n", b_mode="100755"))
    assert told(now, before).files == now.files


def test_a_renamed_file_is_not_read_again():
    before = added(("old.py", NEW_FILE), ("other.py", "@@ -0,0 +1,1 @@\n+x\n"))
    now = added(("new.py", NEW_FILE), ("other.py", "@@ -0,0 +1,1 @@\n+x\n"))
    assert told(now, before).unchanged == {"new.py", "other.py"}


def test_a_file_that_gets_a_new_name_in_the_repository_is_followed_by_its_old_one():
    text = "@@ -1,2 +1,3 @@\n a\n+b\n c\n"
    before = diff_of(RawChange("a.py", "b.py", text, renamed_file=True), RawChange("x.py", "x.py", text))
    now = diff_of(
        RawChange("a.py", "c.py", text, renamed_file=True), RawChange("x.py", "y.py", text, renamed_file=True)
    )
    assert told(now, before).unchanged == {"c.py", "y.py"}


def test_a_file_that_is_moved_by_deletion_and_addition_is_followed_by_its_content():
    now = diff_of(
        RawChange("a.py", "a.py", "@@ -1,1 +0,0 @@\n-gone\n", deleted_file=True),
        RawChange("b.py", "b.py", NEW_FILE, new_file=True),
    )
    before = diff_of(RawChange("a.py", "a.py", NEW_FILE.replace("-0,0", "-1,1") + "-gone\n"))
    found = told(now, before)
    assert found.partly == {"b.py"}
    assert [len(shown(file)) for file in found.files] == [1, MARGIN + 1]


@settings(max_examples=60, deadline=None)
@given(pair=file_pairs(), unread=st.booleans())
def test_what_is_kept_of_a_file_names_its_lines(pair, unread):
    data = git_diff(*pair)
    for file in parse_git(data).files if data else ():
        keys = {line.key for line in file.lines()}
        kept = list(lines_of(seen_file(file, keys if unread else ())))
        assert [line.key for line in kept] == [line.key for line in file.lines()]
        assert [line.sign for line in kept] == [line.sign for line in file.lines()]
        assert {line.read for line in kept} <= {not unread}


@settings(max_examples=80, deadline=None)
@given(first=file_pairs(longest=40), second=file_pairs(longest=40))
def test_every_line_that_was_not_there_is_read(first, second):
    """Two pushes to one branch: base -> first, then base -> second."""
    base = first[0]
    before, now = (_parsed(git_diff(base, new)) for new in (first[1], second[1]))
    if not now.files:
        return
    found = told(now, before)
    read = {line.key for file in found.files for line in file.lines()}
    known = set(file_lines(first[1])) | set(file_lines(base)) if before.files else set()
    assert all(line.key in read for line in now.files[0].lines() if line.sign == "+" and line.text not in known)
    assert read <= {line.key for line in now.files[0].lines()}


def _parsed(data):
    """One path for all: `git diff --no-index` names the other side /dev/null when a file is empty."""
    files = parse_git(data).files if data else ()
    return Diff(tuple(replace(file, old_path="file.txt", new_path="file.txt") for file in files))
