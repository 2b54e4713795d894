"""How far a review went, file by file."""

from hypothesis import given, settings
from hypothesis import strategies as st
from making_findings import diff_of
from strategies import generated_changes

from reviewbot.core.coverage import MAX_RANGES, Unread, cover
from reviewbot.model.chunk import FileCoverage, Piece, Selection, Skip

DIFF = diff_of(
    a="@@ -1,1 +1,2 @@\n x\n+y\n@@ -40,1 +41,1 @@\n-p\n+q\n@@ -60,2 +61,0 @@\n-gone\n-too\n",
    b="@@ -1 +1 @@\n-x\n+y\n",
    c="@@ -1 +1 @@\n-x\n+y\n",
)
A, B, C = DIFF.files
ALL = Selection((A, B, C), ())


def unread(file, *hunks, reason="the model did not answer"):
    return Unread(Piece(file, hunks or file.hunks), reason)


def test_everything_was_read():
    assert cover(DIFF, ALL, {}) == tuple(FileCoverage(f"{name}.py", "reviewed") for name in "abc")


def test_skipped_files_keep_their_reason_and_say_whether_that_was_expected():
    chosen = Selection((A,), (Skip("b.py", "lock file"), Skip("c.py", "too large for GitLab", expected=False)))
    assert cover(DIFF, chosen, {})[1:] == (
        FileCoverage("b.py", "skipped", "lock file"),
        FileCoverage("c.py", "skipped", "too large for GitLab", complete=False),
    )


def test_a_partly_read_file_names_the_lines_once():
    entries = {"a.py": [unread(A, A.hunks[1]), unread(A, *A.hunks[1:]), unread(A, A.hunks[2], reason="no time left")]}
    assert cover(DIFF, ALL, entries)[0] == FileCoverage(
        "a.py", "partly", "lines 41, removed 60-61 not read: the model did not answer; no time left", complete=False
    )


def test_a_file_of_which_nothing_was_read_is_skipped():
    entries = {"b.py": [unread(B)], "a.py": [unread(A, hunk) for hunk in A.hunks]}
    assert [(each.state, each.complete) for each in cover(DIFF, ALL, entries)] == [
        ("skipped", False),
        ("skipped", False),
        ("reviewed", True),
    ]


def test_a_file_unchanged_since_the_last_review_says_so():
    assert cover(DIFF, ALL, {}, {"b.py"})[1] == FileCoverage("b.py", "reviewed", "unchanged since the last review")


def test_a_file_that_selection_forgot_is_not_taken_for_read():
    assert cover(DIFF, Selection((A,), ()), {})[1].complete is False


def test_many_ranges_are_bounded():
    text = "".join(f"@@ -{n},0 +{n},1 @@\n+x\n" for n in range(10, 1010, 10))
    diff = diff_of(a=text)
    file = diff.files[0]
    found = cover(diff, Selection((file,), ()), {"a.py": [unread(file, *file.hunks[:-1])]})[0]
    assert found.state == "partly"
    assert f"and {99 - MAX_RANGES} more not read" in found.reason


@given(st.lists(generated_changes(), min_size=1, max_size=1), st.data())
@settings(max_examples=50, deadline=None)
def test_every_file_exactly_once_and_never_better_than_it_was(changes, data):
    diff = diff_of(*(each.change for each in changes), b="@@ -1 +1 @@\n-x\n+y\n")
    read = data.draw(st.lists(st.sampled_from(diff.files), unique=True))
    missed = {
        file.path: [unread(file, *data.draw(st.lists(st.sampled_from(file.hunks), min_size=1, unique=True)))]
        for file in data.draw(st.lists(st.sampled_from(diff.files), unique=True))
    }
    covered = cover(diff, Selection(tuple(read), ()), missed)
    assert [each.path for each in covered] == [file.path for file in diff.files]
    for each, file in zip(covered, diff.files, strict=True):
        assert each.complete == (file in read and file.path not in missed)
