"""A mirror's folder on disk: made, locked against other workers while it is written, replaced when it is broken."""

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from reviewbot.control import Control
from reviewbot.errors import SourceUnavailable
from reviewbot.git.running import Git

_PATIENCE = 600.0  # seconds; one fetch of a very large project
_LARGE = "reviewbot-large"
_MOST_PACKS = 400  # each fetch leaves a pack or two; beyond, a new mirror costs less than looking through them


class House:
    """`folder` (0700) holds `repository.git` and `lock`. Readers take no lock: git only ever adds to a repository."""

    def __init__(self, folder: Path, control: Control | None = None) -> None:
        self._folder = folder
        self._control = control
        self.path = folder / "repository.git"

    def open(self) -> int:
        """Make the repository if there is none, or if it has grown old; a number that names this very one."""
        found = self._generation()
        if found and self._packs() <= _MOST_PACKS:
            with suppress(OSError):
                os.utime(self.path)  # its last use: reads leave no other trace
            return found
        return self.rebuild(found)

    def rebuild(self, generation: int) -> int:
        """Put a new repository in the place of the one called `generation`, unless somebody has done so already."""
        with self.locked():
            current = self._generation()
            if current and current != generation:
                return current
            try:
                self._replace()
            except OSError as error:
                raise SourceUnavailable(f"The mirror {self._folder} cannot be made: {error.strerror}") from error
            return self._generation()

    def remove(self) -> bool:
        """Delete the repository; whether there was one. A run that reads it meanwhile gets a new one, if it may go on.

        The empty folder and its lock stay: a worker that waits for the lock must not get one that is not there.
        Raises `SourceUnavailable` for a folder or repository that is a link: what it points to is not ours.
        """
        if not self._removable():
            return False
        with self.locked():
            return self._bury()

    def remove_unused(self, since: float) -> bool:
        """`remove`, if nobody has opened it `since` then (seconds since the epoch) and nobody writes it now."""
        if not self._removable() or not self._unused(since):
            return False
        lock = FileLock(self._folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False  # it is being fetched into
        try:
            return self._unused(since) and self._bury()
        finally:
            lock.release()

    def _unused(self, since: float) -> bool:
        try:
            return self.path.stat().st_mtime < since
        except OSError:
            return False  # there is none

    def _removable(self) -> bool:
        if self._folder.is_symlink() or self.path.is_symlink():
            raise SourceUnavailable(f"The mirror {self._folder} is a link", mend="delete what it points to by hand")
        return self._folder.is_dir()

    def _bury(self) -> bool:
        """The lock is held."""
        if not self.path.exists():
            return False
        try:
            grave = Path(tempfile.mkdtemp(prefix="old-", dir=self._folder))
            self.path.rename(grave / "repository.git")  # whole or not at all; what is left is swept next time
            shutil.rmtree(grave)
        except OSError as error:
            raise SourceUnavailable(f"The mirror {self._folder} cannot be deleted: {error.strerror}") from error
        return True

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Alone among all processes of this machine; yields whether another one had to be waited for.

        Raises `SourceUnavailable` when another one does not end.
        """
        self._make_folder()
        lock = FileLock(self._folder / "lock")
        waited = self._acquire(lock)
        try:
            self._sweep()
            yield waited
        finally:
            lock.release()

    def _acquire(self, lock: FileLock) -> bool:
        """Whether it was taken when we came."""
        ends = time.monotonic() + _PATIENCE
        patience = 0.0
        while True:
            try:
                lock.acquire(timeout=patience, poll_interval=0.02)
            except Timeout as error:
                if time.monotonic() > ends:
                    raise SourceUnavailable(
                        f"Another worker has held the mirror {self._folder} for too long"
                    ) from error
                if self._control is not None:
                    self._control.check()
                patience = 0.5
            else:
                return patience > 0

    def large(self) -> frozenset[str]:
        """Ids of blobs that were left out of a fetch because of their size."""
        try:
            return frozenset((self.path / _LARGE).read_text("ascii").split())
        except (OSError, UnicodeDecodeError):
            return frozenset()

    def note_large(self, oids: Collection[str]) -> None:
        """The lock is held. A note that cannot be written costs a fetch, no more."""
        with suppress(OSError), (self.path / _LARGE).open("a", encoding="ascii") as file:
            file.writelines(f"{oid}\n" for oid in sorted(set(oids) - self.large()))

    def _make_folder(self) -> None:
        """0700 (source code at rest), the folder of all mirrors too when we are the first."""
        try:
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise SourceUnavailable(f"The mirror {self._folder} cannot be made: {error.strerror}") from error

    def _generation(self) -> int:
        """0: there is none that was finished."""
        try:
            return self.path.stat().st_ino if (self.path / "HEAD").stat().st_size else 0
        except FileNotFoundError:
            return 0

    def _packs(self) -> int:
        try:
            return sum(file.suffix == ".pack" for file in (self.path / "objects" / "pack").iterdir())
        except FileNotFoundError:
            return 0

    def _sweep(self) -> None:
        """We hold the lock: what a killed git or worker left half done is nobody's."""
        for name in itertools.chain(self._folder.glob("new-*"), self._folder.glob("old-*")):
            shutil.rmtree(name, ignore_errors=True)
        for name in itertools.chain(self.path.glob("*.lock"), (self.path / "refs").rglob("*.lock")):
            name.unlink(missing_ok=True)

    def _replace(self) -> None:
        """The new one is finished before it moves to its place."""
        made = Path(tempfile.mkdtemp(prefix="new-", dir=self._folder))
        Git(made, environment={"GIT_CONFIG_GLOBAL": "/dev/null"}).run(
            "init", "--quiet", "--bare", "--template=", "--initial-branch=none"
        )
        if self.path.exists():
            grave = Path(tempfile.mkdtemp(prefix="old-", dir=self._folder))
            self.path.rename(grave / "repository.git")
            made.rename(self.path)
            shutil.rmtree(grave, ignore_errors=True)
        else:
            made.rename(self.path)
