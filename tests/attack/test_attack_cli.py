"""The command line over hostile diffs: their bytes are data, on the terminal too."""

import json
import os

import pytest
from cli.conftest import reviewbot  # noqa: F401 - a fixture

NAME = r"\033]0;pwned\007\033[31m`@all`\342\200\256.py"
ESCAPES = f"""\
diff --git "a/{NAME}" "b/{NAME}"
--- "a/{NAME}"
+++ "b/{NAME}"
@@ -1 +1 @@
-a
+x = eval(y)  # \033[2K\r\007
"""
CHANGED = "diff --git a/x b/x\n--- a/x\n+++ b/x\n"


@pytest.mark.parametrize("format_name", ["text", "markdown", "json", "sarif", "codequality"])
def test_a_file_name_moves_no_terminal(reviewbot, format_name):  # noqa: F811
    done = reviewbot("review", "--diff", "-", "--format", format_name, stdin=ESCAPES)
    assert done.code == 1
    assert "eval" in done.out
    assert not set(done.said) & set("\033\007\r")
    if format_name in {"text", "markdown"}:
        assert "\u202e" not in done.said
    else:
        json.loads(done.out)


def test_markdown_is_as_harmless_as_a_comment(reviewbot):  # noqa: F811
    done = reviewbot("review", "--diff", "-", "--format", "markdown", "-q", stdin=ESCAPES)
    (heading,) = [line for line in done.out.splitlines() if line.startswith("## ")]
    assert heading.startswith("## ``")  # a span that the name's own backticks do not end
    assert "@all" in heading.split("``")[1]


def test_an_error_that_tells_a_files_name_moves_no_terminal(reviewbot):  # noqa: F811
    done = reviewbot("review", "--diff", "-", stdin=ESCAPES + ESCAPES)
    assert (done.code, "was already changed" in done.err) == (2, True)
    assert "\033" not in done.said


@pytest.mark.parametrize(
    ("diff", "code", "said"),
    [
        (f"{CHANGED}@@ -1,1 +1,99999999999 @@\n+a\n", 2, "not a hunk header"),
        (f"{CHANGED}@@ -1,5 +1,5 @@\n-a\n+b\n", 2, "cut short"),
        (f"{CHANGED}@@ -1 +1 @@\n-a\n+b\n+c\n", 2, "more lines"),
        (f"{CHANGED}@@ -1 +9999999999 @@\n-a\n+b\n", 2, "not a hunk header"),
        (f"{CHANGED}@@ -1 +999999999 @@\n-a\n+b\n", 0, "1 of 1 files read"),
        (
            "diff --git a/../../etc/passwd b/../../etc/passwd\n" + CHANGED.split("\n", 1)[1] + "@@ -1 +1 @@\n-a\n+b\n",
            0,
            "",
        ),
        ("\0" * 1000, 2, "no diff"),
        ("hello\n" * 1000, 2, "no diff"),
        (f"{CHANGED}GIT binary patch\nliteral 5\nMc$`Pnx\n", 0, ""),
    ],
)
def test_a_diff_that_lies_is_refused_with_its_line_or_read_as_it_stands(reviewbot, diff, code, said):  # noqa: F811
    done = reviewbot("review", "--diff", "-", stdin=diff)
    assert done.code == code
    assert said in done.said
    assert "Traceback" not in done.said


def test_what_is_no_file_or_has_no_end_is_refused(reviewbot, tmp_path):  # noqa: F811
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "noise").write_bytes(os.urandom(1_000_000))
    for name in ("folder", "dangling", "missing", "noise", "/dev/zero", ""):
        done = reviewbot("review", "--diff", name)
        assert (done.code, "Traceback" in done.said) == (2, False), name
        assert "→" in done.err


def test_a_line_of_megabytes_is_reviewed_like_any_other(reviewbot, tmp_path):  # noqa: F811
    (tmp_path / "long.diff").write_text(f"{CHANGED}@@ -0,0 +1 @@\n+" + "a" * 20_000_000 + "\n")
    assert reviewbot("review", "--diff", "long.diff").code == 0
