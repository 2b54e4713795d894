"""Diff texts -> lines with git's numbers, whatever the text holds."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NASTY, file_lines, file_pairs, generated_changes, git_diff

from reviewbot.core.diffs import parse_changes, parse_git
from reviewbot.errors import UsageError
from reviewbot.model.diff import Change, Kind, Line
from reviewbot.model.merge_request import RawChange


def one(diff):
    (file,) = diff.files
    return file


def parsed(text, **fields):
    return one(parse_changes([RawChange(**{"old_path": "f", "new_path": "f", "diff": text} | fields)]))


def assert_lines_stand_in_the_files(file, old, new):
    for line in file.lines():
        if line.old is not None:
            assert old[line.old - 1] == line.text
        if line.new is not None:
            assert new[line.new - 1] == line.text


# --- against real git


@settings(max_examples=150, deadline=None)
@given(pair=file_pairs(), context=st.sampled_from([0, 1, 3, 10]))
def test_every_line_of_a_git_diff_has_the_text_that_its_numbers_name(pair, context):
    old, new = pair
    diff = parse_git(git_diff(old, new, f"-U{context}"))
    if old == new:
        assert diff.files == ()
        return
    file = one(diff)
    assert file.path == "file.txt"
    assert_lines_stand_in_the_files(file, file_lines(old), file_lines(new))
    changed = {line.new for line in file.lines()} - {None}
    assert len(changed) == sum(line.new is not None for line in file.lines())
    assert [hunk.new_ends_without_newline for hunk in file.hunks][:-1] == [False] * (len(file.hunks) - 1)


@settings(max_examples=60, deadline=None)
@given(pair=file_pairs())
def test_counts_agree_with_numstat(pair):
    old, new = pair
    diff = parse_git(git_diff(old, new))
    numstat = git_diff(old, new, "--numstat").split(b"\t")
    counts = [(file.added, file.removed) for file in diff.files]
    assert counts == ([] if old == new else [(int(numstat[0]), int(numstat[1]))])


@settings(max_examples=60, deadline=None)
@given(pair=file_pairs(longest=20))
def test_a_diff_applied_to_the_old_file_gives_the_new_file(pair):
    old, new = pair
    lines, shift = file_lines(old), 0
    for file in parse_git(git_diff(old, new)).files:
        for hunk in file.hunks:
            at = hunk.old_start - (1 if hunk.old_count else 0) + shift
            lines[at : at + hunk.old_count] = [line.text for line in hunk.lines if line.sign != "-"]
            shift += hunk.new_count - hunk.old_count
    assert lines == file_lines(new)


@settings(max_examples=100, deadline=None)
@given(generated=generated_changes())
def test_a_generated_change_comes_back_line_by_line(generated):
    file = one(parse_changes([generated.change]))
    assert file.missing == ""
    assert tuple(file.lines()) == generated.lines


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200) | st.lists(st.sampled_from(NASTY)).map(lambda lines: "\n".join(lines).encode()))
def test_any_input_is_parsed_or_refused_with_a_mend(data):
    with contextlib.suppress(UsageError):  # nothing else may come out
        assert parse_git(data).files or not data.strip()


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=80) | st.lists(st.sampled_from(NASTY)).map("\n".join), cut=st.integers(0, 400))
def test_any_text_of_gitlab_is_parsed_or_missing_with_a_reason(text, cut):
    whole = "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n" + text
    file = parsed(whole[:cut])
    assert file.missing or list(file.lines())


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_line_is_kept_as_it_is(text):
    file = parsed(f"@@ -4,3 +4,3 @@\n a\n-{text}\n+{text}\n b\n")
    assert list(file.lines())[1:3] == [Line("-", 5, None, text), Line("+", None, 5, text)]


# --- GitLab's changes


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"collapsed": True}, "collapsed by GitLab"),
        ({"too_large": True}, "too large for GitLab"),
        ({"collapsed": True, "too_large": True}, "too large for GitLab"),
        ({"collapsed": True, "renamed_file": True, "old_path": "g"}, "collapsed by GitLab"),
        ({"collapsed": True, "new_file": True, "a_mode": "0"}, "collapsed by GitLab"),
        ({}, "GitLab sent no text"),
    ],
)
def test_an_empty_text_is_never_taken_for_no_change(fields, reason):
    assert parsed("", **fields).missing == reason


def test_a_rename_without_a_text_is_complete():
    file = parsed("", old_path="old", new_path="new", renamed_file=True)
    assert (file.change, file.old_path, file.path, file.missing) == (Change.RENAMED, "old", "new", "")


def test_a_mode_change_without_a_text_is_complete():
    file = parsed("", b_mode="100755")
    assert (file.change, file.old_mode, file.new_mode, file.missing) == (Change.MODE, "100644", "100755", "")


def test_an_empty_new_file_is_complete():
    file = parsed("", new_file=True, a_mode="0")
    assert (file.change, file.old_mode, file.missing) == (Change.ADDED, None, "")


def test_a_notice_about_a_binary_is_not_a_missing_text():
    file = parsed("Binary files a/f and b/f differ\n")
    assert (file.kind, file.missing, file.hunks) == (Kind.BINARY, "", ())


@pytest.mark.parametrize("header", ["--- a/f\n+++ b/f\n", ""])
def test_file_headers_of_other_gitlab_versions_are_passed_over(header):
    assert [line.key for line in parsed(f"{header}@@ -1 +1 @@\n-a\n+b\n").lines()] == [(1, None), (None, 1)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@@ -1,3 +1,3 @@\n a\n-b\n", "end of the input"),
        ("@@ -1 +1 @@\n-a\n+b\n+c\n", "Line 4"),
        ("@@ -1,2 +1 @@\n-a\n+b\n+c\n", "more lines"),
        ("@@ nonsense @@\n-a\n", "Line 1"),
        ("prose\n", "line 1"),
        ("@@ -0,0 +0,0 @@\n", "without lines"),
        (f"@@ -{'9' * 5000} +1 @@\n-a\n+b\n", "Line 1"),
    ],
)
def test_a_broken_text_is_missing_and_says_where(text, words):
    file = parsed(text)
    assert file.hunks == ()
    assert words in file.missing


def test_a_file_that_became_a_link_is_one_change():
    halves = [
        RawChange("f", "f", "@@ -1 +0,0 @@\n-text\n", a_mode="100644", b_mode="0", deleted_file=True),
        RawChange("f", "f", "@@ -0,0 +1 @@\n+target\n", a_mode="0", b_mode="120000", new_file=True),
    ]
    file = one(parse_changes(halves))
    assert (file.change, file.kind, file.old_mode, file.new_mode) == (Change.MODIFIED, Kind.SYMLINK, "100644", "120000")
    assert [line.key for line in file.lines()] == [(1, None), (None, 1)]


def test_a_file_listed_twice_by_shifting_pages_is_kept_once():
    change = RawChange("f", "f", "@@ -1 +1 @@\n-a\n+b\n")
    assert one(parse_changes([change, change])).missing == ""
    other = RawChange("f", "f", "@@ -1 +1 @@\n-a\n+c\n")
    assert "twice" in one(parse_changes([change, other])).missing


def test_lone_surrogates_of_json_can_be_encoded_afterwards():
    file = parsed("@@ -0,0 +1 @@\n+\ud800x\n", new_path="p\udfff")
    assert next(file.lines()).text.encode()
    assert file.path.encode()


# --- git's output and other diffs


def test_no_input_is_no_change():
    assert parse_git(b"").files == ()
    assert parse_git(b"\n  \n").files == ()


@pytest.mark.parametrize(
    "data",
    [b"hello\nworld\n", b"@@ -1 +1 @@\n-a\n+b\n", b"\x1b[1mdiff --git a/f b/f\x1b[m\n", b"{}", b"\x00\xff"],
)
def test_input_without_a_diff_is_refused_with_the_mend(data):
    with pytest.raises(UsageError, match="no diff") as caught:
        parse_git(data)
    assert "git diff" in caught.value.mend


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,9 +1 @@\n-a\n+b\n", "Line 4.*end of the input"),
        ("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n-a\ndiff --git a/g b/g\n", "Line 4.*line 6"),
        ("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n+c\n", "Line 7.*more lines"),
        ("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -a +1 @@\n-a\n", "Line 4 .*header"),
        ("diff --cc f\nindex 1,2..3\n--- a/f\n+++ b/f\n@@@ -1,2 -1,2 +1,3 @@@\n", "Line 1 .*combined"),
        ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-b\n+c\n", "Line 6.*already"),
    ],
)
def test_a_malformed_diff_is_refused_naming_the_line(data, words):
    with pytest.raises(UsageError, match=words) as caught:
        parse_git(data.encode())
    assert caught.value.mend


@pytest.mark.parametrize(
    ("header", "old", "new"),
    [
        ("diff --git a/f b/f\n--- a/f\n+++ b/f\n", "f", "f"),
        ("diff --git f f\n--- f\n+++ f\n", "f", "f"),
        ("diff --git a/f a/f\n--- a/f\n+++ a/f\n", "a/f", "a/f"),
        ("diff --git i/f w/f\n--- i/f\n+++ w/f\n", "f", "f"),
        ("diff --git before/x/f after/x/f\n--- before/x/f\n+++ after/x/f\n", "x/f", "x/f"),
        ("diff --git a/b b/b b/b b/b\n--- a/b b/b\t\n+++ b/b b/b\t\n", "b b/b", "b b/b"),
        ('diff --git "a/\\303\\244\\t\\"x" "b/\\303\\244\\t\\"x"\n', 'ä\t"x', 'ä\t"x'),
        ("diff --git a/x y b/z\nrename from x y\nrename to z\n", "x y", "z"),
        ('diff --git a/x "b/\\t"\ncopy from x\ncopy to "\\t"\n', "x", "\t"),
        ("diff --git a/one b/two\n--- a/one\n+++ b/two\n", "one", "two"),
        ("--- f\t2026-01-01 00:00:00\n+++ f\t2026-01-02 00:00:00\n", "f", "f"),
        ("--- orig/src/f.c\n+++ new/src/f.c\n", "src/f.c", "src/f.c"),
        ("--- f.orig\n+++ f\n", "f", "f"),
        ("--- old.py\n+++ new.py\n", "old.py", "new.py"),
        ("Index: f\n=====\n--- ./f\t(revision 1)\n+++ ./f\t(working copy)\n", "f", "f"),
        (
            "From 1 Mon\nSubject: x\n---\n f | 2 +-\n\ndiff --git a/f b/f\nindex 1..2 100644\n--- a/f\n+++ b/f\n",
            "f",
            "f",
        ),
    ],
)
def test_names_are_read_with_any_prefix_and_quoting(header, old, new):
    file = one(parse_git(f"{header}@@ -1 +1 @@\n-a\n+b\n".encode()))
    assert (file.old_path, file.path) == (old, new)
    assert [line.key for line in file.lines()] == [(1, None), (None, 1)]


def test_dashes_inside_a_hunk_do_not_end_it_without_git_headers():
    data = b"--- f\n+++ f\n@@ -1,3 +1,2 @@\n a\n--- b\n-- c\n+++ d\n--- g\n+++ g\n@@ -1 +1 @@\n-x\n+y\n"
    first, second = parse_git(data).files
    assert [(line.key, line.text) for line in first.lines()][1:] == [
        ((2, None), "-- b"),
        ((3, None), "- c"),
        ((None, 2), "++ d"),
    ]
    assert second.path == "g"


def test_the_signature_of_a_mailed_patch_is_no_line():
    data = b"diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39.5\n\n"
    assert one(parse_git(data)).removed == 1


def test_a_patch_converted_to_crlf_reads_like_the_original():
    data = git_diff("a\nb\nc\n", "a\nB\n\nc\n")
    converted = data.replace(b"\n", b"\r\n")
    assert parse_git(converted) == parse_git(data)


def test_files_with_crlf_keep_their_carriage_returns():
    file = one(parse_git(git_diff("a\r\nb\r\n", "a\r\nc\r\n")))
    assert [line.text for line in file.lines()] == ["a\r", "b\r", "c\r"]


def test_a_diff_redirected_as_utf_16_is_read():
    data = git_diff("a\n", "ä\n")
    assert parse_git(data.decode().replace("\n", "\r\n").encode("utf-16")) == parse_git(data)


def test_blanks_stripped_from_empty_lines_and_a_translated_remark_are_understood():
    data = b"--- f\n+++ f\n@@ -1,3 +1,3 @@\n\n-a\n\\ Kein Zeilenumbruch am Dateiende.\n+b\n\n\\ Kein Zeilenumbruch.\n"
    (hunk,) = one(parse_git(data)).hunks
    assert [line.text for line in hunk.lines] == ["", "a", "b", ""]
    assert hunk.new_ends_without_newline


def test_an_absent_file_of_plain_diff_is_added_or_deleted():
    epoch = "1970-01-01 01:00:00.000000000 +0100"
    added = f"--- old/f\t{epoch}\n+++ new/f\t2026-01-01\n@@ -0,0 +1 @@\n+a\n"
    assert one(parse_git(added.encode())).change is Change.ADDED
    deleted = f"--- old/f\t2026-01-01\n+++ new/f\t{epoch}\n@@ -1 +0,0 @@\n-a\n"
    assert one(parse_git(deleted.encode())).change is Change.DELETED


def test_files_that_a_diff_only_names_are_not_lost():
    data = (
        b"Only in new/src: g.py\nBinary files old/x.png and new/x.png differ\nSubmodule lib 1234567..89abcde:\n  > x\n"
    )
    text, binary, submodule = parse_git(data).files
    assert (text.path, bool(text.missing)) == ("new/src/g.py", True)
    assert (binary.path, binary.kind) == ("x.png", Kind.BINARY)
    assert (submodule.path, submodule.kind) == ("lib", Kind.SUBMODULE)


def test_prose_between_gits_files_names_no_files():
    message = b"Subject: x\n\nOnly in Python: this\nBinary files a and b differ\n\n"
    assert len(parse_git(message + git_diff("a\n", "b\n")).files) == 1


def test_a_file_turned_into_an_lfs_pointer_is_one_and_back_is_text():
    oid = "0" * 64
    pointer = ["version https://git-lfs.github.com/spec/v1", f"oid sha256:{oid}", "size 5"]
    text = [f"line {number}" for number in range(40)]
    there = git_diff("\n".join(text), "\n".join(pointer))
    assert one(parse_git(there)).kind is Kind.LFS
    back = git_diff("\n".join(pointer), "\n".join(text))
    assert one(parse_git(back)).kind is Kind.TEXT
