"""Rebuild the golden pairs of this folder: `python tests/data/diffs/make.py`.

Each case is a small repository with two trees. `<case>.diff` is what `git diff` prints; `<case>.json` holds what must
be read from it. Nothing of reviewbot is used here: true numbers are found by walking the hunks and checked against the
files themselves, GitLab's by a state machine written after the behaviour of its parser, over the raw text.
"""

import hashlib
import json
import os
import re
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
TEN = [f"line {number}" for number in range(1, 11)]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n"
HEADERS = ("--- /dev/null", "+++ /dev/null", "--- a", "+++ b", "+++ a", "--- /tmp/diffy", "+++ /tmp/diffy")


def text(*lines, end="\n"):
    return ("\n".join(lines) + end).encode()


def swapped(lines, **changes):
    """`lines` with some replaced by number: n5="x" replaces the fifth, a tuple puts several in its place."""
    out = list(lines)
    for name, value in sorted(changes.items(), key=lambda item: -int(item[0][1:])):
        at = int(name[1:]) - 1
        out[at : at + 1] = [value] if isinstance(value, str) else value
    return out


# case: (files before, files after, options of git diff); a value is bytes, ("link", target) or ("mode", bytes)
CASES = {
    "modified_in_two_hunks": (
        {"f": text(*TEN, *TEN)},
        {"f": text(*swapped([*TEN, *TEN], n2=("two", "and more"), n18=()))},
    ),
    "added": ({}, {"new/f.py": text("a", "", "b")}),
    "deleted": ({"f": text("a", "b")}, {}),
    "empty_file_added": ({}, {"empty": b""}),
    "empty_file_deleted": ({"empty": b""}, {}),
    "emptied": ({"f": text("a", "b")}, {"f": b""}),
    "rename": ({"old name.txt": text(*TEN)}, {"new/name.txt": text(*swapped(TEN, n3="three"))}),
    "rename_without_change": ({"a": text(*TEN)}, {"b": text(*TEN)}),
    "copy": ({"a": text(*TEN)}, {"a": text(*TEN), "b": text(*swapped(TEN, n9="nine"))}, "--find-copies-harder"),
    "mode_change": ({"run": text("#!/bin/sh")}, {"run": ("mode", text("#!/bin/sh"))}),
    "mode_and_text_change": ({"run": text("#!/bin/sh")}, {"run": ("mode", text("#!/bin/sh", "true"))}),
    "binary": ({"x.png": b"\x89PNG\0\1"}, {"x.png": b"\x89PNG\0\2"}),
    "binary_patch": ({"x.png": b"\x89PNG\0\1"}, {"x.png": b"\x89PNG\0\2"}, "--binary"),
    "symlink": ({"to": ("link", "a")}, {"to": ("link", "b")}),
    "file_becomes_symlink": ({"to": text("content")}, {"to": ("link", "target")}),
    "submodule": ({"lib": ("commit", "1" * 40)}, {"lib": ("commit", "2" * 40)}),
    "lfs_pointer": ({"m.bin": POINTER.format("a" * 64).encode()}, {"m.bin": POINTER.format("b" * 64).encode()}),
    "no_newline_at_end": ({"f": text("a", "b", end="")}, {"f": text("a", "c", end="")}),
    "newline_at_end_added": ({"f": text("a", "b", end="")}, {"f": text("a", "b")}),
    "newline_at_end_lost": ({"f": text("a", "b")}, {"f": text("a", "b", end="")}),
    "no_newline_before_the_end": ({"f": text("a", "b", end="")}, {"f": text("x", "a", "b", end="")}),
    "crlf": ({"f": b"a\r\nb\r\nc\r\n"}, {"f": b"a\r\nB\r\nc\r\n"}),
    "crlf_to_lf": ({"f": b"a\r\nb\r\n"}, {"f": b"a\nb\n"}),
    "lone_cr": ({"f": b"a\rb\nc\n"}, {"f": b"a\rB\nc\r\r\nd\n"}),
    "form_feed": ({"f": b"a\n\fb\nc\n"}, {"f": b"a\n\fB\x0bx\nc\n\x1c\x1d\x1e\n"}),
    "line_separator_u2028": ({"f": text("a", "b\u2028c", "d")}, {"f": text("a", "B\u2028c\u2029", "d\x85e")}),
    "dashes_and_pluses_in_hunk": (
        {"f": text(*swapped(TEN, n4="-- x", n5="--- y", n6="++ z"))},
        {"f": text(*swapped(TEN, n4="++ x", n5="+++ y", n6="@@ -1 +1 @@"))},
    ),
    "diff_inside_the_file": (
        {"p.patch": text("diff --git a/f b/f", "--- a/f", "+++ b/f", "@@ -1 +1 @@", "-a", "+b")},
        {
            "p.patch": text(
                "diff --git a/g b/g", "--- a/g", "+++ b/g", "@@ -1 +1 @@", "-a", "+c", "\\ No newline at end of file"
            )
        },
    ),
    "gitlab_drops_a_removed_sql_comment": (
        {"q.sql": text(*swapped(TEN, n4="-- all users"), *TEN, *TEN)},
        {"q.sql": text(*swapped(TEN, n4=(), n6="six"), *TEN, *swapped(TEN, n5="five"))},
    ),
    "gitlab_drops_an_added_line": (
        {"f": text(*TEN)},
        {"f": text(*swapped(TEN, n3=("line 3", "++ b", "more"), n7=()))},
    ),
    "gitlab_drops_two_in_a_row": (
        {"q.lua": text(*swapped(TEN, n4=("-- a one", "-- a two", "-- /dev/null", "x = 1")))},
        {"q.lua": text(*swapped(TEN, n4=("y = 1", "z = 2"), n8="8"))},
    ),
    "gitlab_keeps_a_comment_after_a_change": (
        {"q.sql": text(*swapped(TEN, n4="x", n5="-- all users"))},
        {"q.sql": text(*swapped(TEN, n4=(), n5=()))},
    ),
    "gitlab_keeps_a_comment_on_the_first_line": ({"q.sql": text("-- all users", *TEN)}, {"q.sql": text(*TEN)}),
    "gitlab_keeps_a_comment_after_the_end_remark": (
        {"q.sql": text("a", "-- at the end", end="")},
        {"q.sql": text("a", "++ b", end="")},
    ),
    "non_utf8": ({"f": b"caf\xe9\nx\n"}, {"f": b"caf\xe9\n\xff\xfe\xc3\n"}),
    "nul_shown_as_text": ({"f": b"a\0b\nc\n"}, {"f": b"a\0B\nc\n"}, "--text"),
    "quoted_file_name": ({'ä "quoted"\tname\\': text("a")}, {'ä "quoted"\tname\\': text("b")}),
    "blanks_in_file_name": ({"a b/c b/d": text("a")}, {"a b/c b/d": text("b")}),
    "without_prefix": ({"a/f": text("a")}, {"a/f": text("b")}, "--no-prefix"),
    "without_context": ({"f": text(*TEN)}, {"f": text(*swapped(TEN, n2=("line 2", "x"), n7=()))}, "-U0"),
    "very_long_line": ({"f": text("a" * 9000, "b")}, {"f": text("b" * 9000, "b")}),
}


def git(folder, *arguments, given=None):
    clean = {"PATH": os.environ["PATH"], "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        clean |= {
            f"GIT_{who}_NAME": "S",
            f"GIT_{who}_EMAIL": "s@example.com",
            f"GIT_{who}_DATE": "2026-01-01T00:00:00Z",
        }
    return subprocess.run(
        ["git", "-C", folder, *arguments], env=clean, input=given, capture_output=True, check=True
    ).stdout


def moded(content):
    """(git mode, bytes) of a value in `CASES`."""
    kind, data = content if isinstance(content, tuple) else ("file", content)
    modes = {"file": "100644", "link": "120000", "mode": "100755", "commit": "160000"}
    return modes[kind], data.encode() if isinstance(data, str) else data


def tree(folder, files):
    """A tree with exactly `files`, built in the index: the same on every system. Its id."""
    git(folder, "read-tree", "--empty")
    for name, content in files.items():
        mode, data = moded(content)
        blob = (
            data.decode()
            if mode == "160000"
            else git(folder, "hash-object", "-w", "--stdin", given=data).decode().strip()
        )
        git(folder, "update-index", "--add", "--cacheinfo", f"{mode},{blob},{name}")
    return git(folder, "write-tree").decode().strip()


def whole(content):
    """The lines of a file, split at line feeds only."""
    mode, data = moded(content)
    if mode == "160000":
        data = b"Subproject commit " + data
    lines = data.decode(errors="replace").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def true_lines(body):
    """[sign, old, new, text] of each line, counted from the hunk headers."""
    found, old, new = [], 0, 0
    for line in body:
        header = re.match(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@", line)
        if header:
            old, new = int(header[1]), int(header[2])
        elif line[0] in "+- ":
            found.append([line[0], None if line[0] == "+" else old, None if line[0] == "-" else new, line[1:]])
            old += line[0] != "+"
            new += line[0] != "-"
    return found


def gitlab_numbers(body):
    """[old, new, positions of the line code] as GitLab gives them, one for each line of `true_lines`; None: dropped."""
    found, old, new, kind = [], 1, 1, None
    for line in body:
        if line.startswith(HEADERS) and kind is None:
            found.append(None)
        elif line.startswith("@@ -"):
            kind = "match"
            old, new = (int(number) for number in re.match(r"@@ -(\d+)\S* \+(\d+)", line).groups())
        elif line[0] == "\\":
            kind = "nonewline"
        else:
            kind = {"+": "new", "-": "old"}.get(line[0])
            found.append([None if kind == "new" else old, None if kind == "old" else new, f"{old}_{new}"])
            old += kind != "new"
            new += kind != "old"
    return found


def files_of(raw):
    """The raw diff, cut into one list of lines per file: header and body."""
    lines = raw.decode(errors="replace").removesuffix("\n").split("\n")
    starts = [at for at, line in enumerate(lines) if line.startswith("diff --git ")] + [len(lines)]
    for start, end in pairwise(starts):
        part = lines[start:end]
        body = next((at for at, line in enumerate(part) if line.startswith("@@ ")), len(part))
        yield part[:body], part[body:]


def names(folder, trees, options):
    """(status, old path, new path, old mode, new mode) of each file, from git's machine-readable output."""
    words = git(folder, "diff", "--raw", "-z", "-M", *options, *trees).decode().split("\0")
    while words and words[0]:
        old_mode, new_mode, _, _, status = words.pop(0).lstrip(":").split()
        old = words.pop(0)
        new = words.pop(0) if status[0] in "RC" else old
        yield status[0], old, new, old_mode, new_mode


def described(entry, body, sides):
    """What must be read of one file, its true numbers checked against the files."""
    _, old_path, new_path, _, _ = entry
    lines, numbers = true_lines(body), gitlab_numbers(body)
    for _sign, old, new, content in lines:
        assert old is None or whole(sides[0][old_path])[old - 1] == content
        assert new is None or whole(sides[1][new_path])[new - 1] == content
    code = hashlib.sha1(new_path.encode()).hexdigest()
    rows = [
        [*line, None if at is None else [*at[:2], f"{code}_{at[2]}"]] for line, at in zip(lines, numbers, strict=True)
    ]
    return dict(zip(("status", "old_path", "new_path", "old_mode", "new_mode"), entry, strict=True)) | {"lines": rows}


def make(into, case, before, after, *options):
    """Write `<case>.diff` and `<case>.json` to the folder `into`."""
    with tempfile.TemporaryDirectory() as folder:
        git(folder, "init", "-q")
        trees = tree(folder, before), tree(folder, after)
        raw = git(folder, "diff", "-M", *options, *trees)
        entries = list(names(folder, trees, options))
    parts = [body for _, body in files_of(raw)]
    if len(parts) == 2 * len(entries):  # a change of type: two halves in the text, one file
        parts = [first + second for first, second in zip(parts[::2], parts[1::2], strict=True)]
    files = [described(entry, body, (before, after)) for entry, body in zip(entries, parts, strict=True)]
    (into / f"{case}.diff").write_bytes(raw)
    (into / f"{case}.json").write_text(pretty(files))


def pretty(files):
    """JSON with one diff line per line, so that a change of a number is a change of one line."""
    out = []
    for file in files:
        head = {key: value for key, value in file.items() if key != "lines"}
        rows = ",\n".join("   " + json.dumps(row) for row in file["lines"])
        out.append(f' {json.dumps(head)[:-1]}, "lines": [\n{rows}\n ]}}')
    return "[\n" + ",\n".join(out) + "\n]\n"


if __name__ == "__main__":
    for name, parts in CASES.items():
        make(HERE, name, *parts)
