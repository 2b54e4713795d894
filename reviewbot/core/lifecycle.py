"""What became of earlier findings: so far, those of files whose change is still the one that was reviewed."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from reviewbot.model.diff import Diff, FileDiff, Line
from reviewbot.model.finding import Anchor, Finding


def carry(findings: Sequence[Finding], diff: Diff, unchanged: Collection[str]) -> tuple[Finding, ...]:
    """Earlier findings of `unchanged` files, anchored anew: a rebase shifts line numbers and leaves the change alone.

    A finding keeps its fingerprint. One whose line is not there any more is left out.
    """
    files = {file.path: file for file in diff.files}
    moved = [_move(finding, files[finding.anchor.path]) for finding in findings if finding.anchor.path in unchanged]
    return tuple(finding for finding in moved if finding is not None)


def _move(finding: Finding, file: FileDiff) -> Finding | None:
    lines = list(file.lines())
    wanted = "old" if finding.anchor.start[1] is None else "new"
    same = [
        at
        for at, line in enumerate(lines)
        if line.text == finding.quote and ("old" if line.new is None else "new") == wanted
    ]
    if not same:
        return None
    start = min(same, key=lambda at: abs(_number(lines[at]) - _number_of(finding)))
    length = max(0, finding.anchor.lines[1] - finding.anchor.lines[0])
    end = next((line for line in lines[start:] if _number(line) >= _number(lines[start]) + length), lines[start])
    return replace(finding, anchor=Anchor(file.path, lines[start].key, end.key if length else lines[start].key))


def _number(line: Line) -> int:
    return (line.old if line.new is None else line.new) or 0


def _number_of(finding: Finding) -> int:
    old, new = finding.anchor.start
    return (old if new is None else new) or 0
