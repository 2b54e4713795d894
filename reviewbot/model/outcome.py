"""What a run found out, what it will write, and how it ended."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from reviewbot.model.chunk import FileCoverage, Tier
from reviewbot.model.finding import Dropped, Finding
from reviewbot.model.merge_request import DiffRefs, MergeRequestRef
from reviewbot.model.prompt import Usage
from reviewbot.model.ticket import Unmet


class Verdict(StrEnum):
    APPROVED = "approved"
    APPROVED_WITH_COMMENTS = "approved_with_comments"
    MINOR_ISSUES = "minor_issues"
    SIGNIFICANT_CONCERNS = "significant_concerns"
    INCOMPLETE = "incomplete"


Fate = Literal["open", "moved", "fixed", "dismissed", "outdated"]


@dataclass(frozen=True, slots=True)
class Became:
    """What an earlier finding became. `discussion_id` is its thread ("": it has none), `note` why, for people.

    open: still there, on the same lines or on `finding`'s (moved); fixed: its lines changed and it was confirmed that
    the defect is gone; dismissed: by a person; outdated: its lines are gone and nobody can tell.
    """

    finding: Finding
    fate: Fate
    discussion_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """What the merge request does, in the model's words: as a whole, and (path, change) by file."""

    summary: str = ""
    changes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Risk:
    """Why a review went as deep as it did: the number of changed `lines`, of `files`, or the first telling `path`."""

    kind: Literal["lines", "files", "path"]
    number: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything a review knows before anything is posted. Findings have fingerprints and are in rank order.

    `findings` go inline; `overflow` are those beyond the cap, told in the summary alone.
    `notices` are sentences that people must see: "No model is configured: pattern rules only."
    `became` tells of the earlier findings, `consulted` names what was read of the repository beside the diff, `risk`
    says what the tier comes from. `unmet` are criteria of tickets that no line stands for; `unmet_before`: they are
    those of the last run that saw the whole change. `prompts` is the version of the templates, `model` the model that
    was asked, both empty without one. `unsaid` are findings of this and of earlier runs that are left out because
    people dismissed them, or several of their kind, elsewhere, or because a linter's report tells of them.
    """

    verdict: Verdict
    tier: Tier
    findings: tuple[Finding, ...]
    coverage: tuple[FileCoverage, ...]
    dropped: tuple[Dropped, ...]
    usage: Usage
    notices: tuple[str, ...] = ()
    overflow: tuple[Finding, ...] = ()
    became: tuple[Became, ...] = ()
    walkthrough: Walkthrough = Walkthrough()
    consulted: tuple[str, ...] = ()
    risk: Risk | None = None
    unmet: tuple[Unmet, ...] = ()
    unmet_before: bool = False
    prompts: str = ""
    model: str = ""
    unsaid: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """A GitLab diff position (docs: Discussions API). Numbers are GitLab's own count, not git's.

    `line` None: a file-level position. `start` is set for a multi-line comment. A number pair is (old, new); an added
    line has (None, n), a removed one (n, None), an unchanged one both. The codes are `line_code`s for `line_range`.
    """

    refs: DiffRefs
    old_path: str
    new_path: str
    line: tuple[int | None, int | None] | None = None
    start: tuple[int | None, int | None] | None = None
    line_code: str = ""
    start_code: str = ""

    @property
    def file_level(self) -> bool:
        return self.line is None


@dataclass(frozen=True, slots=True)
class Comment:
    """An inline comment to post: the body ends with its marker. `positions` in order of preference, best first.

    An empty tuple never occurs: what cannot be placed at all goes into the summary instead.
    """

    fingerprint: str
    body: str
    positions: tuple[Position, ...]
    file_body: str = ""  # the body for a file-level position: it names the line and applies no suggestion

    def body_at(self, position: Position) -> str:
        """The body that goes with one of the positions."""
        return self.file_body if position.file_level and self.file_body else self.body


StatusState = Literal["pending", "running", "success", "failed", "canceled", "skipped"]


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """`description` ≤ 255 characters. `target_url`: where the status leads to, empty for nowhere."""

    state: StatusState
    description: str
    name: str = "reviewbot"
    target_url: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A thread of ours to resolve, with one last line (its marker included) that says why.

    `resolve` false: the line alone, the thread is left to the people who speak in it.
    """

    fingerprint: str
    discussion_id: str
    body: str
    resolve: bool = True


@dataclass(frozen=True, slots=True)
class Gate:
    """What the bot does about a merge: approve or take that back; request changes, take that back, or (None) neither.

    Nothing is taken back that the bot did not say before.
    """

    approve: bool = False
    request_changes: bool | None = False


@dataclass(frozen=True, slots=True)
class LabelChange:
    """Titles of labels to add to the merge request and to take away from it; all others stay as they are."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The exact writes of one run. `summary` is the whole note with its marker; `unplaced` are in it already."""

    ref: MergeRequestRef
    refs: DiffRefs
    run: str
    comments: tuple[Comment, ...] = ()
    summary: str = ""
    status: CommitStatus | None = None
    status_project_id: int | None = None  # of a fork: the source project
    source_branch: str = ""
    resolutions: tuple[Resolution, ...] = ()
    language: str = "English"  # of what is written besides
    gate: Gate | None = None  # None: leave everything as it is
    labels: LabelChange | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What was written. `posted` maps fingerprints to note ids (0: unknown); `known` were there before.

    `resolved` are fingerprints whose threads were resolved. `standing` are all comments of ours that were seen there,
    those of earlier runs and of attempts that were cut off too, as `posted`; `discussions` are their threads' ids.
    `fallbacks` maps a fingerprint to how it was placed in the end: "single-line", "file", "summary".
    """

    posted: dict[str, int] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    fallbacks: dict[str, str] = field(default_factory=dict)
    summary_note_id: int | None = None
    warnings: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    discussions: dict[str, str] = field(default_factory=dict)
    standing: dict[str, int] = field(default_factory=dict)


OutcomeState = Literal["done", "ignored", "superseded", "failed", "incomplete"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `reason` is a sentence for people; never empty unless `state` is done.

    `tabled`: the merge request had a note with the table of a backtest when the run began.
    """

    state: OutcomeState
    reason: str = ""
    head_sha: str = ""
    examination: Examination | None = None
    published: Published | None = None
    forge_requests: int = 0
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)  # of a run without an examination: answers to people
    tabled: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went wrong in writing and did not keep the run from its end."""
        return self.published.warnings if self.published else ()

    @property
    def told(self) -> str:
        """The reason and the warnings, as lists of jobs and runs show them; may be empty."""
        return " · ".join(part for part in (self.reason, *self.warnings) if part)


@dataclass(frozen=True, slots=True)
class SeenHunk:
    """A hunk as it was, without its text: `old` and `new` are the numbers of its first line on each side.

    `lines` has `core.tracing.WIDTH` characters per line: what the line is and whether it was read, and its text's hash.
    """

    old: int
    new: int
    lines: str


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file's diff as it was. `shape`: kind and mode; when they change, the file is another one."""

    old_path: str
    shape: str
    hunks: tuple[SeenHunk, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewedVersion:
    """The last version that was reviewed to its end.

    `digests` maps each fully read path to the hash of its diff content (line numbers aside), `seen` each selected path
    to its lines: what is neither there nor in a file with the same digest is new. `findings` are those that were open
    then, `dismissed` those that people do not want to be told again, both anchored in that version's diff. `spent` are
    fingerprints of findings that are over (fixed, outdated): no other finding gets one of them.
    `notes` maps the fingerprint of each comment that was ever seen to stand there to the id of its note.
    `walkthrough` is what was told of the change: it is told again until a new one is asked for, and so is `unmet`.
    `base_sha` and `target_branch` say of which diff of the head all that is; empty: they were not noted.
    `unsaid` is as in `Examination`.
    """

    head_sha: str
    digests: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    notes: dict[str, int] = field(default_factory=dict)
    seen: dict[str, SeenFile] = field(default_factory=dict)
    dismissed: tuple[Finding, ...] = ()
    spent: tuple[str, ...] = ()
    walkthrough: Walkthrough = Walkthrough()
    base_sha: str = ""
    target_branch: str = ""
    unmet: tuple[Unmet, ...] = ()
    unsaid: tuple[Finding, ...] = ()
