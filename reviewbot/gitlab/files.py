"""GitLab's files API as a repository, for where git does not get through: one request per file, so bounded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import quote

from reviewbot.control import Control
from reviewbot.errors import ForgeNotFound, PermanentError, SourceUnavailable, TransientError
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.retrying import Backoff, Reads

_SECONDS = 300.0
MOST_REQUESTS = 200
# (path, old bytes, new bytes) of each file, None where it is not there -> `git diff` of them
Compare = Callable[[Sequence[tuple[str, bytes | None, bytes | None]]], bytes]


class FilesSource:
    """Fills `ports.Source`. Files beyond `most_requests` per run are left out of `read`.

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
    ) -> None:
        self._reads = Reads(client, control or Control(_SECONDS), backoff or Backoff())
        self._project_id = project_id
        self._compare = compare
        self._left = most_requests

    def read(self, sha: str, paths: Iterable[str]) -> Mapping[str, bytes]:
        found = {}
        for path in dict.fromkeys(paths):
            if self._left <= 0:
                break
            data = self._file(sha, path)
            if data is not None:
                found[path] = data
        return found

    def diff(self, base: str, head: str, paths: Sequence[str] = ()) -> bytes:
        """Paths are told apart by what is there: a rename is a file that is gone and one that has come."""
        wanted = list(dict.fromkeys(paths))
        if self._compare is None or not wanted or 2 * len(wanted) > self._left:
            raise SourceUnavailable(
                "GitLab's files API cannot give this diff", mend="let the worker reach the repository with git"
            )
        return self._compare([(path, self._file(base, path), self._file(head, path)) for path in wanted])

    def _file(self, sha: str, path: str) -> bytes | None:
        """None: not there. GitLab wants the whole path encoded (docs, "Repository files API")."""
        self._left -= 1
        where = f"/projects/{self._project_id}/repository/files/{quote(path, safe='', errors='replace')}/raw"
        try:
            return self._reads.raw(where, {"ref": sha})
        except ForgeNotFound:
            return None
        except (TransientError, PermanentError) as error:
            raise SourceUnavailable(f"GitLab's files API: {error.message}") from error
