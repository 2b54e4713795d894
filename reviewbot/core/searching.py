"""The lines of files that hold what is sought. Bounded, and linear in time whatever is sought."""

import re
from collections.abc import Callable, Iterable, Mapping

import re2

from reviewbot.core.globs import matcher
from reviewbot.errors import ConfigurationError
from reviewbot.model.repository import Found, Hit, Sought

MOST_HITS = 100
LARGEST_FILE = 1_000_000  # bytes of a file that is searched
_LONGEST_LINE = 2_000  # characters of a hit's line that are kept
_LONGEST_SOUGHT = 300  # characters

Lines = Callable[[str], bool]


def lines_with(sought: Sought) -> Lines:
    """Whether a line holds it. Raises `ConfigurationError` for what cannot be searched for."""
    if not sought.text or len(sought.text) > _LONGEST_SOUGHT or any(c in sought.text for c in "\n\r\0"):
        raise ConfigurationError(f"A search is for a text of one line and 1 to {_LONGEST_SOUGHT} characters")
    if sought.kind == "text":
        return lambda line: sought.text in line
    if sought.kind == "word":
        word = re.compile(rf"(?<!\w){re.escape(sought.text)}(?!\w)")
        return lambda line: word.search(line) is not None
    options = re2.Options()
    options.log_errors = False
    try:
        expression = re2.compile(sought.text, options)
    except re2.error as error:
        raise ConfigurationError("The expression cannot be read", mend="write it in RE2's syntax") from error
    return lambda line: expression.search(line) is not None


def files_for(sought: Sought, paths: Iterable[str]) -> list[str]:
    """The paths that the glob lets through, in their order. Raises `ConfigurationError` for a glob that is none."""
    if not sought.glob:
        return list(paths)
    fits = matcher([sought.glob])
    return [path for path in paths if fits.match_file(path)]


class Search:
    """Collects hits until there are `MOST_HITS`."""

    def __init__(self, sought: Sought) -> None:
        """Raises `ConfigurationError` as `lines_with` does."""
        self._sought = sought
        self._holds = lines_with(sought)
        self._hits: list[Hit] = []
        self.cut = False

    @property
    def full(self) -> bool:
        return len(self._hits) >= MOST_HITS

    def add(self, files: Mapping[str, bytes]) -> None:
        """Search the files; binary ones and those above `LARGEST_FILE` are passed over."""
        for path, data in files.items():
            if self.full:
                self.cut = True
                return
            if len(data) > LARGEST_FILE or b"\0" in data[:8_000]:
                continue
            text = data.decode(errors="replace")
            if self._sought.kind == "regex" or self._sought.text in text:
                self.lines(path, enumerate(text.split("\n"), 1))

    def lines(self, path: str, lines: Iterable[tuple[int, str]]) -> None:
        """Search numbered lines of one file."""
        of_file = 0
        for number, line in lines:
            if not self._holds(line):
                continue
            if self.full or of_file >= self._sought.most_of_file:
                self.cut = True
                return
            of_file += 1
            self._hits.append(Hit(path, number, line.rstrip("\r")[:_LONGEST_LINE]))

    def found(self) -> Found:
        return Found(tuple(self._hits), self.cut)
