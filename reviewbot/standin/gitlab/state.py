"""What the stand-in remembers: people, projects, merge requests, threads. Mutable records and nothing else."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal

from reviewbot.standin.gitlab.diffs import Limits
from reviewbot.standin.gitlab.repositories import Repository

Json = dict[str, Any]

GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 20, 30, 40, 50


@dataclass(eq=False)
class User:
    id: int
    username: str
    name: str
    bot: bool = False
    admin: bool = False


@dataclass(eq=False)
class Token:
    value: str
    user: User
    scopes: frozenset[str]


@dataclass(eq=False)
class Version:
    """One version of a merge request's diff: `base` is the merge base, `start` the target's head at that time."""

    id: int
    base: str
    start: str
    head: str
    created_at: datetime

    @property
    def refs(self) -> Json:
        return {"base_sha": self.base, "start_sha": self.start, "head_sha": self.head}


@dataclass(eq=False)
class Award:
    id: int
    name: str
    user: User
    created_at: datetime


NoteType = Literal["DiscussionNote", "DiffNote"] | None


@dataclass(eq=False)
class Note:
    id: int
    author: User
    body: str
    type: NoteType
    created_at: datetime
    updated_at: datetime
    system: bool = False
    internal: bool = False
    position: Json | None = None
    original_position: Json | None = None
    change_position: Json | None = None
    line_code: str | None = None
    resolved_by: User | None = None
    resolved_at: datetime | None = None
    awards: list[Award] = field(default_factory=list)

    @property
    def resolvable(self) -> bool:
        return self.type is not None and not self.system

    @property
    def outdated(self) -> bool:
        return self.change_position is not None


@dataclass(eq=False)
class Discussion:
    id: str
    notes: list[Note]

    @property
    def individual(self) -> bool:
        return self.notes[0].type is None

    @property
    def resolvable(self) -> bool:
        return any(note.resolvable for note in self.notes)

    @property
    def resolved(self) -> bool:
        notes = [note for note in self.notes if note.resolvable]
        return bool(notes) and all(note.resolved_at for note in notes)


@dataclass(eq=False)
class Draft:
    id: int
    author: User
    note: str
    position: Json | None = None
    discussion_id: str | None = None
    resolve_discussion: bool = False
    commit_id: str | None = None
    line_code: str | None = None


@dataclass(eq=False)
class Status:
    id: int
    sha: str
    name: str
    state: str
    ref: str | None
    author: User
    description: str | None
    target_url: str | None
    created_at: datetime
    pipeline_id: int


@dataclass(eq=False)
class Job:
    """A CI job. `artifacts` are the files of its archive by path; `reports` the kinds of report that it declares."""

    id: int
    name: str
    status: str
    artifacts: dict[str, bytes] = field(default_factory=dict)
    reports: tuple[str, ...] = ()


@dataclass(eq=False)
class Pipeline:
    id: int
    project: "Project"
    sha: str
    ref: str
    status: str
    jobs: list[Job] = field(default_factory=list)


@dataclass(eq=False)
class Reviewer:
    user: User
    state: str = "unreviewed"
    re_requested: bool = False


@dataclass(eq=False)
class MergeRequest:
    id: int
    iid: int
    project: "Project"
    source_project: "Project | None"
    source_branch: str
    target_branch: str
    title: str
    description: str
    author: User
    created_at: datetime
    updated_at: datetime
    state: str = "opened"
    labels: list[str] = field(default_factory=list)
    reviewers: list[Reviewer] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)  # oldest first
    discussions: list[Discussion] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    approvals: list[User] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    unready_reads: int = 0  # single reads that still answer with `diff_refs` null

    @property
    def version(self) -> Version:
        return self.versions[-1]

    @property
    def draft(self) -> bool:
        return self.title.lower().startswith(("draft:", "[draft]", "(draft)"))

    @property
    def sha(self) -> str:
        return self.version.head

    @property
    def notes(self) -> list[Note]:
        return [note for discussion in self.discussions for note in discussion.notes]

    def discussion(self, id_: str) -> Discussion | None:
        return next((found for found in self.discussions if found.id == id_), None)


@dataclass(eq=False)
class Issue:
    id: int
    iid: int
    project: "Project"
    title: str
    description: str = ""
    confidential: bool = False
    state: str = "opened"


@dataclass(eq=False)
class Project:
    id: int
    path: str  # "group/subgroup/name"
    repository: Repository
    world: "World"
    visibility: str = "private"
    default_branch: str = "main"
    forked_from: "Project | None" = None
    members: dict[int, int] = field(default_factory=dict)
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict)
    ci_config_path: str = ""
    issues: dict[int, Issue] = field(default_factory=dict)
    issues_access_level: str = "enabled"  # or private (members), disabled
    merge_requests_access_level: str = "enabled"
    repository_access_level: str = "enabled"
    labels: set[str] = field(default_factory=set)
    archived: bool = False
    protected: set[str] = field(default_factory=lambda: {"main"})  # `*` stands for anything; the default one by itself
    statuses: list[Status] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)  # oldest first

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def namespace(self) -> str:
        return self.path.rpartition("/")[0]

    def protects(self, branch: str) -> bool:
        return any(fnmatchcase(branch, pattern) for pattern in self.protected)

    def level(self, user: User | None) -> int:
        """GitLab's access level, 0 for a stranger."""
        if user is None:
            return 0
        return OWNER if user.admin else self.members.get(user.id, 0)


@dataclass(frozen=True)
class QuickAction:
    """A slash command that somebody's text made GitLab carry out."""

    merge_request: MergeRequest
    user: User
    command: str
    arguments: str


class World:
    """All state of one GitLab, and the lock that every reader and writer of it holds."""

    def __init__(self, limits: Limits) -> None:
        self.lock = threading.RLock()
        self.limits = limits
        self.url = "http://gitlab.invalid"  # replaced when served
        self.users: dict[int, User] = {}
        self.tokens: dict[str, Token] = {}
        self.projects: dict[int, Project] = {}
        self.quick_actions: list[QuickAction] = []
        self.emails = 0
        self.premium = True  # whether changes can be requested, and labels of one scope exclude each other
        self.blobs_by_graphql = True  # nor this
        self.emoji_by_graphql = True  # older versions do not know it
        self.listeners: list[Callable[[str, Json], None]] = []
        self._ids: dict[str, Iterator[int]] = {}
        self._last = datetime.min.replace(tzinfo=UTC)

    def next_id(self, kind: str) -> int:
        first = {"note": 1001, "merge_request": 501, "version": 801, "draft": 301, "status": 601}.get(kind, 1)
        return next(self._ids.setdefault(kind, itertools.count(first)))

    def now(self) -> datetime:
        """The time, always later than the last one asked for, so that order by time is order of events."""
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        return self._last

    def emit(self, kind: str, payload: Json) -> None:
        for listener in self.listeners:
            listener(kind, payload)
