"""GitLab's API as a repository, for where git does not get through: one request per file, so bounded."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from reviewbot.control import Control
from reviewbot.core.searching import Search, files_for
from reviewbot.errors import ForgeNotFound, PermanentError, SourceUnavailable, TransientError
from reviewbot.gitlab import blobs
from reviewbot.gitlab.client import PAGE, Client
from reviewbot.gitlab.looking import Look
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.model.repository import Entry, Found, Listing, Paths, Sought

_SECONDS = 300.0
_MOST_ENTRIES = 500  # of a folder that is looked through for files
_MOST_OTHERS = 8  # of many files, that GraphQL does not give out
_MOST_SHOWN = 200  # places that GitLab shows for one search
_WORD = re.compile(r"[^\W_]\w+|\w{2,}")
Kind = Literal["file", "folder", "link", "submodule"]
MOST_REQUESTS = 200
# (path, old bytes, new bytes) of each file, None where it is not there -> `git diff` of them
Compare = Callable[[Sequence[tuple[str, bytes | None, bytes | None]]], bytes]


class FilesSource:
    """Fills `ports.Source`; one request at a time. Files beyond `most_requests` per run are left out of `read`.

    `path` is the project's full path: without it `many` gives nothing.

    `compare` makes a diff of two versions; without it, or without paths (this API lists no changes), `diff` raises
    `SourceUnavailable`.
    """

    def __init__(
        self,
        client: Client,
        project_id: int,
        compare: Compare | None = None,
        *,
        control: Control | None = None,
        backoff: Backoff | None = None,
        most_requests: int = MOST_REQUESTS,
        path: str = "",
    ) -> None:
        self._reads = Reads(client, control or Control(_SECONDS), backoff or Backoff())
        self._project_id = project_id
        self._path = path
        self._compare = compare
        self._left = most_requests
        self._lock = threading.Lock()  # the client's session is not for several threads

    def read(self, sha: str, paths: Iterable[str], largest: int | None = None) -> Mapping[str, bytes]:
        found = {}
        for path in dict.fromkeys(paths):
            if self._left <= 0:
                break
            data = self._file(sha, path, largest)
            if data is not None:
                found[path] = data
        return found

    def many(self, sha: str, paths: Sequence[str], largest: int) -> Mapping[str, bytes]:
        """As `read`, for more files than are worth a request each: text alone, and a few others. Nothing where GitLab
        does not give them out together.
        """
        wanted = [path for path in dict.fromkeys(paths) if _encodable(path)]
        found = blobs.read(self._query, self._path, sha, wanted, largest) if self._path else {}
        others = [path for path in wanted if path not in found]
        return {**found, **self.read(sha, others, largest)} if found and len(others) <= _MOST_OTHERS else found

    def _query(self, text: str, variables: Mapping[str, Any]) -> Any:
        if self._left <= 0:
            return None
        self._left -= 1
        try:
            with self._lock:
                return self._reads.query(text, variables)
        except PermanentError:  # an older GitLab, or a proxy that knows only the other API
            return None
        except TransientError as error:
            raise SourceUnavailable(f"GitLab's GraphQL API: {error.message}") from error

    def diff(self, base: str, head: str, paths: Sequence[str] = ()) -> bytes:
        """Paths are told apart by what is there: a rename is a file that is gone and one that has come."""
        wanted = list(dict.fromkeys(paths))
        if self._compare is None or not wanted or 2 * len(wanted) > self._left:
            raise SourceUnavailable(
                "GitLab's files API cannot give this diff", mend="let the worker reach the repository with git"
            )
        return self._compare([(path, self._file(base, path), self._file(head, path)) for path in wanted])

    def folder(self, sha: str, path: str, most: int) -> Listing | None:
        """GitLab answers 404 for a folder that is not there, and for an empty repository."""
        if not _encodable(path):
            return None
        rows, more = self._rows("/repository/tree", {"ref": sha, "path": path}, most)
        kinds: Mapping[str, Kind] = {"tree": "folder", "commit": "submodule"}
        entries = [
            Entry(
                str(row.get("name")), "link" if row.get("mode") == "120000" else kinds.get(str(row.get("type")), "file")
            )
            for row in rows
        ]
        return Listing(tuple(entries[:most]), more or len(entries) > most) if entries else None

    def files(self, sha: str, under: Sequence[str], most: int) -> Paths:
        """A request for each folder in which something is wanted, as far as the folder above it lists it; of many
        folders the first ones are looked into.
        """
        look = Look(self._entries, sha, most)
        for path in under:
            look.into(path)
        return look.found()

    def _entries(self, sha: str, path: str, *, deep: bool) -> tuple[list[tuple[str, str, str]], bool]:
        """(path, type, mode) of a folder's entries, with all below where `deep`, and whether there may be more."""
        query: dict[str, str | int] = {"ref": sha, "path": path, **({"recursive": "true"} if deep else {})}
        rows, more = self._rows("/repository/tree", query, _MOST_ENTRIES)
        return [(str(row.get("path")), str(row.get("type")), str(row.get("mode"))) for row in rows], more

    def search(self, sha: str, sought: Sought) -> Found:
        """GitLab finds files by the longest word of what is sought, which no search of its own takes for anything else:
        expressions, filters (`path:`) and separators are read differently by its three engines. What it shows of the
        files is searched here. It knows no expressions, so one without such a word finds nothing.
        """
        search = Search(sought)
        words = _WORD.findall(sought.text) if sought.kind != "regex" else []
        if not words:
            return Found(cut=True)
        rows, more = self._rows("/search", {"scope": "blobs", "search": max(words, key=len), "ref": sha}, _MOST_SHOWN)
        shown = [row for row in rows if isinstance(row.get("data"), str) and isinstance(row.get("startline"), int)]
        fits = set(files_for(sought, {str(row.get("path")) for row in shown}))
        seen: set[tuple[str, int]] = set()
        for row in sorted(shown, key=lambda row: (str(row.get("path")), row["startline"])):
            path = str(row.get("path"))
            if path in fits:
                lines = enumerate(row["data"].rstrip("\n").split("\n"), row["startline"])
                fresh = [(number, line) for number, line in lines if (path, number) not in seen]
                seen |= {(path, number) for number, _ in fresh}
                search.lines(path, fresh)
        search.cut = search.cut or more
        return search.found()

    def _rows(self, path: str, query: dict[str, str | int], most: int) -> tuple[list[dict[str, Any]], bool]:
        """Rows of the first pages, until there are more than `most`, and whether there may be more."""
        rows: list[dict[str, Any]] = []
        page = 1
        while len(rows) <= most:
            if self._left <= 0:
                raise SourceUnavailable(
                    "GitLab's API was asked for as much of the repository as one review may ask for"
                )
            self._left -= 1
            try:
                with self._lock:
                    found = self._reads.page(
                        f"/projects/{self._project_id}{path}", {**query, "per_page": PAGE, "page": page}
                    )
            except ForgeNotFound:
                return rows, False
            except (TransientError, PermanentError) as error:
                raise SourceUnavailable(f"GitLab's API: {error.message}") from error
            rows += found
            if len(found) < PAGE:
                return rows, False
            page += 1
        return rows, True

    def _file(self, sha: str, path: str, largest: int | None = None) -> bytes | None:
        """None: not there. GitLab wants the whole path encoded (docs, "Repository files API")."""
        self._left -= 1
        where = f"/projects/{self._project_id}/repository/files/{quote(path, safe='', errors='replace')}/raw"
        try:
            with self._lock:
                return self._reads.raw(where, {"ref": sha}, None if largest is None else largest + 1)
        except ForgeNotFound:
            return None
        except (TransientError, PermanentError) as error:
            raise SourceUnavailable(f"GitLab's files API: {error.message}") from error


def _encodable(path: str) -> bool:
    """A lone surrogate is in no file name that GitLab knows, and in no URL."""
    return path == path.encode(errors="replace").decode()
