"""GitLab as the stories know it (`ports.Forge`), and its twin that writes nothing."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote

from reviewbot.control import Control
from reviewbot.errors import ForgeNotFound, ForgeRefused, ForgeRejected
from reviewbot.gitlab import approvals, awards, polling, publishing, records, reports
from reviewbot.gitlab import snapshot as reading
from reviewbot.gitlab import tickets as issues
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.desk import Desk
from reviewbot.gitlab.retrying import Backoff, Reads
from reviewbot.model.feedback import Award
from reviewbot.model.merge_request import Discussion, MergeRequest, MergeRequestRef, OpenHead, Person
from reviewbot.model.outcome import Plan, Published
from reviewbot.model.repository import BranchHead
from reviewbot.model.ticket import Ticket

_SIDE_SECONDS = 120.0  # for what has no control of its own: one small read or write
_GUEST = 10  # GitLab docs, "Members API": access levels


class GitLabForge:
    """`key` is the instance's key, under which markers are valid. One object per run and thread, as its client."""

    def __init__(
        self,
        client: Client,
        key: bytes,
        *,
        backoff: Backoff | None = None,
        ready_within: float = reading.READY_WITHIN,
    ) -> None:
        self._client = client
        self._key = key
        self._backoff = backoff or Backoff()
        self._ready_within = ready_within

    @property
    def requests(self) -> int:
        return self._client.requests

    def me(self) -> Person:
        return reading.me(self._reads())

    def snapshot(self, ref: MergeRequestRef, control: Control) -> MergeRequest:
        return reading.snapshot(self._reads(control), ref, self._ready_within)

    def overheard(self, ref: MergeRequestRef, control: Control) -> MergeRequest:
        return reading.overheard(self._reads(control), ref)

    def awards(
        self, merge_request: MergeRequest, note_ids: Collection[int], control: Control
    ) -> Sequence[Award] | None:
        return awards.awards(self._reads(control), merge_request, note_ids)

    def head(self, ref: MergeRequestRef) -> tuple[str, str]:
        return publishing.head(self._reads(), ref)

    def publish(self, plan: Plan, control: Control) -> Published:
        return publishing.publish(Desk(self._reads(control), plan.ref, self._key), plan)

    def linter_reports(self, merge_request: MergeRequest, paths: Sequence[str], control: Control) -> Sequence[bytes]:
        return reports.linter_reports(self._reads(control), merge_request, paths)

    def tickets(self, merge_request: MergeRequest, control: Control) -> Sequence[Ticket]:
        return issues.tickets(self._reads(control), merge_request)

    def access_level(self, project_id: int, user_id: int) -> int:
        try:
            member = self._reads().object(f"/projects/{project_id}/members/all/{user_id}")
        except ForgeNotFound:
            return 0
        return records.number(member, "access_level")

    def machine(self, user_id: int) -> bool:
        try:
            return self._reads().object(f"/users/{user_id}").get("bot") is True
        except ForgeNotFound:
            return False

    def trusted(self, merge_request: MergeRequest) -> bool:
        project_id = merge_request.ref.project_id
        if self.access_level(project_id, merge_request.author.id) >= _GUEST:
            return True
        return self.members_only(project_id)

    def members_only(self, project_id: int) -> bool:
        project = self._reads().object(f"/projects/{project_id}")
        return project.get("visibility") == "private" or project.get("merge_requests_access_level") == "private"

    def react(self, ref: MergeRequestRef, note_id: int, emoji: str) -> None:
        desk = self._desk(ref)
        try:
            desk.write(lambda: desk.client.post(f"{desk.path}/notes/{note_id}/award_emoji", {"name": emoji}))
        except (ForgeNotFound, ForgeRejected, ForgeRefused):
            return  # GitLab's answer to a second emoji of the same name; the note may be gone, or closed to the bot

    def reply(self, ref: MergeRequestRef, discussion_id: str, body: str) -> None:
        desk = self._desk(ref)
        thread = f"{desk.path}/discussions/{quote(discussion_id, safe='')}"
        found = records.discussion(desk.reads.object(thread))
        before = {note.id for note in found.notes}
        if found.individual:
            desk.write(
                lambda: bool(desk.client.post(f"{desk.path}/notes", {"body": body})),
                lambda: self._said(reading.threads(desk.reads, ref), body, after=max(before, default=0)),
            )
            return
        desk.write(
            lambda: bool(desk.client.post(f"{thread}/notes", {"body": body})),
            lambda: self._said((records.discussion(desk.reads.object(thread)),), body, after=max(before, default=0)),
        )

    def thread(self, ref: MergeRequestRef, discussion_id: str) -> Discussion | None:
        path = f"{reading.base_path(ref)}/discussions/{quote(discussion_id, safe='')}"
        try:
            return records.discussion(self._reads().object(path))
        except ForgeNotFound:
            return None

    def resolve(self, ref: MergeRequestRef, discussion_id: str) -> None:
        desk = self._desk(ref)
        path = f"{desk.path}/discussions/{quote(discussion_id, safe='')}"
        with suppress(ForgeNotFound):
            desk.write(lambda: desk.client.put(path, {"resolved": True}))

    def set_status(self, plan: Plan, control: Control) -> tuple[str, ...]:
        return publishing.set_status(Desk(self._reads(control), plan.ref, self._key), plan)

    def shown(self, ref: MergeRequestRef) -> OpenHead:
        now = self._reads().object(reading.base_path(ref))
        return OpenHead(ref, str(now.get("sha") or ""), str(now.get("target_branch") or ""))

    def approved(self, ref: MergeRequestRef) -> bool:
        return approvals.approved(self._desk(ref), self.me())

    def approve(self, ref: MergeRequestRef, head_sha: str, control: Control) -> None:
        approvals.approve(self._desk(ref, control), self.me(), head_sha)

    def unapprove(self, ref: MergeRequestRef, control: Control) -> None:
        approvals.unapprove(self._desk(ref, control), self.me())

    def requests_changes(self, ref: MergeRequestRef) -> bool | None:
        return approvals.requested(self._desk(ref), self.me())

    def request_changes(self, merge_request: MergeRequest, control: Control, *, wanted: bool) -> str:
        desk = self._desk(merge_request.ref, control)
        return approvals.request_changes(desk, self.me(), merge_request.path, wanted=wanted)

    def ci_file(self, project_id: int) -> str | None:
        project = self._reads().object(f"/projects/{project_id}")
        return str(project["ci_config_path"] or "") if "ci_config_path" in project else None

    def protected(self, project_id: int, branch: str) -> str:
        try:
            found = self._reads().object(f"/projects/{project_id}/repository/branches/{quote(branch, safe='')}")
        except (ForgeNotFound, ForgeRefused):
            return ""
        return str((found.get("commit") or {}).get("id") or "") if found.get("protected") is True else ""

    def open_heads(self, project_id: int | None, updated_after: float) -> Sequence[OpenHead]:
        moment = datetime.fromtimestamp(updated_after, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return polling.open_heads(self._reads(), project_id, moment)

    def default_head(self, project_id: int, control: Control) -> BranchHead:
        """The newest commit of a project's default branch. Raises `ForgeNotFound` for a project that is not shown."""
        project = self._reads(control).object(f"/projects/{project_id}")
        branch, path = str(project.get("default_branch") or ""), str(project.get("path_with_namespace") or "")
        if not branch:
            return BranchHead(path)
        where = f"/projects/{project_id}/repository/branches/{quote(branch, safe='')}"
        try:
            found = self._reads(control).object(where)
        except ForgeNotFound:  # GitLab names a default branch that has no commit yet
            return BranchHead(path, branch)
        return BranchHead(path, branch, str((found.get("commit") or {}).get("id") or ""))

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def project_id(self, path: str) -> int:
        """The numeric id of a project, by its full path. Raises `ForgeNotFound`."""
        return records.own_id(self._reads().object(f"/projects/{quote(path, safe='')}"))

    @staticmethod
    def _said(discussions: Sequence[Discussion], body: str, after: int) -> bool | None:
        notes = [note for discussion in discussions for note in discussion.notes]
        return True if any(note.id > after and note.body.strip() == body.strip() for note in notes) else None

    def _reads(self, control: Control | None = None) -> Reads:
        return Reads(self._client, control or Control(_SIDE_SECONDS), self._backoff)

    def _desk(self, ref: MergeRequestRef, control: Control | None = None) -> Desk:
        return Desk(self._reads(control), ref, self._key)


class DryRunForge(GitLabForge):
    """Reads GitLab and writes nothing: `plans` are what it was asked to write."""

    plans: tuple[Plan, ...] = ()

    def publish(self, plan: Plan, control: Control) -> Published:
        self.plans = (*self.plans, plan)
        return Published()

    def react(self, ref: MergeRequestRef, note_id: int, emoji: str) -> None:
        return

    def reply(self, ref: MergeRequestRef, discussion_id: str, body: str) -> None:
        return

    def resolve(self, ref: MergeRequestRef, discussion_id: str) -> None:
        return

    def set_status(self, plan: Plan, control: Control) -> tuple[str, ...]:
        return ()

    def approve(self, ref: MergeRequestRef, head_sha: str, control: Control) -> None:
        return

    def unapprove(self, ref: MergeRequestRef, control: Control) -> None:
        return

    def request_changes(self, merge_request: MergeRequest, control: Control, *, wanted: bool) -> str:
        return ""
