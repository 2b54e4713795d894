"""Hypothesis strategies for files and diffs full of the lines that break parsers, and real git to compare them with."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from reviewbot.model.diff import Line
from reviewbot.model.merge_request import RawChange

NASTY = (
    *("", " ", "-- a", "-- b", "++ a", "++ b", "-- /dev/null", "++ /dev/null", "-- /tmp/diffy", "- a", "+ b"),
    *("@@ -1,2 +3,4 @@", "@ -1 +1 @@", "diff --git a/x b/x", "-", "+", "--", "++", "\\ No newline at end of file"),
    *(
        "tail\r",
        "\r",
        "a\rb",
        "a\fb",
        "\f",
        "a\vb",
        "a\x1cb",
        "a\x85b",
        "a\u2028b",
        "\u2029",
        "\ufeffx",
        "é",
        "日本語",
        "🙂",
    ),
    *(
        "Binary files a/x and b/x differ",
        "GIT binary patch",
        "old mode 100644",
        "rename from x",
        "index 1..2",
        "\t",
        "x " * 600,
    ),
)
_CHARACTERS = st.characters(blacklist_categories=("Cs",), blacklist_characters="\n\0")
_ORDINARY = st.sampled_from(["x = 1", "    return x", "}", "{", "def f():", "end"])


def line_texts():
    """One line of a file, without its line feed: mostly ordinary, often nasty, sometimes anything."""
    return st.one_of(_ORDINARY, st.sampled_from(NASTY), st.text(_CHARACTERS, max_size=12))


@st.composite
def file_pairs(draw, longest=60):
    """(old text, new text) of one file: the new one is the old one edited. Either may be empty or end without "\\n"."""
    old = draw(st.lists(line_texts(), max_size=longest))
    new = list(old)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(new)))
        cut = draw(st.integers(0, 4))
        new[at : at + cut] = draw(st.lists(line_texts(), max_size=4))
    return _text(old, draw(st.booleans())), _text(new, draw(st.booleans()))


def _text(lines, ends_with_newline):
    text = "\n".join(lines)
    return text + "\n" if text and ends_with_newline else text


def file_lines(text):
    """The lines of a file as git counts them: split at "\\n" only."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


@dataclass(frozen=True)
class Generated:
    """A change as GitLab would send it, and the lines that it holds, numbered while they were made."""

    change: RawChange
    lines: tuple[Line, ...]


@st.composite
def generated_changes(draw, path="src/file.txt", most_hunks=4, most_lines=12):
    """A `Generated` of one modified file: several hunks with gaps between, any order of signs, nasty lines."""
    old = new = 1
    text, lines = [], []
    for _ in range(draw(st.integers(1, most_hunks))):
        gap = draw(st.integers(0, 40))
        old, new = old + gap, new + gap
        body = draw(st.lists(st.tuples(st.sampled_from(" +-"), line_texts()), min_size=1, max_size=most_lines))
        olds = sum(sign != "+" for sign, _ in body)
        news = sum(sign != "-" for sign, _ in body)
        text.append(f"@@ -{old if olds else old - 1},{olds} +{new if news else new - 1},{news} @@ section")
        for sign, content in body:
            text.append(sign + content)
            lines.append(Line(sign, None if sign == "+" else old, None if sign == "-" else new, content))
            old += sign != "+"
            new += sign != "-"
    return Generated(RawChange(old_path=path, new_path=path, diff="\n".join(text) + "\n"), tuple(lines))


def run_git(*arguments, cwd, text=None):
    """Run git with nobody's configuration; the bytes that it prints. `git diff --no-index` exits with 1."""
    clean = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _IDENTITY.items()},
    }
    done = subprocess.run(["git", *arguments], cwd=cwd, env=clean, input=text, capture_output=True, check=False)
    assert done.returncode in {0, 1}, done.stderr.decode()
    return done.stdout


_IDENTITY = {"NAME": "Somebody", "EMAIL": "somebody@example.com", "DATE": "2026-01-01T00:00:00Z"}


def git_diff(old, new, *options, name="file.txt"):
    """What `git diff` prints for one file's `old` and `new` content (str or bytes; None: no such file)."""
    with tempfile.TemporaryDirectory() as folder:
        sides = []
        for side, content in (("a", old), ("b", new)):
            path = Path(folder, side, name)
            path.parent.mkdir(parents=True)
            if content is not None:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
            sides.append(os.devnull if content is None else f"{side}/{name}")
        return run_git("diff", "--no-index", "--no-prefix", "--text", *options, "--", *sides, cwd=folder)
