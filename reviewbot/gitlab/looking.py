"""Files found by listing folders of a repository with GitLab's API, in few requests."""

from collections.abc import Sequence
from typing import Protocol

from reviewbot.model.repository import Paths

MOST_FOLDERS = 20  # that are listed
_REGULAR = ("100644", "100755")


class Entries(Protocol):
    def __call__(self, sha: str, path: str, *, deep: bool) -> tuple[Sequence[tuple[str, str, str]], bool]:
        """(path, type, mode) of a folder's entries, and whether there may be more."""


class Look:
    """One search. A folder is listed only when the one above it, if that was listed, holds it."""

    def __init__(self, entries: Entries, sha: str, most: int) -> None:
        self._entries = entries
        self._sha = sha
        self._most = most
        self._listed: dict[str, dict[str, tuple[str, str]]] = {}
        self._requests = 0
        self._found: dict[str, None] = {}
        self._cut = False

    def into(self, path: str) -> None:
        """Look for a file, or for all files of a folder (`docs/`)."""
        name = path.removesuffix("/")
        if not self._perhaps(name):
            return
        if path.endswith("/"):
            self._add(self._list(name, deep=True))
        else:
            folder = self._list(name.rpartition("/")[0], deep=False)
            self._add({name: folder[name]} if name in folder else {})

    def found(self) -> Paths:
        paths = tuple(self._found)
        return Paths(paths[: self._most], self._cut or len(paths) > self._most)

    def _perhaps(self, name: str) -> bool:
        """Whether the listings do not rule it out. The folder above is listed, which tells of its neighbours, too."""
        parts = name.split("/")
        for depth in range(len(parts)):
            above = "/".join(parts[:depth])
            if depth == 0 or above in self._listed or depth == len(parts) - 1:
                listing = self._list(above, deep=False)
                if listing and "/".join(parts[: depth + 1]) not in listing:
                    return False
        return True

    def _list(self, folder: str, *, deep: bool) -> dict[str, tuple[str, str]]:
        if not deep and folder in self._listed:
            return self._listed[folder]
        if self._requests >= MOST_FOLDERS:
            self._cut = True
            return {}
        self._requests += 1
        rows, more = self._entries(self._sha, folder, deep=deep)
        self._cut |= more
        found = {path: (kind, mode) for path, kind, mode in rows}
        if not deep:
            self._listed[folder] = found
        return found

    def _add(self, entries: dict[str, tuple[str, str]]) -> None:
        for path, (kind, mode) in entries.items():
            if kind == "blob" and mode in _REGULAR:
                self._found[path] = None
