"""Where a merge request's repository is read: a mirror kept with git, else GitLab's files API."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from reviewbot import log
from reviewbot.control import Control
from reviewbot.errors import Cancelled, NotSearchable, SourceUnavailable, Stop
from reviewbot.git.housing import House
from reviewbot.git.mirror import MirrorRepository
from reviewbot.gitlab.files import FilesSource
from reviewbot.model.repository import Found, Listing, Paths, Sought
from reviewbot.ports import Source
from reviewbot.settings import Settings

logger = log.get("wiring.sources")
FEW = 8  # files that are worth a request each


def mirror_folder(data_dir: Path, project_id: int) -> Path:
    """Where the mirror of a project's repository lives."""
    return data_dir / "mirrors" / str(project_id)


def mirror_of(
    settings: Settings, project_id: int, path: str, control: Control, iid: int | None = None
) -> MirrorRepository:
    """The mirror of the project at `path`; `iid`: with the commits of a merge request's fork."""
    return MirrorRepository(
        folder=mirror_folder(settings.data_dir, project_id),
        url=f"{settings.gitlab_url}/{path}.git",
        token=settings.gitlab_token.get_secret_value(),
        ca_bundle=settings.ca_bundle,
        iid=iid,
        control=control,
    )


def forget_mirror(data_dir: Path, project_id: int) -> bool:
    """Delete this machine's mirror of a project; whether there was one. Raises `SourceUnavailable`."""
    return House(mirror_folder(data_dir, project_id)).remove()


def forget_mirrors(data_dir: Path, since: float) -> int:
    """Delete this machine's mirrors that no review has opened `since` then (seconds since the epoch); how many.

    One that is being fetched into stays, and so does one that cannot be deleted: the log says why.
    """
    gone = 0
    for folder in sorted(mirror_folder(data_dir, 0).parent.glob("[0-9]*")):
        try:
            gone += House(folder).remove_unused(since)
        except (SourceUnavailable, OSError) as error:
            logger.warning("mirror.not_deleted", folder=folder.name, error=str(error))
    return gone


@contextmanager
def fetched_ahead(mirror: MirrorRepository, sha: str, control: Control) -> Iterator[None]:
    """Fetch commit `sha` beside what is done meanwhile, and no longer than that; `control` is the mirror's own.

    A fault is not told here: whoever reads the commit meets it again.
    """

    def fetch() -> None:
        with suppress(SourceUnavailable, Stop):
            mirror.fetch(sha)

    beside = threading.Thread(target=fetch, name="fetch-ahead", daemon=True)
    beside.start()
    try:
        yield
    finally:
        control.stop(Cancelled("The run is over"))
        beside.join()


class NearestSource:
    """The mirror, and what it cannot give from the files API; once git has failed in a run it is not tried again.

    Without git a `read` of more than `FEW` files gives those that GitLab gives out together, and nothing where nobody
    says how much of them is wanted: context is not worth a request per file. A `diff` is: without it collapsed files
    stay unread.
    """

    def __init__(self, mirror: Source, files: FilesSource) -> None:
        self._mirror = mirror
        self._files = files
        self._mirror_failed = threading.Event()

    def read(self, sha: str, paths: Iterable[str], largest: int | None = None) -> Mapping[str, bytes]:
        wanted = list(paths)
        if not self._mirror_failed.is_set():
            try:
                return self._mirror.read(sha, wanted, largest)
            except SourceUnavailable as error:
                self._give_up(error)
        if len(wanted) <= FEW:
            return self._files.read(sha, wanted, largest)
        return {} if largest is None else self._files.many(sha, wanted, largest)

    def diff(self, base: str, head: str, paths: Sequence[str] = ()) -> bytes:
        if not self._mirror_failed.is_set():
            try:
                return self._mirror.diff(base, head, paths)
            except SourceUnavailable as error:
                self._give_up(error)
        return self._files.diff(base, head, paths)

    def folder(self, sha: str, path: str, most: int) -> Listing | None:
        if not self._mirror_failed.is_set():
            try:
                return self._mirror.folder(sha, path, most)
            except SourceUnavailable as error:
                self._give_up(error)
        return self._files.folder(sha, path, most)

    def files(self, sha: str, under: Sequence[str], most: int) -> Paths:
        if not self._mirror_failed.is_set():
            try:
                return self._mirror.files(sha, under, most)
            except SourceUnavailable as error:
                self._give_up(error)
        return self._files.files(sha, under, most)

    def search(self, sha: str, sought: Sought) -> Found:
        """A repository that is too large to be fetched whole is searched by GitLab; the mirror goes on being read."""
        if not self._mirror_failed.is_set():
            try:
                return self._mirror.search(sha, sought)
            except NotSearchable as error:
                logger.info("source.not_searchable", error=str(error))
            except SourceUnavailable as error:
                self._give_up(error)
        return self._files.search(sha, sought)

    def _give_up(self, error: SourceUnavailable) -> None:
        self._mirror_failed.set()
        logger.warning("source.mirror_unavailable", error=str(error))
