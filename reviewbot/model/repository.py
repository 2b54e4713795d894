"""What a repository answers at one commit: a folder's entries, and the lines that a search finds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a folder: its own name, without the folder's."""

    name: str
    kind: Literal["file", "folder", "link", "submodule"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder's entries in git's order. `cut`: there are more."""

    entries: tuple[Entry, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths of files from the top of the repository. `cut`: there are more."""

    paths: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """What is searched for on each line: a text as it is, a word (no letter, digit or _ beside it), an RE2 expression.

    `glob`: only in files that match, as in .gitignore; "" means all. `most_of_file`: hits in one file, since a search
    is for places and not for one file's whole text.
    """

    text: str
    kind: Literal["text", "word", "regex"] = "text"
    glob: str = ""
    most_of_file: int = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that was found; `line` counts from 1, `text` is its beginning as it is in the file."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """Hits in the order of their paths and lines. `cut`: not everything was searched, or there are more."""

    hits: tuple[Hit, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class BranchHead:
    """A project's path, its default branch and that branch's newest commit; empty where there is none yet."""

    path: str
    branch: str = ""
    sha: str = ""
