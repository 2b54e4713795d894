"""Opens a merge request of the bot's own with one changed file, once: what is there already is found, not repeated."""

import base64
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from reviewbot.control import Control
from reviewbot.core.commands import DEVELOPER
from reviewbot.core.proposals import SIGN, Proposal
from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected, UsageError
from reviewbot.gitlab import records
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.desk import Desk
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.gitlab.snapshot import me
from reviewbot.model.merge_request import MergeRequestRef

_SECONDS = 120.0  # for one proposal
_LARGEST = 256 * 1024  # characters of a file that is changed
How = Literal["opened", "renewed", "there"]


@dataclass(frozen=True, slots=True)
class Place:
    """A project that a proposal goes to. `head`: the commit of its default branch when it was looked at."""

    project_id: int
    path: str
    branch: str
    head: str


@dataclass(frozen=True, slots=True)
class Text:
    """A file of the default branch, and the last commit that touched it."""

    text: str
    last_commit: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A merge request. opened: it is new; renewed: it was open, and its words or commit are new; there: as it was."""

    iid: int
    url: str
    how: How


class Proposals:
    """One conversation with one project. Raises as `reviewbot.errors` says, with the mend."""

    def __init__(
        self, client: Client, key: bytes, *, control: Control | None = None, backoff: Backoff | None = None
    ) -> None:
        self._reads = Reads(client, control or Control(_SECONDS), backoff or Backoff())
        self._client = client
        self._key = key

    def place(self, named: str) -> Place:
        """The project of this path or number. Raises `UsageError` where no merge request can be opened."""
        try:
            found = self._reads.object(f"/projects/{quote(named, safe='')}")
        except ForgeNotFound as error:
            raise UsageError(
                f"GitLab shows the bot no project {named!r}", mend="give the full path, group/project, see its members"
            ) from error
        path, default = str(found.get("path_with_namespace") or named), str(found.get("default_branch") or "")
        project_id = records.own_id(found)
        if found.get("archived") is True:
            raise UsageError(f"{path} is archived: it can only be read", mend="unarchive it in GitLab's settings")
        if not default:
            raise UsageError(f"{path} has no branch yet", mend="push a first commit")
        self._insist_on_role(project_id, path)
        head = self._branch(project_id, default)
        if head is None:
            raise UsageError(f"{path} has no branch {default} yet", mend="push a first commit")
        return Place(project_id, path, default, str((head.get("commit") or {}).get("id") or ""))

    def file(self, place: Place, path: str) -> Text | None:
        """A file of the default branch; None: it is not there. Raises `UsageError` for one that is no text."""
        where = f"/projects/{place.project_id}/repository/files/{quote(path, safe='')}"
        try:
            found = self._reads.object(where, {"ref": place.branch})
        except ForgeNotFound:
            return None
        try:
            text = base64.b64decode(str(found.get("content") or "")).decode()
        except ValueError as error:
            raise UsageError(f"{path} is not UTF-8", mend="save it as UTF-8 first") from error
        if len(text) > _LARGEST:
            raise UsageError(f"{path} has {len(text):,} characters", mend="change it by hand")
        return Text(text, str(found.get("last_commit_id") or ""))

    def propose(self, place: Place, proposal: Proposal) -> Proposed:
        """Branch, commit and merge request, each only where it is missing: after a fault it may be called again.

        A branch of that name with commits of somebody else, or with more than the proposal, is left alone: with an open
        merge request it is told as there, without one `UsageError` is raised.
        """
        desk = Desk(self._reads, MergeRequestRef(place.project_id, 0), self._key)  # there is no merge request yet
        open_one = self._open(place, proposal)
        branch = self._branch(place.project_id, proposal.branch)
        committed = branch is None or not self._holds(place, proposal)
        if branch is not None and not self._ours(place, proposal, branch):
            if open_one is not None:
                return _proposed(open_one, "there")
            raise UsageError(
                f"{place.path} has a branch {proposal.branch} with other commits than the bot's", mend="delete it first"
            )
        if committed:
            self._commit(desk, place, proposal, anew=branch is not None)
        if open_one is None:
            return self._request(desk, place, proposal)
        return self._renew(desk, open_one, proposal, committed=committed)

    def _insist_on_role(self, project_id: int, path: str) -> None:
        mine = me(self._reads)
        try:
            level = records.number(self._reads.object(f"/projects/{project_id}/members/all/{mine.id}"), "access_level")
        except ForgeNotFound:
            level = 0
        if level < DEVELOPER:
            raise ForgeRefused(
                f"{mine.username} may not open merge requests in {path}",
                mend="give the bot's user the Developer role there, and its token the scope `api`",
            )

    def _branch(self, project_id: int, name: str) -> dict[str, Any] | None:
        try:
            return self._reads.object(f"/projects/{project_id}/repository/branches/{quote(name, safe='')}")
        except ForgeNotFound:
            return None

    def _holds(self, place: Place, proposal: Proposal) -> bool:
        """Whether the branch has the file as it is proposed: it was committed before, by us or whoever."""
        where = f"/projects/{place.project_id}/repository/files/{quote(proposal.path, safe='')}/raw"
        try:
            return self._reads.raw(where, {"ref": proposal.branch}) == proposal.after.encode()
        except ForgeNotFound:
            return False

    def _ours(self, place: Place, proposal: Proposal, branch: dict[str, Any]) -> bool:
        """Whether nothing but a proposal is on the branch: whatever else is there would go by the bot's name. Everybody
        can write `SIGN`, so the files are asked for, too.
        """
        if SIGN not in str((branch.get("commit") or {}).get("message")):
            return False
        query = {"from": place.branch, "to": proposal.branch}
        diffs = self._reads.object(f"/projects/{place.project_id}/repository/compare", query).get("diffs")
        rows = diffs if isinstance(diffs, list) else []
        names = {row.get(side) for row in rows for side in ("old_path", "new_path")}
        return names <= {proposal.path} and isinstance(diffs, list)

    def _open(self, place: Place, proposal: Proposal) -> dict[str, Any] | None:
        query = {"state": "opened", "source_branch": proposal.branch, "target_branch": place.branch}
        rows = self._reads.page(f"/projects/{place.project_id}/merge_requests", query)
        return next((row for row in rows if row.get("source_project_id") == place.project_id), None)

    def _commit(self, desk: Desk, place: Place, proposal: Proposal, *, anew: bool) -> None:
        """GitLab looks at `last_commit_id` itself: what somebody changed meanwhile is not overwritten."""
        action = {
            "action": "create" if proposal.before is None else "update",
            "file_path": proposal.path,
            "encoding": "base64",
            "content": base64.b64encode(proposal.after.encode()).decode(),
            **({"last_commit_id": proposal.last_commit} if proposal.last_commit else {}),
        }
        body = {
            "branch": proposal.branch,
            "start_branch": place.branch,
            "commit_message": proposal.message,
            "actions": [action],
            **({"force": True} if anew else {}),
        }
        try:
            desk.write(
                lambda: bool(self._client.post(f"/projects/{place.project_id}/repository/commits", body)),
                lambda: self._holds(place, proposal) or None,
            )
        except ForgeRefused as error:
            raise ForgeRefused(
                f"{error.message} (branch {proposal.branch})",
                mend="give the token the scope `api`; if a protected branch's pattern has this name, let the bot push",
            ) from error
        except ForgeRejected as error:
            if self._holds(place, proposal):
                return  # another one of us was faster
            raise ForgeRejected(
                error.message, mend="run the command again; if it stays so, look at the project's push rules"
            ) from error

    def _request(self, desk: Desk, place: Place, proposal: Proposal) -> Proposed:
        body = {
            "source_branch": proposal.branch,
            "target_branch": place.branch,
            "title": proposal.title,
            "description": proposal.description,
            "remove_source_branch": True,
        }
        try:
            made = desk.write(
                lambda: self._client.post(f"/projects/{place.project_id}/merge_requests", body),
                lambda: self._open(place, proposal),
            )
        except ForgeRejected:
            made = self._open(place, proposal)  # somebody was faster: GitLab takes one of a branch
            if made is None:
                raise
            return _proposed(made, "there")
        return _proposed(made, "opened")

    def _renew(self, desk: Desk, found: dict[str, Any], proposal: Proposal, *, committed: bool) -> Proposed:
        """The words of an open one of ours as they are now; those of somebody else are left alone."""
        ours = records.own_id(found.get("author") or {}) == me(self._reads).id
        words = {"title": proposal.title, "description": proposal.description}
        if not ours or all(str(found.get(name) or "").strip() == text.strip() for name, text in words.items()):
            return _proposed(found, "renewed" if committed else "there")
        where = f"/projects/{desk.ref.project_id}/merge_requests/{records.number(found, 'iid')}"
        desk.write(lambda: self._client.put(where, words))
        return _proposed(found, "renewed")


def _proposed(found: dict[str, Any], how: How) -> Proposed:
    return Proposed(records.number(found, "iid"), str(found.get("web_url") or ""), how)
