"""What is known of a place in a past merge request: what was said there, what others say, what was changed later."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from reviewbot.core import feedback
from reviewbot.model.backtest import Fate, WouldBe
from reviewbot.model.diff import Diff, FileDiff
from reviewbot.model.feedback import PostedComment
from reviewbot.model.finding import Finding

NEAR = 3  # lines: what is no farther apart is about the same place
_LONGEST = 200  # lines of a finding that are looked at


class Later:
    """What came after the version that rules are tried on: `diff` goes from that version to the last one."""

    def __init__(self, diff: Diff) -> None:
        self._gone = {file.old_path: _removed(file) for file in diff.files}

    def changed(self, path: str, first: int, last: int) -> bool:
        """Whether a line from `first` to `last` of the new side, or one of the `NEAR` ones around them, was changed or
        deleted.
        """
        gone = self._gone.get(path, ())
        at = bisect_left(gone, first - NEAR)
        return at < len(gone) and gone[at] <= last + NEAR

    def lines(self, files: Iterable[FileDiff]) -> tuple[int, int]:
        """How many lines the files add, and how many of them were `changed`: what any line of a change is up to."""
        added = [(file.path, line.new) for file in files for line in file.lines() if line.sign == "+" and line.new]
        return len(added), sum(self.changed(path, line, line) for path, line in added)


def _removed(file: FileDiff) -> list[int]:
    return sorted(line.old for line in file.lines() if line.sign == "-" and line.old is not None)


class Spoken:
    """Which rules say something where, for many findings at once."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._rules: dict[tuple[str, int], set[str]] = {}
        for one in findings:
            if one.rule:
                first, last = one.anchor.lines
                for line in range(first - NEAR, min(last, first + _LONGEST) + NEAR + 1):
                    self._rules.setdefault((one.anchor.path, line), set()).add(one.rule)

    def beside(self, finding: Finding) -> tuple[str, ...]:
        """The other rules that speak of one of its lines, or at most `NEAR` lines away."""
        first, last = finding.anchor.lines
        lines = range(first, min(last, first + _LONGEST) + 1)
        there = set[str]().union(*(self._rules.get((finding.anchor.path, line), ()) for line in lines))
        return tuple(sorted(there - {finding.rule}))


def fate(comment: PostedComment) -> Fate:
    """What the comment was worth. A finding that was fixed was worth its comment whatever anybody said."""
    ended = feedback.ending(comment)
    if ended == "addressed":
        return "addressed"
    if ended == "dismissed" or comment.downs:
        return "dismissed"
    return "liked" if comment.ups else "unknown"


def earlier(comment: WouldBe, told: Sequence[PostedComment]) -> PostedComment | None:
    """The comment of ours in whose place this one would stand: the same finding, else the nearest in the same file that
    is at most `NEAR` lines away, one of the same rule first.
    """
    same = next((one for one in told if one.fingerprint == comment.fingerprint), None)
    if same is not None:
        return same
    near = [one for one in told if one.file == comment.path and _apart(comment, one.line) <= NEAR]
    return min(near, key=lambda one: (one.rule != comment.rule, _apart(comment, one.line), one.note_id), default=None)


def _apart(comment: WouldBe, line: int) -> int:
    return max(comment.first - line, line - comment.last, 0)
