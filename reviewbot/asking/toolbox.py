"""Runs the calls of a model over one commit of a repository."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from reviewbot.control import Control
from reviewbot.core import lookup, tool_results
from reviewbot.core.shown import shown
from reviewbot.core.tools import (
    TOOLS,
    FindDefinition,
    ListFolder,
    Mistake,
    ReadFile,
    SearchText,
    Wanted,
    parse,
)
from reviewbot.errors import ConfigurationError, SourceUnavailable, TooHard
from reviewbot.model.prompt import Call, Tool
from reviewbot.model.repository import Found, Sought
from reviewbot.ports import Isolation, TokenCounter, Tree

_MOST_FILES = 24  # that are parsed for one call
_BATCH = 8  # files; GitLab's API takes a request for each
_LONGEST_READ = 120  # characters of what is told of a call


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one question: rounds of calls, calls in one round, tokens of all results. `result_tokens`: of one result."""

    turns: int = 6
    calls: int = 8
    tokens: int = 15_000
    result_tokens: int = 2_500


@dataclass(frozen=True, slots=True)
class Result:
    """`text` is for the model. `read` tells people what was read, "" when nothing was."""

    text: str
    read: str = ""


class Toolbox:
    """One per review, used from many threads: what one question has read, the next gets from memory.

    Answers that looked into the tree are not kept for any other: `key` covers its content and the tools, `kind` the
    tools alone.
    """

    def __init__(
        self,
        tree: Tree,
        isolation: Isolation,
        counter: TokenCounter,
        control: Control,
        limits: Limits | None = None,
    ) -> None:
        self._source = tree.source
        self._sha = tree.sha
        self._isolation = isolation
        self._count = counter.count
        self._control = control
        self.limits = limits or Limits()
        self.kind = _digest(*(repr(tool) for tool in TOOLS), repr(sorted(asdict(self.limits).items())))
        self.key = _digest(self.kind, tree.content or tree.sha)
        self._lock = threading.Lock()
        self._known: dict[Wanted, Result] = {}

    @property
    def tools(self) -> tuple[Tool, ...]:
        return TOOLS

    def run(self, call: Call) -> Result:
        """What the call brings; mistakes of the model and failures of the repository are told in words.

        Raises what the control raises.
        """
        self._control.check()
        wanted = parse(call)
        if isinstance(wanted, Mistake):
            return Result(wanted.text)
        with self._lock:
            known = self._known.get(wanted)
        if known is not None:
            return known
        try:
            result = self._result(wanted)
        except (SourceUnavailable, ConfigurationError):
            return Result("The repository could not be read for this. Answer from what you see.")
        with self._lock:
            return self._known.setdefault(wanted, result)

    def _result(self, wanted: Wanted) -> Result:
        if isinstance(wanted, ReadFile):
            return self._file(wanted)
        if isinstance(wanted, SearchText):
            found = self._source.search(self._sha, Sought(wanted.text, glob=wanted.glob))
            text = tool_results.hits(found, self.limits.result_tokens, self._count)
            return Result(text, _told(f"search '{wanted.text}'{f' in {wanted.glob}' if wanted.glob else ''}"))
        if isinstance(wanted, ListFolder):
            return self._folder(wanted)
        if isinstance(wanted, FindDefinition):
            return self._definitions(wanted.name)
        return self._callers(wanted.name)

    def _file(self, wanted: ReadFile) -> Result:
        data = self._source.read(self._sha, [wanted.path]).get(wanted.path)
        if data is None:
            return Result("There is no such file.")
        text, (start, end) = tool_results.file(wanted, data, self.limits.result_tokens, self._count)
        return Result(text, _told(f"{wanted.path}:{start}-{end}") if end else "")

    def _folder(self, wanted: ListFolder) -> Result:
        listing = self._source.folder(self._sha, wanted.path, tool_results.MOST_ENTRIES)
        if listing is None:
            return Result("There is no such folder.")
        text = tool_results.folder(listing, self.limits.result_tokens, self._count)
        return Result(text, _told(f"{wanted.path}/"))

    def _definitions(self, name: str) -> Result:
        found = self._source.search(self._sha, Sought(name, "word", most_of_file=4))
        texts, cut = self._texts(lookup.likely(name, found))
        places = self._looked_up(lookup.definitions, name, texts)
        told = _told(f"definition of {name}")
        if not places:
            why = "No function or class of this name was found; lines with the word:"
            return Result(tool_results.words(found, why, self.limits.result_tokens, self._count), told)
        text = tool_results.definitions(places, texts, self.limits.result_tokens, self._count, cut=cut)
        return Result(text, told)

    def _callers(self, name: str) -> Result:
        found = self._source.search(self._sha, Sought(name, "word"))
        texts, cut = self._texts(tuple(dict.fromkeys(hit.path for hit in found.hits)))
        places = self._looked_up(lookup.uses, name, texts)
        told = _told(f"callers of {name}")
        trees = {path for path, text in texts.items() if lookup.parsed(path, text)}
        rest = Found(tuple(hit for hit in found.hits if hit.path not in trees), found.cut)
        if not places:
            why = "No syntax tree shows a use of this name; lines with the word:"
            return Result(tool_results.words(rest, why, self.limits.result_tokens, self._count), told)
        text = tool_results.uses(places, texts, rest, self.limits.result_tokens, self._count, cut=cut or found.cut)
        return Result(text, told)

    def _texts(self, paths: Sequence[str]) -> tuple[dict[str, str], bool]:
        """Texts of the first files, and whether there are more."""
        texts: dict[str, str] = {}
        for start in range(0, min(len(paths), _MOST_FILES), _BATCH):
            self._control.check()
            wanted = paths[start : min(start + _BATCH, _MOST_FILES)]
            for path, data in self._source.read(self._sha, wanted).items():
                text = tool_results.text_of(data)
                if text is not None:
                    texts[path] = text
        return texts, len(paths) > _MOST_FILES

    def _looked_up(self, work: lookup.Work, name: str, texts: dict[str, str]) -> tuple[lookup.Place, ...]:
        """Batch by batch: a file on which the parser does not end costs its batch."""
        found: list[lookup.Place] = []
        files = [(path, text) for path, text in texts.items() if lookup.parsed(path, text)]
        for start in range(0, len(files), _BATCH):
            try:
                found += self._isolation.run(work, name, files[start : start + _BATCH])
            except TooHard:
                continue
        return tuple(found)


def _told(text: str) -> str:
    """One line for people: it goes into the summary."""
    return shown(text)[:_LONGEST_READ]


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
