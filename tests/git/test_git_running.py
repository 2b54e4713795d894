"""Limits on a git command."""

import threading

import pytest

from reviewbot.control import Control
from reviewbot.errors import Cancelled, SourceUnavailable
from reviewbot.git.comparing import compare
from reviewbot.git.running import Git


@pytest.fixture
def git(tmp_path):
    git = Git(tmp_path)
    git.run("init", "-q")
    return git


def test_a_command_that_does_not_end_is_ended(git):
    with pytest.raises(SourceUnavailable, match="longer than"):
        git.run("-c", "alias.hang=!sleep 60", "hang", seconds=0.2)


def test_a_command_that_writes_too_much_is_ended(git):
    with pytest.raises(SourceUnavailable, match="wrote more than"):
        git.run("-c", "alias.flood=!yes", "flood", most_bytes=1_000_000)


def test_a_stopped_run_ends_its_command(tmp_path, git):
    control = Control()
    timer = threading.Timer(0.2, lambda: control.stop(Cancelled("shutdown")))
    timer.start()
    with pytest.raises(Cancelled):
        Git(tmp_path, control=control).run("-c", "alias.hang=!sleep 60", "hang")
    timer.join()


def test_secrets_do_not_get_into_messages(tmp_path):
    git = Git(tmp_path, secrets=("hush",))
    with pytest.raises(SourceUnavailable) as raised:
        git.run("-c", "alias.say=!echo hush >&2; exit 3", "say")
    assert "hush" not in str(raised.value)
    assert "[token]" in str(raised.value)


def test_a_comparison_in_memory_is_what_git_says(tmp_path, git):
    old = b"one\ntwo\nthree\nfour\nfive\n"
    files = [
        ("changed.txt", old, old.replace(b"three", b"3")),
        ("same.txt", old, old),
        ("gone.txt", old, None),
        ('odd "name"\n.txt', None, b"new\n"),
        ("empty.txt", None, b""),
        ("picture.png", b"\0\1", b"\0\2"),
        ("nowhere.txt", None, None),
        ("diff --git a/x b/x", b"-- a\n", b"diff --git a/y b/y\nBinary files x\n"),
    ]
    expected = [
        "diff --git a/changed.txt b/changed.txt",
        "--- a/changed.txt",
        "+++ b/changed.txt",
        "@@ -1,5 +1,5 @@",
        " one",
        " two",
        "-three",
        "+3",
        " four",
        " five",
        "diff --git a/gone.txt b/gone.txt",
    ]
    text = compare(files).decode()
    assert text.split("\n")[: len(expected)] == expected
    assert "Binary files a/picture.png and b/picture.png differ" in text
    assert "same.txt" not in text
    assert "nowhere" not in text


def test_a_comparison_can_be_parsed(tmp_path):
    from reviewbot.core import diffs

    files = [('odd "name"\n.txt', None, b"new\n"), ("gone", b"x", None), ("diff --git a/x b/x", b"-- a\n", b"+\n")]
    parsed = diffs.parse_git(compare(files))
    assert [(file.path, file.change.value, file.added, file.removed) for file in parsed.files] == [
        ('odd "name"\n.txt', "added", 1, 0),
        ("gone", "deleted", 0, 1),
        ("diff --git a/x b/x", "modified", 1, 1),
    ]
