"""What one read of GitLab gives: the merge request, its version, its raw changes and its threads."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class MergeRequestRef:
    """Names a merge request: the target project's numeric id and the merge request's iid."""

    project_id: int
    iid: int

    def __str__(self) -> str:
        return f"{self.project_id}!{self.iid}"


@dataclass(frozen=True, slots=True)
class DiffRefs:
    """The three commits of one merge request version; positions must carry all three from one read."""

    base_sha: str
    start_sha: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A CI pipeline: `project_id` is where it runs (a fork's is the fork), `sha` what it checks."""

    project_id: int
    id: int
    sha: str


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    username: str
    name: str = ""
    bot: bool = False


@dataclass(frozen=True, slots=True)
class RawChange:
    """One file as `GET …/diffs` gives it. `diff` starts at `@@`, is empty when collapsed or too large."""

    old_path: str
    new_path: str
    diff: str
    a_mode: str = "100644"
    b_mode: str = "100644"
    new_file: bool = False
    renamed_file: bool = False
    deleted_file: bool = False
    generated_file: bool = False
    collapsed: bool = False
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a thread. `created_at` is ISO 8601 as GitLab sent it.

    One on a line stands on `line` of the new side of the file `path` now, as GitLab counts (None: on no line there).
    """

    id: int
    author: Person
    body: str
    system: bool = False
    resolvable: bool = False
    resolved: bool = False
    resolved_by: Person | None = None
    created_at: str = ""
    path: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Discussion:
    """A thread. `individual` notes are not threads: they cannot be resolved or replied to."""

    id: str
    notes: tuple[Note, ...]
    individual: bool = False


@dataclass(frozen=True, slots=True)
class OpenHead:
    """An open merge request as a list of GitLab tells it: its head and the branch that it goes into."""

    ref: MergeRequestRef
    head_sha: str
    target_branch: str = ""


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The snapshot that a run decides on. Everything textual in it is untrusted."""

    ref: MergeRequestRef
    path: str  # full path of the target project, "group/project"
    title: str
    description: str
    author: Person
    state: str  # opened, closed, merged, locked
    draft: bool
    labels: tuple[str, ...]
    source_branch: str
    target_branch: str
    source_project_id: int | None  # None: the fork was deleted
    web_url: str
    refs: DiffRefs
    changes: tuple[RawChange, ...] = ()
    overflow: bool = False  # GitLab left files out altogether: complete them from the repository
    discussions: tuple[Discussion, ...] = field(default=(), repr=False)
    me: Person | None = None  # the bot's own user
    version_at: float | None = None  # when GitLab made the version, in seconds since the epoch; None: it does not tell
    pipeline: Pipeline | None = None  # the newest one, as far as GitLab knows; its `sha` may be an older head

    @property
    def forked(self) -> bool:
        return self.source_project_id != self.ref.project_id
