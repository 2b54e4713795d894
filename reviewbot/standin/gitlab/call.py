"""One API request on its way through a handler: who asks, for what, and GitLab's answers when it may not be."""

import json
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.responses import Response

from reviewbot.standin.gitlab.noting import Refused
from reviewbot.standin.gitlab.state import GUEST, REPORTER, Json, MergeRequest, Project, Token, User, World

T = TypeVar("T")
TOTALS_UP_TO = 10_000  # rows; beyond, GitLab leaves X-Total out


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return Response(content, status, headers, media_type="application/json")


def missing(what: str = "") -> Refused:
    return Refused(404, {"message": f"404 {what} Not Found".replace("  ", " ") if what else "404 Not found"})


@dataclass
class Call:
    world: World
    method: str
    url: str  # absolute, without query
    query: dict[str, str]
    values: Json  # query and body together, as Grape sees them
    token: Token | None
    at: dict[str, str] = field(default_factory=dict)  # decoded parts of the path

    @property
    def user(self) -> User:
        """The token's user. Raises `Refused` (401) without one."""
        if self.token is None:
            raise Refused(401, {"message": "401 Unauthorized"})
        return self.token.user

    def project(self, level: int = GUEST) -> Project:
        """The project of the path. Raises `Refused`: 404 when hidden, 403 below `level`."""
        key = self.at["project"]
        for found in self.world.projects.values():
            if key in {str(found.id), found.path}:
                mine = found.level(self.token.user if self.token else None)
                public = found.visibility == "public" or (found.visibility == "internal" and self.token is not None)
                if not public and mine < GUEST:
                    break
                if found.archived and self.method not in {"GET", "HEAD"}:
                    raise Refused(403, {"message": "403 Forbidden"})  # it can only be read
                if mine < level and not (public and level <= REPORTER):
                    raise Refused(403, {"message": "403 Forbidden"}) if self.token else missing("Project")
                return found
        raise missing("Project")

    def merge_request(self, level: int = REPORTER) -> MergeRequest:
        found = self.project(level).merge_requests.get(int(self.at["iid"]))
        if found is None:
            raise missing()
        return found

    def text(self, name: str) -> str:
        """A required parameter. Raises `Refused` (400) as Grape does."""
        if self.values.get(name) is None:
            raise Refused(400, {"error": f"{name} is missing"})
        return str(self.values[name])

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.values.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in {"true", "1"}

    def page(self, rows: Sequence[T], entity: Callable[[T], Json], per_page: int = 20) -> Response:
        """One page of `rows` with GitLab's headers: page and per_page (at most 100) of the query."""
        size = min(max(_int(self.query.get("per_page"), per_page), 1), 100)
        page = max(_int(self.query.get("page"), 1), 1)
        pages = max(-(-len(rows) // size), 1)
        following = str(page + 1) if page < pages else ""
        headers = {
            "X-Page": str(page),
            "X-Per-Page": str(size),
            "X-Next-Page": following,
            "X-Prev-Page": str(page - 1) if page > 1 else "",
        }
        if len(rows) <= TOTALS_UP_TO:
            headers |= {"X-Total": str(len(rows)), "X-Total-Pages": str(pages)}
        links = [self._link(1, size, "first"), self._link(pages, size, "last")]
        if following:
            links.insert(0, self._link(page + 1, size, "next"))
        headers["Link"] = ", ".join(links)
        return answer([entity(row) for row in rows[(page - 1) * size : page * size]], headers=headers)

    def _link(self, page: int, size: int, relation: str) -> str:
        query = urllib.parse.urlencode({**self.query, "page": page, "per_page": size})
        return f'<{self.url}?{query}>; rel="{relation}"'


def _int(value: str | None, default: int) -> int:
    return int(value) if value and value.isdecimal() else default


Handler = Callable[[Call], Response]
Route = tuple[str, str, Handler]
"""(method, path pattern with {names}, handler); the pattern starts behind /api/v4."""
