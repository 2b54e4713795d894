"""The digest of a file's change: kept by what moves it, lost by what changes it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from strategies import Generated, generated_changes

from reviewbot.core.diffs import parse_changes
from reviewbot.core.digests import digest
from reviewbot.model.merge_request import RawChange

TEXT = "@@ -10,2 +10,2 @@ def f():\n a\n-b\n+c\n"


def of(text=TEXT, **fields):
    (file,) = parse_changes([RawChange(**{"old_path": "f", "new_path": "f", "diff": text} | fields)]).files
    return digest(file)


@settings(max_examples=50, deadline=None)
@given(generated=generated_changes())
def test_lines_that_only_move_keep_it(generated: Generated):
    (file,) = parse_changes([generated.change]).files
    hunks = tuple(
        replace(
            hunk,
            old_start=hunk.old_start + 7,
            new_start=hunk.new_start + 9,
            section="elsewhere",
            lines=tuple(
                line._replace(old=line.old and line.old + 7, new=line.new and line.new + 9) for line in hunk.lines
            ),
        )
        for hunk in file.hunks
    )
    assert digest(replace(file, hunks=hunks)) == digest(file)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (TEXT.replace("+c", "+d"), {}),
        (TEXT.replace(" a", " x"), {}),
        ("@@ -10,2 +10,2 @@ def f():\n a\n+c\n-b\n", {}),
        ("@@ -10 +10 @@\n a\n@@ -11 +11 @@\n-b\n+c\n", {}),
        (TEXT + "\\ No newline at end of file\n", {}),
        (TEXT, {"new_path": "g", "renamed_file": True}),
        (TEXT, {"b_mode": "100755"}),
        ("", {}),
    ],
)
def test_another_change_has_another_digest(text, fields):
    assert of(text, **fields) != of()


def test_a_path_with_line_feeds_does_not_pass_for_content():
    assert of(new_path="f\n@00\n a", old_path="f") != of()
