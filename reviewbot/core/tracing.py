"""The lines of an earlier version's diff -> the lines that they are in this one, whatever was shifted or renamed."""

import binascii
import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reviewbot.core.aligning import align
from reviewbot.model.diff import Change, Diff, FileDiff, Line, LineKey, Sign
from reviewbot.model.outcome import SeenFile, SeenHunk

WIDTH = 12  # characters per line: one for the sign, eleven of a hash (64 bits: nobody can make up a line that counts
#             as another one, which would let it pass unread)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_LIKE = 0.5  # share of a vanished file's lines that a new file must have to be its successor
_MOST_COMPARED = 50  # new files that every vanished one is compared with
_READ: Mapping[Sign, str] = {" ": " ", "+": "+", "-": "-"}
_UNREAD: Mapping[Sign, str] = {" ": "c", "+": "a", "-": "r"}
_SIGN: Mapping[str, Sign] = {mark: sign for marks in (_READ, _UNREAD) for sign, mark in marks.items()}


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One line of an earlier version. `name` is equal for equal texts of one side; `hunk` numbers the hunks from 0."""

    key: LineKey
    sign: Sign
    name: str
    hunk: int
    read: bool


def seen_file(file: FileDiff, unread: Collection[LineKey]) -> SeenFile:
    """What is remembered of a file; `unread` are the lines that should have been read and were not."""
    hunks = []
    for hunk in file.hunks:
        marks = [_UNREAD if unread and line.key in unread else _READ for line in hunk.lines]
        entries = [f"{mark[line.sign]}{_hash(line.text)}" for mark, line in zip(marks, hunk.lines, strict=True)]
        hunks.append(SeenHunk(hunk.old_start, hunk.new_start, "".join(entries)))
    return SeenFile(file.old_path, shape(file), tuple(hunks))


def shape(file: FileDiff) -> str:
    return f"{file.kind} {file.new_mode}"


def lines_of(seen: SeenFile) -> Iterator[SeenLine]:
    for number, hunk in enumerate(seen.hunks):
        entries = [hunk.lines[at : at + WIDTH] for at in range(0, len(hunk.lines), WIDTH)]
        signs = [_SIGN[entry[0]] for entry in entries]
        # git names the line before an empty side, so the first line of an empty side is one further.
        old = hunk.old + (all(sign == "+" for sign in signs))
        new = hunk.new + (all(sign == "-" for sign in signs))
        for entry, sign in zip(entries, signs, strict=True):
            key: LineKey = (None if sign == "+" else old, None if sign == "-" else new)
            yield SeenLine(key, sign, _name(sign, entry[1:]), number, entry[0] in _READ)
            old += sign != "+"
            new += sign != "-"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return binascii.b2a_base64(digest[:8]).translate(_URL_SAFE)[: WIDTH - 1].decode()


def _name(sign: Sign, digest: str) -> str:
    """Unchanged and added lines are the new file's, and count alike: a rebase makes one of the other."""
    return ("-" if sign == "-" else "+") + digest


class TracedFile:
    """One file of an earlier version beside what it is now."""

    def __init__(self, seen: SeenFile, file: FileDiff) -> None:
        self.seen = seen
        self.file = file
        self.before: Sequence[SeenLine] = tuple(lines_of(seen))
        self.after: Sequence[Line] = tuple(file.lines())
        names = [_name(line.sign, _hash(line.text)) for line in self.after]
        self.forward = align([line.name for line in self.before], names)

    @cached_property
    def backward(self) -> Mapping[int, int]:
        return {later: earlier for earlier, later in self.forward.items()}

    @cached_property
    def index(self) -> Mapping[LineKey, int]:
        """Where in `before` the line with this key is."""
        return {line.key: number for number, line in enumerate(self.before)}

    @cached_property
    def position(self) -> Mapping[LineKey, int]:
        """Where in `after` the line with this key is."""
        return {line.key: number for number, line in enumerate(self.after)}

    @cached_property
    def renewed(self) -> bool:
        """Whether the change itself has lines that were not in it earlier."""
        return any(line.sign != " " and at not in self.backward for at, line in enumerate(self.after))

    def now(self, key: LineKey) -> Line | None:
        """The line that an earlier one is now, unchanged in text; None: it was changed or is gone."""
        at = self.index.get(key)
        after = None if at is None else self.forward.get(at)
        return None if after is None else self.after[after]

    def nearest(self, key: LineKey) -> Line | None:
        """A line where the earlier one was: itself, else what stands in its place in the same hunk; None: the hunk is
        gone from the diff, or the key was not in it.
        """
        at = self.index.get(key)
        if at is None or not self.after:
            return None
        hunk = self.before[at].hunk
        before = next((i for i in range(at, -1, -1) if self.before[i].hunk == hunk and i in self.forward), None)
        behind = next(
            (i for i in range(at, len(self.before)) if self.before[i].hunk == hunk and i in self.forward), None
        )
        if behind == at:
            return self.after[self.forward[at]]
        if before is None and behind is None:
            return None
        low = self.forward[before] + 1 if before is not None else max(0, self.forward[behind or 0] - (behind or 0) + at)
        high = self.forward[behind] - 1 if behind is not None else low + at - (before or 0) - 1
        wanted = low + (at - before - 1 if before is not None else 0)
        return self.after[min(max(min(wanted, high), 0), len(self.after) - 1)]


class Trace:
    """An earlier version beside this one: by the earlier paths, the files that they are now."""

    def __init__(self, seen: Mapping[str, SeenFile], diff: Diff) -> None:
        self._seen = seen
        self._diff = diff
        self._successors = _successors(seen, diff)
        self._predecessors = {after: before for before, after in self._successors.items()}
        self._files: dict[str, TracedFile] = {}

    def successor(self, path: str) -> FileDiff | None:
        """The file that an earlier path is now; None: it is not in the diff any more."""
        after = self._successors.get(path, path)
        return self._diff.file(after)

    def traced(self, path: str) -> TracedFile | None:
        """By the earlier path; None when the file is not in the diff any more or was not seen then."""
        file = self.successor(path)
        if file is None or path not in self._seen:
            return None
        if path not in self._files:
            self._files[path] = TracedFile(self._seen[path], file)
        return self._files[path]

    def origin(self, path: str) -> TracedFile | None:
        """By the path of now; None: nothing of it was seen earlier."""
        before = self._predecessors.get(path)
        return None if before is None else self.traced(before)


def _successors(seen: Mapping[str, SeenFile], diff: Diff) -> dict[str, str]:
    """Earlier path to path of now: the same path, the same old path, else a new file with mostly the same lines."""
    now = {file.path: file for file in diff.files}
    found = {path: path for path in seen if path in now and not _removed(seen[path], now[path])}
    taken = set(found)
    for path in (path for path in seen if path not in found):
        names = {path, seen[path].old_path}
        file = next((each for each in diff.files if each.old_path in names and _free(each, taken)), None)
        if file is not None:
            found[path] = file.path
            taken.add(file.path)
    lost = [path for path in seen if path not in found]
    left = {file.path: _names(file) for file in diff.files if lost and file.hunks and _free(file, taken)}
    for path in lost:
        after = _alike(path, seen[path], left)
        if after is not None:
            found[path] = after
            del left[after]
    return found


def _free(file: FileDiff, taken: Collection[str]) -> bool:
    return file.path not in taken and file.change is not Change.DELETED


def _removed(seen: SeenFile, file: FileDiff) -> bool:
    """Whether the file was there and is deleted now: what was in it may be elsewhere."""
    return file.change is Change.DELETED and any(line.sign != "-" for line in lines_of(seen))


def _names(file: FileDiff) -> Counter[str]:
    return Counter(_name(line.sign, _hash(line.text)) for line in file.lines() if line.sign != " ")


def _alike(path: str, seen: SeenFile, files: Mapping[str, Counter[str]]) -> str | None:
    """The file that has most of the lines; among many, one of the same name."""
    if not files:
        return None
    mine = Counter(line.name for line in lines_of(seen) if line.sign != " ")
    base = path.rpartition("/")[2]
    if len(files) > _MOST_COMPARED:
        files = {name: lines for name, lines in files.items() if name.rpartition("/")[2] == base}
    shares = {name: (mine & lines).total() / max(1, mine.total()) for name, lines in files.items()}
    best = max(shares, key=lambda name: (shares[name], name.rpartition("/")[2] == base), default=None)
    return best if best is not None and shares[best] >= _LIKE else None
