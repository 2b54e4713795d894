"""A project's commits fetched as they are needed: a bare, shallow, blobless mirror per project, shared by workers.

The repository on disk knows nothing of the remote: its address, the promise of missing blobs and the token come by
environment with each fetch. So reads never fetch behind our back, one blob at a time: what is missing is asked for in
one batch before.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from reviewbot.control import Control
from reviewbot.errors import NotSearchable, SourceUnavailable
from reviewbot.git import objects, pooling, searching
from reviewbot.git.fetching import Remote
from reviewbot.git.housing import House
from reviewbot.git.running import Git, GitFailed
from reviewbot.model.repository import Found, Listing, Paths, Sought

T = TypeVar("T")
_Fetch = Callable[[Sequence[str]], None]
MOST_TEXTS = 30_000  # files of a repository that is searched in the mirror
_FEW = 200  # blobs that are asked for by their ids: their sizes are not known before


class MirrorRepository:
    """Fills `ports.Source` for one project; used from several threads, and by several processes over one `folder`.

    `url` is `GITLAB_URL/group/project.git`, `iid` the merge request whose ref holds a fork's commits. `user`: the name
    that goes with the token in HTTP's basic authentication ("gitlab-ci-token" for a job's token).
    `pause`: seconds before a fetch that failed is repeated, once.
    Raises `SourceUnavailable` for everything that goes wrong, without the token in its words.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        token: str,
        ca_bundle: Path | None = None,
        iid: int | None = None,
        control: Control | None = None,
        user: str = "oauth2",
        pause: float = 0.5,
    ) -> None:
        self._house = House(folder, control)
        self._git = Git(
            folder=self._house.path,
            options=("--git-dir=.",),
            environment={"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(folder)},  # no ~/.netrc either
            secrets=tuple(filter(None, (token, _basic(user, token)))),
            control=control,
        )
        self._searchable: set[str] = set()
        self._unsearchable: dict[str, str] = {}
        self._remote = Remote(self._git, _configuration(url, token, user, ca_bundle), iid, control, pause)
        self._generation = 0
        self._sizes: dict[str, int] = {}  # of the objects that were seen in this generation, which loses none

    def read(self, sha: str, paths: Iterable[str], largest: int | None = None) -> Mapping[str, bytes]:
        wanted = list(paths)

        def work() -> dict[str, bytes]:
            self._have_commits(sha)
            blobs = objects.blobs_at(self._git, sha, wanted)
            self._have_blobs(blobs.values())
            return objects.read(self._git, blobs, self._sizes, largest)

        return self._sound(work)

    def diff(self, base: str, head: str, paths: Sequence[str] = ()) -> bytes:
        def work() -> bytes:
            self._have_commits(base, head)
            self._have_blobs(objects.changed_blobs(self._git, base, head, paths))
            return objects.diff(self._git, base, head, paths)

        return self._sound(work)

    def folder(self, sha: str, path: str, most: int) -> Listing | None:
        def work() -> Listing | None:
            self._have_commits(sha)
            return searching.folder(self._git, sha, path, most)

        return self._sound(work)

    def files(self, sha: str, under: Sequence[str], most: int) -> Paths:
        def work() -> Paths:
            self._have_commits(sha)
            return searching.files(self._git, sha, under, most)

        return self._sound(work)

    def search(self, sha: str, sought: Sought) -> Found:
        """Raises `NotSearchable` where the repository's texts are too many to be fetched."""

        def work() -> Found:
            self._have_commits(sha)
            self._have_texts(sha)
            return searching.search(
                self._git,
                sha,
                sought,
                lambda paths: searching.small(self._git, objects.blobs_at(self._git, sha, paths)),
            )

        return self._sound(work)

    def fetch(self, *shas: str) -> None:
        """Bring commits here, without blobs, so that a later read of them need not."""
        self._sound(lambda: self._have_commits(*shas))

    def _sound(self, work: Callable[[], T]) -> T:
        """`work`, and once more in a new mirror when the old one turns out to be broken (a kill, a full disk)."""
        self._enter(self._house.open())
        try:
            return work()
        except GitFailed:
            self._enter(self._house.rebuild(self._generation))
            return work()

    def _enter(self, generation: int) -> None:
        if generation != self._generation:
            self._generation, self._sizes, self._searchable = generation, {}, set()

    def _have_commits(self, *shas: str) -> None:
        wanted = {objects.object_id(sha) for sha in shas}
        self._have(wanted, "commits", self._remote.fetch_advertised, self._remote.fetch_commits)
        if missing := self._missing(wanted):
            raise SourceUnavailable(f"The repository does not give out commit {min(missing)[:12]}")

    def _have_blobs(self, oids: Iterable[str]) -> None:
        self._have(set(oids), "blobs", self._remote.fetch_blobs, self._remote.fetch_blobs)

    def _have(self, wanted: set[str], kind: str, together: _Fetch, alone: _Fetch) -> None:
        """Fetch what is missing. Who had to wait for another worker looks again: it has often fetched just that.

        One fetch brings what all threads wait for: it takes hardly longer. Where it fails, each fetches for itself.
        """
        missing = self._missing(wanted)
        if not missing:
            return
        with pooling.wanting(self._house.path, kind, missing) as everyone, self._house.locked() as waited:
            if waited:
                missing = self._missing(missing)
            if missing:
                others = self._missing(everyone() - missing)
                if not (others and self._fetched(together, missing | others)):
                    alone(sorted(missing))
        self._missing(missing)

    @staticmethod
    def _fetched(together: _Fetch, oids: set[str]) -> bool:
        try:
            together(sorted(oids))
        except GitFailed:  # one of them is not given out, perhaps
            return False
        return True

    def _have_texts(self, sha: str) -> None:
        """All blobs of a commit below `LARGEST_TEXT`, with one fetch, so that a search need not fetch one by one.

        Which ones are larger is noted, so that the next commit fetches only what is new. A commit that could not be
        fetched is not tried again by this object.
        """
        if problem := self._unsearchable.get(sha):
            raise NotSearchable(problem)
        if sha in self._searchable:
            return
        texts = set(searching.texts_at(self._git, sha).values())
        try:
            if len(texts) > MOST_TEXTS:
                raise NotSearchable(f"The repository has more than {MOST_TEXTS:,} files, too many to be searched here")
            if self._missing(texts) - self._house.large():
                with self._house.locked():
                    self._fetch_texts(sha, texts)
        except NotSearchable as error:
            self._unsearchable[sha] = error.message
            raise
        self._searchable.add(sha)

    def _fetch_texts(self, sha: str, texts: set[str]) -> None:
        missing = self._missing(texts) - self._house.large()
        if len(missing) > _FEW:
            self._remote.fetch_texts(sha)
            self._house.note_large(self._missing(texts))
        elif missing:
            self._remote.fetch_blobs(sorted(missing))

    def _missing(self, oids: set[str]) -> set[str]:
        unseen = oids - self._sizes.keys()
        if unseen:
            self._sizes |= objects.sizes(self._git, unseen)
        return oids - self._sizes.keys()


def _basic(user: str, token: str) -> str:
    return base64.b64encode(f"{user}:{token}".encode()).decode() if token else ""


def _configuration(url: str, token: str, user: str, ca_bundle: Path | None) -> tuple[tuple[str, str], ...]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise SourceUnavailable("The repository's address is no http(s) URL", mend="correct REVIEWBOT_GITLAB_URL")
    origin = f"{parts.scheme}://{parts.netloc}/"
    pairs = [
        ("remote.origin.url", url),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialCloneFilter", "blob:none"),
        ("http.followRedirects", "false"),
        ("http.lowSpeedLimit", "1000"),  # bytes per second …
        ("http.lowSpeedTime", "30"),  # … for so many seconds count as silence
    ]
    if token:
        pairs.append((f"http.{origin}.extraHeader", f"Authorization: Basic {_basic(user, token)}"))
    if ca_bundle:
        pairs.append(("http.sslCAInfo", str(ca_bundle)))
    return tuple(pairs)
