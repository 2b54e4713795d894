"""Runs one git command: a clean environment, limits on time and output, and nothing that a repository may execute."""

import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from reviewbot.control import Control
from reviewbot.errors import SourceUnavailable

SECONDS = 120.0
MOST_BYTES = 512 * 1024 * 1024
_LOOK = 0.1  # seconds between looks at the limits
_PASSED_ON = (
    *("PATH", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
)
_FIXED = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",  # a read leaves the index of a person's checkout alone
    "GIT_LITERAL_PATHSPECS": "1",  # a file called ":(top)*" is a file
}
_CONFIG = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.quotePath", "false"),
    ("core.askPass", ""),
    ("credential.helper", ""),
    ("protocol.allow", "never"),
    ("protocol.http.allow", "always"),
    ("protocol.https.allow", "always"),
    ("submodule.recurse", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)


class GitFailed(SourceUnavailable):
    """A git command did not succeed. `words` is what git said."""

    def __init__(self, command: str, code: int, words: str) -> None:
        super().__init__(f"git {command} failed ({code}): {words or 'it said nothing'}")
        self.words = words


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder. `config` and `environment` are added to each command; `secrets` never appear in a message.

    `control` ends a running command when the run is stopped.
    """

    folder: Path
    options: tuple[str, ...] = ()  # before the command's name: --git-dir=…
    config: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    control: Control | None = None

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
        first: int = -1,
        fine: Sequence[int] = (0,),
        config: tuple[tuple[str, str], ...] = (),
    ) -> bytes:
        """Standard output, of which only the `first` bytes are taken in (-1: all).

        Raises `GitFailed`, `SourceUnavailable` (no git, limits), or what the control raises.
        """
        command = [os.fsencode(part) for part in ("git", *self.options, *arguments)]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
            given.write(stdin)
            given.seek(0)
            process = self._start(command, given, out, said, config)
            try:
                code = self._wait(process, arguments[0], out, seconds, most_bytes)
            finally:
                _end(process)
            out.seek(0)
            if code not in fine:
                said.seek(0)
                raise GitFailed(arguments[0], code, self._words(said.read(4000)))
            return out.read(first)

    def _start(
        self,
        command: list[bytes],
        given: IO[bytes],
        out: IO[bytes],
        said: IO[bytes],
        config: tuple[tuple[str, str], ...],
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                stdin=given,
                stdout=out,
                stderr=said,
                cwd=self.folder,
                env=self._environment(config),
                start_new_session=True,  # its helpers (remote-https, index-pack) end with it
            )
        except FileNotFoundError as error:
            if not self.folder.is_dir():
                raise SourceUnavailable(f"The folder {self.folder} is not there") from error
            raise SourceUnavailable("git is not installed", mend="install git, 2.31 or newer") from error
        except OSError as error:
            raise SourceUnavailable(f"git could not be started: {error.strerror}") from error

    def _wait(
        self, process: subprocess.Popen[bytes], name: str, out: IO[bytes], seconds: float, most_bytes: int
    ) -> int:
        ends = time.monotonic() + seconds
        with _ending(process) as wait:
            while True:
                code = wait()
                if os.fstat(out.fileno()).st_size > most_bytes:
                    raise SourceUnavailable(f"git {name} wrote more than {most_bytes // 1024 // 1024} MB")
                if code is not None:
                    return code
                if time.monotonic() > ends:
                    raise SourceUnavailable(f"git {name} took longer than {seconds:.0f} s")
                if self.control is not None:
                    self.control.check()

    def _environment(self, config: tuple[tuple[str, str], ...]) -> dict[str, str]:
        """Configuration goes by environment: neither the command line nor a file ever holds the token."""
        pairs = (*_CONFIG, *self.config, *config)
        numbered = {"GIT_CONFIG_COUNT": str(len(pairs))}
        for index, (key, value) in enumerate(pairs):
            numbered[f"GIT_CONFIG_KEY_{index}"] = key
            numbered[f"GIT_CONFIG_VALUE_{index}"] = value
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {**passed_on, **_FIXED, **numbered, **self.environment}

    def _words(self, said: bytes) -> str:
        text = " ".join(said.decode(errors="replace").split())
        for secret in self.secrets:
            text = text.replace(secret, "[token]")
        return text[:500]


@contextmanager
def _ending(process: subprocess.Popen[bytes]) -> Iterator[Callable[[], int | None]]:
    """A function that waits up to `_LOOK` seconds for the end, and gives its code or None.

    Where the system tells of an end it is known at once: `Popen.wait` looks in growing pauses, and the longest of them
    would make up a third of a fetch.
    """
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # no Linux, or one that is too old or too strict
        yield lambda: _code(process, _LOOK)
        return
    try:
        ended = select.poll()
        ended.register(handle, select.POLLIN)
        yield lambda: process.wait() if ended.poll(_LOOK * 1000) else None
    finally:
        os.close(handle)


def _code(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
