"""Other projects on the same GitLab: asked for by API, read from mirrors of their own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from reviewbot.control import Control
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.files import FilesSource
from reviewbot.gitlab.neighbours import Lookout
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.inheriting import Give, Inherit, Inherited, Lineage
from reviewbot.keeping import Kept
from reviewbot.model.inheritance import Address, Head, Include
from reviewbot.ports import Source
from reviewbot.settings import Settings
from reviewbot.wiring.sources import NearestSource, mirror_of

SILENCE = 15.0  # seconds that its client waits: neither a review nor the end of the process hangs on it for long
_ATTEMPTS = Backoff(attempts=2, patience=5)  # a review is not kept waiting for what it can do without


def inheriting(settings: Settings, kept: Kept, connect: Callable[[], Client], control: Control) -> Inherit:
    """Reads beside the run, with a client of its own."""

    def begin(path: str, includes: Sequence[Include]) -> Callable[[], Inherited]:
        if not settings.rules_project and not includes:
            return Inherited
        neighbours = GitLabNeighbours(settings, connect, control)

        def read() -> Inherited:
            try:
                return Lineage(neighbours, kept, path, settings.rules_project).read(includes)
            finally:
                neighbours.close()

        beside = ThreadPoolExecutor(1, "inherit")
        begun = beside.submit(read)
        beside.shutdown(wait=False)
        return begun.result

    return begin


@contextmanager
def steadily(
    settings: Settings, kept: Kept, connect: Callable[[], Client], control: Control, path: str
) -> Iterator[Give]:
    """For several commits of the project at `path`: all see the same commits of its groups and of other projects."""
    neighbours = GitLabNeighbours(settings, connect, control)
    try:
        yield Lineage(neighbours, kept, path, settings.rules_project).read
    finally:
        neighbours.close()


class GitLabNeighbours:
    """Fills `keeping.Neighbours`. `connect` makes its client when it is needed first: the run's own is busy."""

    def __init__(self, settings: Settings, connect: Callable[[], Client], control: Control) -> None:
        self._settings = settings
        self._connect = connect
        self._control = control
        self._client: Client | None = None

    @property
    def requests(self) -> int:
        return self._client.requests if self._client is not None else 0

    def look(self, wanted: Sequence[Address]) -> Mapping[Address, Head]:
        return self._lookout().look(wanted)

    def shows_files(self, head: Head) -> bool:
        return self._lookout().shows_files(head.project_id)

    def source(self, head: Head) -> Source:
        mirror = mirror_of(self._settings, head.project_id, head.path, self._control)
        files = FilesSource(self._own(), head.project_id, control=self._control, path=head.path)
        return NearestSource(mirror, files)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _lookout(self) -> Lookout:
        return Lookout(Reads(self._own(), self._control, _ATTEMPTS))

    def _own(self) -> Client:
        if self._client is None:
            self._client = self._connect()
        return self._client
