"""Many small text files of a commit in few GraphQL requests.

Source of the fields: GitLab's GraphQL reference (`Repository.blobs`, `RepositoryBlob`). Each path counts one in a
query's complexity, of which 250 are allowed: `_AT_ONCE` of ours stay below. `rawTextBlob` is null for what is no text,
and text in another encoding than UTF-8 comes translated: it has another size then, and is left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

_AT_ONCE = 100  # paths; a page of a connection has as many rows at most
_MOST_BYTES = 8 << 20  # of the files of one answer
_QUERY = (
    "query($project: ID!, $ref: String!, $paths: [String!]!) {{ project(fullPath: $project) {{ repository {{"
    " blobs(ref: $ref, paths: $paths, first: 100) {{ nodes {{ path {field} }} }} }} }} }}"
)
Ask = Callable[[str, Mapping[str, Any]], Any]
"""(query, variables) -> the answer; None: no more may be asked."""


def read(ask: Ask, project: str, sha: str, paths: Sequence[str], largest: int) -> dict[str, bytes]:
    """The files of the project at the path `project` that are text of at most `largest` bytes; others are left out."""
    sizes: dict[str, int] = {}
    for lot in _lots(paths, lambda path: 0):
        sizes |= {path: int(size) for path, size in _told(ask, project, sha, lot, "size") if str(size).isdecimal()}
    found: dict[str, bytes] = {}
    for lot in _lots([path for path, size in sizes.items() if size <= largest], sizes.__getitem__):
        texts = _told(ask, project, sha, lot, "rawTextBlob")
        datas = {path: text.encode(errors="replace") for path, text in texts if isinstance(text, str)}
        found |= {path: data for path, data in datas.items() if len(data) == sizes[path]}
    return found


def _lots(paths: Iterable[str], size: Callable[[str], int]) -> Iterator[list[str]]:
    lot: list[str] = []
    total = 0
    for path in paths:
        if lot and (len(lot) >= _AT_ONCE or total + size(path) > _MOST_BYTES):
            yield lot
            lot, total = [], 0
        lot.append(path)
        total += size(path)
    if lot:
        yield lot


def _told(ask: Ask, project: str, sha: str, paths: Sequence[str], field: str) -> list[tuple[str, Any]]:
    """(path, the field) of those of `paths` that are there. An answer that is none tells nothing."""
    answer = ask(_QUERY.format(field=field), {"project": project, "ref": sha, "paths": list(paths)})
    for key in ("data", "project", "repository", "blobs", "nodes"):
        answer = answer.get(key) if isinstance(answer, dict) else None
    rows = [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
    return [(str(row.get("path")), row.get(field)) for row in rows if row.get("path") in paths]
