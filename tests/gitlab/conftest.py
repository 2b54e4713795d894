"""A lab with one project and a merge request, served over HTTP with faults to order, and the forge that talks to it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from standins.faults import Faults
from starlette.responses import JSONResponse

from reviewbot.control import Control
from reviewbot.core import markers
from reviewbot.core.markers import Marker
from reviewbot.gitlab.client import Identities, connect
from reviewbot.gitlab.forge import GitLabForge
from reviewbot.gitlab.retrying import Backoff
from reviewbot.model.merge_request import DiffRefs, MergeRequestRef
from reviewbot.model.outcome import Comment, CommitStatus, Plan, Position
from reviewbot.standin.gitlab.lab import Lab

KEY = b"k" * 32
QUICK = Backoff(attempts=4, first=0.001, longest=0.01, limited=0.001, patience=2)
BEFORE = "".join(f"line {number}\n" for number in range(1, 41))
AFTER = BEFORE.replace("line 5\n", "line five\n").replace("line 20\n", "line twenty\nline twenty and a half\n")


@dataclass
class World:
    """What a test needs at hand."""

    lab: Any
    project: Any
    mr: Any
    bot: Any
    token: str
    faults: Any
    url: str
    ref: MergeRequestRef

    def forge(self, *, token: str = "", ready_within: float = 2.0, backoff: Backoff = QUICK) -> GitLabForge:
        client = connect(self.url, token or self.token, timeout=20, identities=Identities())
        return GitLabForge(client, KEY, backoff=backoff, ready_within=ready_within)

    @property
    def refs(self) -> DiffRefs:
        version = self.mr.version
        return DiffRefs(version.base, version.start, version.head)

    def position(self, new: int | None, old: int | None = None, path: str = "app.py") -> Position:
        return Position(self.refs, path, path, line=(old, new))

    def comment(self, fingerprint: str, *positions: Position) -> Comment:
        file_level = Position(self.refs, "app.py", "app.py")
        return Comment(
            fingerprint, self.marked("finding", fingerprint, f"Look at {fingerprint}."), (*positions, file_level)
        )

    def marked(self, kind: Any, fingerprint: str, text: str, run: str = "1", extra: str = "") -> str:
        return f"{text}\n\n{markers.make(Marker(kind, fingerprint, run, extra), KEY, self.ref)}"

    def plan(self, *comments: Comment, summary: str = "All is told.", **more: Any) -> Plan:
        plan = Plan(
            ref=self.ref,
            refs=self.refs,
            run="1",
            comments=comments or self.three(),
            summary=self.marked("summary", "summary", summary, extra=self.refs.head_sha),
            status=CommitStatus("success", "3 comments"),
            status_project_id=self.project.id,
            source_branch="feature",
        )
        return replace(plan, **more)

    def three(self) -> tuple[Comment, ...]:
        return (
            self.comment("f5", self.position(5)),
            self.comment("f20", self.position(20)),
            self.comment("f21", self.position(21)),
        )

    def publish(self, plan: Plan, forge: GitLabForge | None = None, control: Control | None = None) -> Any:
        return (forge or self.forge()).publish(plan, control or Control())

    def fingerprints(self) -> list[str]:
        """Of the inline comments that stand there, sorted."""
        found = [markers.read(comment.body, KEY, self.ref) for comment in self.lab.comments(self.mr)]
        return sorted(marker.fingerprint for marker in found if marker)

    def note_ids(self) -> dict[str, int]:
        """Of the inline comments that stand there, by fingerprint."""
        found = [(markers.read(one.body, KEY, self.ref), one.note_id) for one in self.lab.comments(self.mr)]
        return {marker.fingerprint: note_id for marker, note_id in found if marker}

    def summaries(self) -> list[str]:
        return [note.body for note in self.lab.notes(self.mr) if "reviewbot: summary" in note.body]

    def refs_json(self) -> dict[str, str]:
        return dict(self.mr.version.refs)

    def deny(self, method: str, path: str, status: int = 403) -> None:
        """Answer `status` to all such requests from now on."""
        self.faults.add(method, path, "deny", times=10**6, retry_after=str(status))

    def writes(self, since: int = 0) -> list[str]:
        return [f"{seen.method} {seen.path}" for seen in self.lab.requests[since:] if seen.method != "GET"]


class Denying(Faults):
    """Faults, and refusals with a status of one's choice."""

    async def _deny(self, fault: Any, scope: Any, receive: Any, send: Any) -> None:
        status = int(fault.retry_after)
        await JSONResponse({"message": f"{status} of the test"}, status)(scope, receive, send)


@pytest.fixture
def lab():
    with Lab() as lab:
        yield lab


@pytest.fixture
def world(lab):
    project = lab.project("team/app")
    bot, token = lab.bot(project)
    project.commit("main", {"app.py": BEFORE})
    project.commit("feature", {"app.py": AFTER})
    mr = project.merge_request("feature", "main")
    faults = Denying(lab.app)
    with lab.serve(faults) as url:
        yield World(lab, project, mr, bot, token, faults, url, MergeRequestRef(project.id, mr.iid))
