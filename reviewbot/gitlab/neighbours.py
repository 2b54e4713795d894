"""The newest commits of many projects in one GraphQL request.

Source of the fields: GitLab's GraphQL reference (`Query.project`, `Repository.tree`, `Tree.lastCommit`). A project that
the token's user may not see is null, and so is the repository where they may not read it. GitLab counts a query's
complexity and refuses one above 250: `_AT_ONCE` of ours stay
below, and a refusal is met by asking for fewer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from reviewbot.errors import PermanentError, SourceUnavailable, TransientError
from reviewbot.gitlab.retrying import Reads
from reviewbot.model.inheritance import Address, Head

_AT_ONCE = 12  # a project counts 10, with a ref 15
_MOST_REQUESTS = 8
T = TypeVar("T")


class Lookout:
    """Asks for the heads of projects; one thread at a time."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._left = _MOST_REQUESTS

    def look(self, wanted: Sequence[Address]) -> Mapping[Address, Head]:
        """As `keeping.Neighbours.look`."""
        addresses = list(dict.fromkeys(wanted))
        found: dict[Address, Head] = {}
        for start in range(0, len(addresses), _AT_ONCE):
            found |= self._some(addresses[start : start + _AT_ONCE])
        return found

    def shows_files(self, project_id: int) -> bool:
        """As `keeping.Neighbours.shows_files`; GraphQL does not tell."""
        found = _tried(lambda: self._reads.object(f"/projects/{quote(str(project_id))}"))
        return found.get("repository_access_level") == "enabled"

    def _some(self, wanted: Sequence[Address]) -> dict[Address, Head]:
        if self._left <= 0:
            raise SourceUnavailable("GitLab was asked for as many projects as one review may ask for")
        self._left -= 1
        text, variables = _query(wanted)
        answer = _tried(lambda: self._reads.query(text, variables))
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            if len(wanted) > 1:  # too complex, or one of them is what GitLab stumbles over
                half = len(wanted) // 2
                return {**self._some(wanted[:half]), **self._some(wanted[half:])}
            raise SourceUnavailable(f"GitLab's GraphQL API does not answer: {_words(answer)}")
        heads = {address: _head(data.get(f"p{index}")) for index, address in enumerate(wanted)}
        return {address: head for address, head in heads.items() if head is not None}


def _query(wanted: Sequence[Address]) -> tuple[str, dict[str, str | None]]:
    variables: dict[str, str | None] = {}
    kinds, parts = [], []
    for index, address in enumerate(wanted):
        variables[f"p{index}"] = address.project
        kinds.append(f"$p{index}: ID!")
        pinned = ""
        if address.ref:
            variables[f"r{index}"] = address.ref
            kinds.append(f"$r{index}: String!")
            pinned = f" pinned: tree(ref: $r{index}) {{ lastCommit {{ sha }} }}"
        newest = "newest: tree { lastCommit { sha } }"
        fields = f"id fullPath visibility repository {{ {newest}{pinned} }}"
        parts.append(f"p{index}: project(fullPath: $p{index}) {{ {fields} }}")
    return f"query({', '.join(kinds)}) {{ {' '.join(parts)} }}", variables


def _head(project: Any) -> Head | None:
    if not isinstance(project, dict):
        return None
    number = str(project.get("id") or "").rpartition("/")[2]
    path, repository = project.get("fullPath"), project.get("repository")
    if not number.isdecimal() or not isinstance(path, str):
        return None
    repository = repository if isinstance(repository, dict) else {}
    newest = _sha(repository.get("newest"))
    pinned = _sha(repository["pinned"]) if "pinned" in repository else newest
    return Head(int(number), path, str(project.get("visibility") or "private"), pinned, newest)


def _sha(tree: Any) -> str:
    commit = tree.get("lastCommit") if isinstance(tree, dict) else None
    return str(commit.get("sha") or "") if isinstance(commit, dict) else ""


def _words(answer: Any) -> str:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(first.get("message"))[:200] if isinstance(first, dict) else "it said nothing"


def _tried(read: Callable[[], T]) -> T:
    try:
        return read()
    except (TransientError, PermanentError) as error:
        raise SourceUnavailable(f"GitLab's API: {error.message}") from error
