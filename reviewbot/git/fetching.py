"""What a mirror asks its remote for: commits by id without blobs, and blobs in one batch."""

import threading
from collections.abc import Sequence

from reviewbot.control import Control
from reviewbot.errors import NotSearchable, SourceUnavailable
from reviewbot.git.running import Git, GitFailed

LARGEST_TEXT = 256 * 1024  # bytes of a file that is fetched to be searched
_SECONDS = 600.0
_TEXTS_SECONDS = 180.0  # of one attempt; a repository that takes longer is searched by GitLab
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
# git's own words, LC_ALL=C; everything else that goes wrong in a fetch is the fault of the mirror on disk
_REMOTE_FAULTS = ("unable to access", "remote", "rpc failed", "early eof", "could not read", "authentication failed")
_REFUSED = ("returned error: 401", "returned error: 403", "returned error: 404", "authentication failed", "not found")
_UNADVERTISED = ("not our ref", "unadvertised object")


class Remote:
    """`config` holds address and token; it is given with fetches alone, so that reads do not know the remote."""

    def __init__(
        self, git: Git, config: tuple[tuple[str, str], ...], iid: int | None, control: Control | None, pause: float
    ) -> None:
        self._git = git
        self._config = config
        self._iid = iid
        self._control = control
        self._pause = pause

    def fetch_commits(self, shas: Sequence[str]) -> None:
        """Commits with their trees. The last ones keep a ref each, so that the next fetch sends only what differs.

        Servers that give out no commit by its id are asked for their branches and the merge request's own ref, with
        history, in which the base is, and with blobs, for they are not given out by id either.
        """
        try:
            self.fetch_advertised(shas)
        except GitFailed as error:
            if not any(words in error.words.lower() for words in _UNADVERTISED):
                raise
            self._fetch("--no-filter", "origin", "+refs/heads/*:refs/reviewbot/heads/*")
            if self._iid is not None:
                name = f"refs/merge-requests/{self._iid}/head"
                self._fetch("--no-filter", "origin", f"+{name}:refs/reviewbot/merge-requests/{self._iid}")

    def fetch_advertised(self, shas: Sequence[str]) -> None:
        """As `fetch_commits`, from servers that give out commits by their ids. Raises `GitFailed` for others."""
        specs = [f"+{sha}:refs/reviewbot/{index}" for index, sha in enumerate(shas)]
        self._fetch("--depth=1", "--filter=blob:none", "origin", *specs)

    def fetch_blobs(self, oids: Sequence[str]) -> None:
        """Without negotiation: the server would take blobs of commits that we have for blobs that we have."""
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        self._fetch("--filter=blob:none", "--stdin", "origin", stdin=asked, negotiation="noop")

    def fetch_texts(self, sha: str) -> None:
        """All blobs of a commit below `LARGEST_TEXT` in one pack. Needs git 2.36; older ones complete nothing.

        Raises `NotSearchable` whatever goes wrong: the mirror may be sound, and reads without all blobs go on.
        """
        spec = f"+{sha}:refs/reviewbot/texts"
        try:
            self._fetch(
                *("--depth=1", "--refetch", f"--filter=blob:limit={LARGEST_TEXT}", "origin", spec),
                seconds=_TEXTS_SECONDS,
            )
        except SourceUnavailable as error:
            raise NotSearchable(f"The repository's texts could not be fetched: {error.message}") from error

    def _fetch(
        self, *arguments: str, stdin: bytes = b"", negotiation: str = "default", seconds: float = _SECONDS
    ) -> None:
        """Raises `SourceUnavailable` for the remote's faults, after one repetition, `GitFailed` for the mirror's."""
        config = (*self._config, ("fetch.negotiationAlgorithm", negotiation))
        for last in (False, True):
            try:
                self._git.run(*_FETCH, *arguments, stdin=stdin, seconds=seconds, config=config)
            except GitFailed as error:
                words = error.words.lower()
                if any(one in words for one in _UNADVERTISED) or not any(one in words for one in _REMOTE_FAULTS):
                    raise
                if last or any(one in words for one in _REFUSED):
                    raise _unreachable(error) from error
                self._wait()
            else:
                return

    def _wait(self) -> None:
        if self._control is not None:
            self._control.sleep(self._pause)
        else:
            threading.Event().wait(self._pause)


def _unreachable(error: GitFailed) -> SourceUnavailable:
    return SourceUnavailable(
        f"git could not fetch from the repository: {error.words}",
        mend="the token needs the `read_repository` or `api` scope, and its user the Reporter role in the project",
    )
