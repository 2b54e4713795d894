"""A project's past merge requests, to try rules on. Nothing is written from here, to any of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import quote

from reviewbot.backtesting.archives import Listed
from reviewbot.control import Control
from reviewbot.core.moments import moment
from reviewbot.errors import PermanentError, SourceUnavailable, TransientError
from reviewbot.gitlab import records
from reviewbot.gitlab.client import PAGE, Client
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.gitlab.snapshot import base_path
from reviewbot.model.backtest import Past
from reviewbot.model.merge_request import DiffRefs, MergeRequestRef
from reviewbot.ports import Fetching

_LOT = 25  # merge requests whose commits are fetched at once
_MORE_PAGES = 5  # of the list, beyond those that would do if none of its rows was of another state
_STATES = ("merged", "opened")
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Project:
    """A project as GitLab tells of it."""

    id: int
    path: str
    default_branch: str


def project(client: Client, named: str, control: Control) -> Project:
    """By its id or its full path. Raises `ForgeNotFound`, `ForgeRefused`, `ForgeUnavailable`."""
    found = Reads(client, control, Backoff()).object(f"/projects/{quote(named, safe='')}")
    path = str(found.get("path_with_namespace") or "")
    return Project(records.own_id(found), path, str(found.get("default_branch") or ""))


@dataclass(frozen=True, slots=True)
class MergeRequests:
    """Fills `backtesting.archives.Archive`: those that were merged or are open, and were touched since, newest first.

    `source` is the project's repository. `reviewed` tells by iid which head was reviewed first: that version is tried,
    of others the last. `but`: the iid of one that is left out.
    """

    reads: Reads
    project: Project
    source: Fetching
    reviewed: Mapping[int, str] = field(default_factory=dict)
    but: int = 0
    noun: ClassVar[str] = "merge request"

    @property
    def where(self) -> str:
        return self.project.path

    def opened(self, since: float, most: int) -> Listed:
        after = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = {"state": "all", "updated_after": after, "order_by": "updated_at", "sort": "desc"}
        pages = most // PAGE + _MORE_PAGES if most else 0
        rows, more = self.reads.first(f"/projects/{self.project.id}/merge_requests", query, pages)
        good = [row for row in rows if row.get("state") in _STATES and row.get("iid") != self.but]
        left_out = max(int(more), len(good) - most)
        return Listed(min(most, len(good)), max(0, left_out), self._pasts(good[:most]), more)

    def _pasts(self, rows: Sequence[Json]) -> Iterator[Past]:
        """Each with its commits, which are fetched in lots; one whose commits GitLab does not tell has a problem."""
        for start in range(0, len(rows), _LOT):
            known = [self._past(row) for row in rows[start : start + _LOT]]
            shas = {sha for one in known for sha in (one.base_sha, one.head_sha, one.final_sha) if sha}
            with suppress(SourceUnavailable):  # whoever reads a commit meets the fault again, and it costs one alone
                self.source.fetch(*sorted(shas))
            yield from known

    def _past(self, row: Json) -> Past:
        ref = MergeRequestRef(self.project.id, records.number(row, "iid"))
        problem, tried, last = "", None, None
        try:
            tried, last = self._versions(ref)
        except (TransientError, PermanentError) as error:
            problem = error.message
        if not problem and (tried is None or last is None):
            problem = "GitLab has no diff of it"
        url = str(row.get("web_url") or "")
        return Past(
            name=f"!{ref.iid}",
            title=str(row.get("title") or ""),
            base_sha=tried.base_sha if tried else "",
            head_sha=tried.head_sha if tried else "",
            final_sha=last.head_sha if last else "",
            url=url,
            web=url.partition("/-/merge_requests/")[0] if "/-/merge_requests/" in url else "",
            at=moment(str(row.get("updated_at") or "")) or 0.0,
            ref=ref,
            state=str(row.get("state") or ""),
            description=str(row.get("description") or ""),
            author=records.person(row.get("author")).username,
            source_branch=str(row.get("source_branch") or ""),
            target_branch=str(row.get("target_branch") or ""),
            labels=records.labels(row),
            problem=problem,
        )

    def _versions(self, ref: MergeRequestRef) -> tuple[DiffRefs | None, DiffRefs | None]:
        """The version to be tried and the last one."""
        rows = self.reads.page(f"{base_path(ref)}/versions", {"per_page": 100})
        found = [trio for trio in (records.refs(row, "_commit_sha") for row in rows) if trio is not None]
        first = self.reviewed.get(ref.iid)
        return next((one for one in found if one.head_sha == first), next(iter(found), None)), next(iter(found), None)
