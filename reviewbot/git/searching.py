"""Searching a commit or a checkout. git finds the files by fixed strings, never by expressions: its own are not linear.

What the files hold is then looked at here, where the time of a search is bounded.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from reviewbot.core.searching import LARGEST_FILE, Search, files_for
from reviewbot.git import objects
from reviewbot.git.running import Git
from reviewbot.model.repository import Entry, Found, Listing, Paths, Sought

_MOST_FILES = 400  # that are looked into
_MOST_BYTES = 64_000_000  # of them all
_BATCH = 40
_NAMES = 32 * 1024 * 1024  # bytes of file names that git may list
_SECONDS = 30.0
_GREP = ("grep", "--no-color", "--no-textconv", "--full-name", "--no-recurse-submodules", "-I", "-l", "-z", "-F")
_REGULAR = ("100644", "100755")

Kind = Literal["file", "folder", "link", "submodule"]
Reader = Callable[[Sequence[str]], Mapping[str, bytes]]


def search(git: Git, sha: str, sought: Sought, read: Reader) -> Found:
    """Search commit `sha` ("": the tracked files of the working tree); `read` gives files' contents there.

    Raises `ConfigurationError` for what cannot be searched for, `SourceUnavailable`.
    """
    search = Search(sought)
    paths = files_for(sought, _all(git, sha) if sought.kind == "regex" else _with_text(git, sha, sought))
    search.cut = len(paths) > _MOST_FILES
    size = 0
    for start in range(0, min(len(paths), _MOST_FILES), _BATCH):
        if search.full or size > _MOST_BYTES:
            search.cut = True
            break
        files = read(paths[start : start + _BATCH])
        size += sum(map(len, files.values()))
        search.add(files)
    return search.found()


def _with_text(git: Git, sha: str, sought: Sought) -> list[str]:
    """Text files that hold the sought text; git passes over blobs that are not in the store."""
    word = ("-w",) if sought.kind == "word" else ()
    if not sought.text.isprintable() and "\t" not in sought.text:  # lone surrogates too: no file name, no text
        return []
    at = (objects.object_id(sha),) if sha else ()
    rows = git.run(*_GREP, *word, "-e", sought.text, *at, "--", fine=(0, 1), seconds=_SECONDS, most_bytes=_NAMES)
    names = [os.fsdecode(row) for row in rows.split(b"\0")[:-1]]
    return [name.removeprefix(f"{sha}:") for name in names] if sha else names


def _all(git: Git, sha: str) -> list[str]:
    return sorted(texts_at(git, sha)) if sha else [path for path, kind in tracked(git) if kind == "file"]


def texts_at(git: Git, sha: str) -> dict[str, str]:
    """Path to blob id of all regular files at a commit."""
    found = {}
    for row in git.run("ls-tree", "-r", "-z", "--full-tree", objects.object_id(sha), most_bytes=4 * _NAMES).split(
        b"\0"
    ):
        head, _, name = row.partition(b"\t")
        if head.startswith(tuple(mode.encode() for mode in _REGULAR)):
            found[os.fsdecode(name)] = head.split(b" ")[2].decode()
    return found


def small(git: Git, blobs: Mapping[str, str]) -> dict[str, bytes]:
    """Path to bytes for path to blob id, without those that are not here or too large to be searched."""
    sizes = objects.sizes(git, blobs.values())
    contents = objects.contents(git, sorted(oid for oid, size in sizes.items() if size <= LARGEST_FILE))
    return {path: contents[oid] for path, oid in blobs.items() if oid in contents}


def folder(git: Git, sha: str, path: str, most: int) -> Listing | None:
    """The entries of a folder ("": the top) at a commit, None when there is no such folder."""
    under = objects.plain_paths([path])
    if path and not under:
        return None
    rows = git.run("ls-tree", "-z", "--full-tree", objects.object_id(sha), "--", *(f"{one}/" for one in under))
    start = f"{path}/" if path else ""
    entries = []
    for row in rows.split(b"\0")[:-1]:
        head, _, name = row.partition(b"\t")
        if not os.fsdecode(name).startswith(start):  # a submodule is its own only entry
            continue
        entries.append(Entry(os.fsdecode(name).rpartition("/")[2], _kind(head.split(b" ")[0].decode())))
    return Listing(tuple(entries[:most]), len(entries) > most) if entries else None


def files(git: Git, sha: str, under: Sequence[str], most: int) -> Paths:
    """Regular files by name or folder (`docs/`), at a commit or ("") of what git tracks in the working tree."""
    wanted = [path for path in under if objects.plain_paths([path.removesuffix("/")])]
    found: list[str] = []
    for batch in objects.batches(wanted):
        found += _regular(git, sha, batch) if sha else [path for path, kind in tracked(git, batch) if kind == "file"]
    return Paths(tuple(found[:most]), len(found) > most)


def _regular(git: Git, sha: str, paths: Sequence[str]) -> list[str]:
    rows = git.run("ls-tree", "-r", "-z", "--full-tree", objects.object_id(sha), "--", *paths, most_bytes=_NAMES)
    parts = (row.partition(b"\t") for row in rows.split(b"\0")[:-1])
    return [os.fsdecode(name) for head, _, name in parts if head.split(b" ")[0].decode() in _REGULAR]


def working_folder(git: Git, path: str, most: int) -> Listing | None:
    """As `folder`, of what git tracks in the working tree: what it ignores is nobody's to read."""
    under = objects.plain_paths([path])
    if path and not under:
        return None
    start = f"{path}/" if path else ""
    kinds: dict[str, Entry] = {}
    for name, kind in tracked(git, [f"{one}/" for one in under]):
        if not name.startswith(start):  # a submodule is its own only entry
            continue
        first, slash, _ = name.removeprefix(start).partition("/")
        kinds.setdefault(first, Entry(first, "folder" if slash else kind))
    entries = tuple(kinds.values())
    return Listing(entries[:most], len(entries) > most) if entries else None


def tracked(git: Git, paths: Iterable[str] = ()) -> list[tuple[str, Kind]]:
    """What git tracks in the working tree: path and kind."""
    found = []
    for row in git.run("ls-files", "-s", "-z", "--", *paths).split(b"\0")[:-1]:
        head, _, name = row.partition(b"\t")
        found.append((os.fsdecode(name), _kind(head.split(b" ")[0].decode())))
    return found


def _kind(mode: str) -> Kind:
    kinds: Mapping[str, Kind] = {"040000": "folder", "120000": "link", "160000": "submodule"}
    return kinds.get(mode, "file")
