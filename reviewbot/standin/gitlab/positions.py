"""Positions of diff notes by GitLab's rules: what it accepts, what it answers, where a line goes on a push."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewbot.standin.gitlab.diffs import FileDiff
from reviewbot.standin.gitlab.lines import line_code, mapped, unfolded
from reviewbot.standin.gitlab.repositories import Repository
from reviewbot.standin.gitlab.state import Json

NO_LINE = ':line_code=>["can\'t be blank", "must be a valid line code"]'
INCOMPLETE = ':position=>["is incomplete"]'
BAD_SCHEMA = ':position=>["must be a valid json schema"]'
FIELDS = ("base_sha", "start_sha", "head_sha", "old_path", "new_path", "position_type", "old_line", "new_line")
RANGE_FIELDS = {"line_code", "type", "old_line", "new_line"}


class BadPosition(Exception):
    """GitLab refuses the note; the message is its own, as it stands in the body of the 400."""


@dataclass(frozen=True)
class Place:
    """A position in canonical form, with the line code that GitLab found for it (None for a whole file)."""

    position: Json
    line_code: str | None


def file_at(repository: Repository, position: Mapping[str, Any]) -> FileDiff | None:
    """The first file of the diff limited to the position's two paths.

    Limiting is why a rename named by its new path alone looks like a new file.
    """
    old, new = str(position["old_path"]), str(position["new_path"])
    base, head = str(position["base_sha"]), str(position["head_sha"])
    known = repository.by_paths(base, head).get((old, new))
    if known is not None and known.status != "T":
        return known
    limited = repository.diff(base, head, tuple(dict.fromkeys((old, new))))
    return limited[0] if limited else None


def canonical(raw: Mapping[str, Any]) -> Json:
    position: Json = {name: raw.get(name) for name in FIELDS}
    position["position_type"] = raw.get("position_type") or "text"
    position["old_path"] = raw.get("old_path") or raw.get("new_path")
    position["new_path"] = raw.get("new_path") or raw.get("old_path")
    for name in ("old_line", "new_line"):
        position[name] = _number(raw.get(name))
    position["line_range"] = raw.get("line_range")
    for name in ("width", "height", "x", "y"):
        if raw.get("position_type") == "image":
            position[name] = raw.get(name)
    return position


def _number(value: Any) -> int | None:
    if value in {None, ""}:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def place(repository: Repository, raw: Mapping[str, Any], patch_bytes: int) -> Place:
    """Check a position as GitLab does when a note is saved. Raises `BadPosition` with GitLab's message."""
    position = canonical(raw)
    complete = all(position[name] for name in ("base_sha", "start_sha", "head_sha", "new_path"))
    if position["position_type"] != "text":
        if not complete:
            raise BadPosition(INCOMPLETE)
        return Place(position, None)
    if not complete or not (position["old_line"] or position["new_line"]):
        raise BadPosition(f"{NO_LINE}, {INCOMPLETE}")
    if not _range_is_valid(position["line_range"]):
        raise BadPosition(BAD_SCHEMA)
    code = find_line_code(repository, position, patch_bytes)
    if code is None:
        raise BadPosition(NO_LINE)
    return Place(position, code)


def _range_is_valid(line_range: Any) -> bool:
    if line_range is None:
        return True
    if not isinstance(line_range, dict) or not set(line_range) <= {"start", "end"}:
        return False
    for end in line_range.values():
        if not isinstance(end, dict) or not set(end) <= RANGE_FIELDS:
            return False
        code, side = end.get("line_code"), end.get("type")
        if not (code is None or isinstance(code, str)) or len(code or "") > 100 or side not in {None, "new", "old"}:
            return False
    return True


def find_line_code(repository: Repository, position: Mapping[str, Any], patch_bytes: int) -> str | None:
    """The line code of the exact pair (old_line, new_line), None when GitLab does not find that line."""
    file = file_at(repository, position)
    if file is None or file.binary or file.size >= patch_bytes:
        return None
    old, new = position["old_line"], position["new_line"]
    path = file.new_path or file.old_path
    line = file.keys.get((old, new))
    if line is not None:
        return line_code(path, line.old, line.new)
    if old is None or new is None or file.new_file or file.deleted_file:
        return None
    blob = repository.read(str(position["base_sha"]), file.old_path) or b""
    count = blob.count(b"\n") + (not blob.endswith(b"\n") and bool(blob))
    return line_code(path, old, new) if unfolded(file.lines, count, old, new) else None


@dataclass(frozen=True)
class Traced:
    """Where a position went in a newer version. `outdated`: its line is not in the newer diff any more."""

    position: Json | None
    outdated: bool


def trace(repository: Repository, position: Json, refs: Json, patch_bytes: int) -> Traced:
    """Follow a text position from its own version to the version `refs` (gitlab-org: PositionTracer)."""
    if position["position_type"] != "text":
        return Traced({**position, **refs}, outdated=False)
    if position["new_line"] is None:
        return _trace_removed(repository, position, refs)
    d_path, d_line = _follow(
        repository, position["head_sha"], refs["head_sha"], position["new_path"], position["new_line"]
    )
    if d_line is None:
        gone = {**position, **_between(position["head_sha"], refs["head_sha"])}
        return Traced({**gone, "old_line": position["new_line"], "new_line": None}, outdated=True)
    now = next((file for file in repository.diff(refs["base_sha"], refs["head_sha"]) if file.new_path == d_path), None)
    c_line = mapped(now.lines, d_line, to_new=False) if now else d_line
    paths = {"old_path": now.old_path if now else d_path, "new_path": d_path}
    moved = {**position, **refs, **paths, "old_line": c_line, "new_line": d_line}
    if c_line is None or find_line_code(repository, moved, patch_bytes):
        return Traced(moved, outdated=False)
    return Traced(None, outdated=True)


def _trace_removed(repository: Repository, position: Json, refs: Json) -> Traced:
    path, line = _follow(repository, position["base_sha"], refs["base_sha"], position["old_path"], position["old_line"])
    now = next((file for file in repository.diff(refs["base_sha"], refs["head_sha"]) if file.old_path == path), None)
    if line is None or now is None or mapped(now.lines, line, to_new=True) is not None:
        return Traced(None, outdated=True)
    paths = {"old_path": path, "new_path": now.new_path}
    return Traced({**position, **refs, **paths, "old_line": line, "new_line": None}, outdated=False)


def _follow(repository: Repository, before: str, after: str, path: str, line: int) -> tuple[str, int | None]:
    if before == after:
        return path, line
    file = next((file for file in repository.diff(before, after) if file.old_path == path and not file.new_file), None)
    if file is None:
        return path, line
    return file.new_path, mapped(file.lines, line, to_new=True)


def _between(before: str, after: str) -> Json:
    return {"base_sha": before, "start_sha": before, "head_sha": after}
