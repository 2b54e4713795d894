"""A finding -> the GitLab positions at which it may be posted, best first, and their JSON."""

from collections.abc import Mapping

from reviewbot.core.gitlab_lines import GitLabLine, gitlab_lines
from reviewbot.model.diff import FileDiff, Kind, LineKey
from reviewbot.model.finding import Finding
from reviewbot.model.merge_request import DiffRefs
from reviewbot.model.outcome import Position

Numbers = tuple[int | None, int | None]

_COMMENTABLE = frozenset((Kind.TEXT, Kind.SYMLINK, Kind.SUBMODULE))


def positions(
    finding: Finding,
    file: FileDiff,
    refs: DiffRefs,
    lines: Mapping[LineKey, GitLabLine] | None = None,
) -> tuple[Position, ...]:
    """Multi-line (when the range has two ends), single line, file-level: never empty, the last is always file-level.

    GitLab wants the *last* line of a range as the position's line (GitLab docs, "Discussions API"), so the single line
    is the last one too. Numbers are GitLab's own; a line that its parser drops has none, and a file whose text GitLab
    does not keep (binary, `FileDiff.missing`) has no lines at all: then the finding goes to the file.

    `lines` is `gitlab_lines(file)` where the caller has it, and empty when GitLab shows no lines of this file.
    """
    base = Position(refs=refs, old_path=file.old_path, new_path=file.new_path)
    if file.missing or file.kind not in _COMMENTABLE:
        return (base,)
    known = gitlab_lines(file) if lines is None else lines
    end = known.get(finding.anchor.end)
    if end is None:
        return (base,)
    single = Position(refs, file.old_path, file.new_path, line=(end.old, end.new), line_code=end.code)
    start = known.get(finding.anchor.start)
    if start is None or start == end:
        return (single, base)
    several = Position(
        refs,
        file.old_path,
        file.new_path,
        line=(end.old, end.new),
        start=(start.old, start.new),
        line_code=end.code,
        start_code=start.code,
    )
    return (several, single, base)


def payload(position: Position) -> dict[str, object]:
    """The `position` object of the Discussions and Draft Notes APIs. A side without a number has no key.

    In `line_range` GitLab accepts the four keys of `_range_end` and no other.
    """
    sent: dict[str, object] = {
        "base_sha": position.refs.base_sha,
        "start_sha": position.refs.start_sha,
        "head_sha": position.refs.head_sha,
        "position_type": "file" if position.line is None else "text",
        "old_path": position.old_path,
        "new_path": position.new_path,
    }
    if position.line is not None:
        sent |= _numbers(position.line)
        if position.start is not None:
            sent["line_range"] = {
                "start": _range_end(position.start, position.start_code),
                "end": _range_end(position.line, position.line_code),
            }
    return sent


def _numbers(line: Numbers) -> dict[str, object]:
    named = {"old_line": line[0], "new_line": line[1]}
    return {name: number for name, number in named.items() if number is not None}


def _range_end(line: Numbers, code: str) -> dict[str, object]:
    """`type`: "new for lines added by this commit, otherwise old" (GitLab docs, "Discussions API")."""
    return {"line_code": code, "type": "new" if line[0] is None else "old", **_numbers(line)}
