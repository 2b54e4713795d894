"""What the stories need from the world. An adapter per outside thing fills each; tests use the real ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

from reviewbot.control import Control
from reviewbot.model.event import Delivery, Event
from reviewbot.model.job import Due, JobKind, Lease, ReviewJob
from reviewbot.model.memory import MergeRequestState, Suppression, Word
from reviewbot.model.merge_request import Discussion, MergeRequest, MergeRequestRef, OpenHead, Person
from reviewbot.model.outcome import Outcome, Plan, Published, ReviewedVersion
from reviewbot.model.prompt import Answer, Prompt
from reviewbot.model.repository import Found, Listing, Paths, Sought
from reviewbot.model.ticket import Ticket

P = ParamSpec("P")
T = TypeVar("T")


class Tell(Protocol):
    """Tells the workers of a job that waits; what it could not tell, the sweep finds."""

    def __call__(self, job_id: int, kind: JobKind = "review", /) -> object: ...


class Forge(Protocol):
    """GitLab, for one run. Reads retry transient errors by themselves; errors as in `reviewbot.errors`."""

    @property
    def requests(self) -> int:
        """HTTP requests made through this object so far."""

    def me(self) -> Person:
        """The bot's own user."""

    def snapshot(self, ref: MergeRequestRef, control: Control) -> MergeRequest:
        """The merge request, one consistent version of its diff, and all its threads.

        Waits a bounded time for `diff_refs`; raises `NotReady` after that, `ForgeNotFound`, `ForgeRefused`.
        """

    def head(self, ref: MergeRequestRef) -> tuple[str, str]:
        """Current head SHA and state ("opened", …)."""

    def publish(self, plan: Plan, control: Control) -> Published:
        """Write the plan exactly once, whatever was written before by a run that was cut off.

        Calls `control.confirm()` before every write. Raises `Superseded` when the head has moved.
        """

    def linter_reports(self, merge_request: MergeRequest, paths: Sequence[str], control: Control) -> Sequence[bytes]:
        """The files at `paths` in the artifacts of the head's pipeline, as far as there are any; at most a few."""

    def tickets(self, merge_request: MergeRequest, control: Control) -> Sequence[Ticket]:
        """The issues that it closes or names and that all its readers may read; none where GitLab does not say."""

    def access_level(self, project_id: int, user_id: int) -> int:
        """GitLab's access level (0 none, 10 guest … 50 owner), inherited memberships included."""

    def machine(self, user_id: int) -> bool:
        """Whether the user is an access token's, a service account or another bot, whatever its name; gone: no."""

    def trusted(self, merge_request: MergeRequest) -> bool:
        """Whether the author is a member of the project, or nobody but invited people can open merge requests there."""

    def members_only(self, project_id: int) -> bool:
        """Whether nobody but members can open merge requests in the project."""

    def react(self, ref: MergeRequestRef, note_id: int, emoji: str) -> None:
        """Award an emoji to a note; having awarded it before is fine, and so is a note that is closed to the bot."""

    def reply(self, ref: MergeRequestRef, discussion_id: str, body: str) -> None:
        """Answer in a thread (a new note when the thread is an individual note)."""

    def thread(self, ref: MergeRequestRef, discussion_id: str) -> Discussion | None:
        """One thread as it is now; None when it is gone. One request."""

    def resolve(self, ref: MergeRequestRef, discussion_id: str) -> None:
        """Resolve a thread; one that is resolved, or gone, is fine. Raises `ForgeRefused`."""

    def set_status(self, plan: Plan, control: Control) -> tuple[str, ...]:
        """Set the plan's commit status and write nothing else; what went wrong with it. Raises as `publish`."""

    def shown(self, ref: MergeRequestRef) -> OpenHead:
        """The head and the target branch as they are now. One request."""

    def approved(self, ref: MergeRequestRef) -> bool:
        """Whether the bot's approval stands. One request."""

    def approve(self, ref: MergeRequestRef, head_sha: str, control: Control) -> None:
        """Approve exactly this head. Raises `Superseded` when it has moved, `PermanentError` when the bot may not."""

    def unapprove(self, ref: MergeRequestRef, control: Control) -> None:
        """Take back the bot's approval; having none is fine. Raises `PermanentError` when it stands all the same."""

    def requests_changes(self, ref: MergeRequestRef) -> bool | None:
        """Whether the bot's request for changes stands; None: GitLab does not tell. One request."""

    def request_changes(self, merge_request: MergeRequest, control: Control, *, wanted: bool) -> str:
        """Request changes, or take that back; why GitLab did not do it, empty when it is as it was wanted."""

    def ci_file(self, project_id: int) -> str | None:
        """The path of the project's pipeline definition; empty: the usual one, None: the token may not see it."""

    def protected(self, project_id: int, branch: str) -> str:
        """The newest commit of a protected branch; empty: it is none, or the token may not see it."""

    def open_heads(self, project_id: int | None, updated_after: float) -> Sequence[OpenHead]:
        """Open, non-draft merge requests visible to the bot (of one project or all)."""


class Source(Protocol):
    """A repository's content at commits: a local checkout, a mirror, or GitLab's files API. Read-only; thread-safe."""

    def read(self, sha: str, paths: Iterable[str], largest: int | None = None) -> Mapping[str, bytes]:
        """Contents of the files that exist at `sha`; absent ones are left out. Raises `SourceUnavailable`.

        Of a file with more than `largest` bytes only its beginning is given, one byte more than that.
        """

    def diff(self, base: str, head: str, paths: Sequence[str] = ()) -> bytes:
        """`git diff` between two commits with full context headers (all files when `paths` is empty)."""

    def folder(self, sha: str, path: str, most: int) -> Listing | None:
        """At most `most` entries of a folder ("": the top), None when there is none. Raises `SourceUnavailable`."""

    def files(self, sha: str, under: Sequence[str], most: int) -> Paths:
        """At most `most` files that have one of the names in `under`, or are in one of its folders (with `/` at the
        end), however deep; links are none. Raises `SourceUnavailable`.
        """

    def search(self, sha: str, sought: Sought) -> Found:
        """Lines of text files that hold what is sought, bounded.

        Raises `ConfigurationError` for what cannot be searched for, `NotSearchable`, `SourceUnavailable`.
        """


class Fetching(Source, Protocol):
    """A repository whose commits come from elsewhere."""

    def fetch(self, *shas: str) -> None:
        """Bring commits here, so that a later read of them need not. Raises `SourceUnavailable`."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A repository at the reviewed commit, or its working tree (`sha` ""). `content` names it, else `sha`."""

    source: Source
    sha: str
    content: str = ""


class Models(Protocol):
    """A model behind an OpenAI-compatible endpoint; one object per process, used from many threads."""

    @property
    def name(self) -> str:
        """The model's name as sent, part of the key of kept answers together with `parameters`."""

    @property
    def parameters(self) -> str:
        """Everything besides model and prompt that shapes an answer (temperature, limits), as a stable string."""

    def ask(self, prompt: Prompt, control: Control, first_token: Callable[[], None] | None = None) -> Answer:
        """One streamed request; no retries. `first_token` is called once, when the first event has arrived.

        Raises `ModelUnavailable`, `ModelRateLimited`, `ModelRefused`, `ContextOverflow`, or what `control` raises.
        """


class Isolation(Protocol):
    """Runs pure functions that untrusted text could keep busy for ever, where they can be ended."""

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(*args)`, elsewhere. Raises `TooHard` when it does not come to its end."""

    def warm(self, *work: Callable[..., object]) -> None:
        """Get ready for calls of `work`, in the background."""


class TokenCounter(Protocol):
    """Counts tokens offline; a fair estimate for every model."""

    def count(self, text: str) -> int: ...


class Answers(Protocol):
    """Kept answers, so that a restarted review pays for nothing twice. Keys are content hashes (hex)."""

    def get(self, key: str) -> Answer | None: ...

    def put(self, key: str, answer: Answer) -> None: ...


class Jobs(Protocol):
    """The job table: the truth about what has to be done. Times in seconds since the epoch."""

    def receive(self, key: str, kind: str, body: bytes, event: Event, now: float) -> int | None:
        """Store a webhook in the inbox and upsert its job in one transaction; the job's id to enqueue, or None.

        `key` (Idempotency-Key or body hash) makes a repeated delivery a no-op.
        """

    def receive_many(self, deliveries: Sequence[Delivery], now: float) -> list[Due | None]:
        """`receive` for many in one transaction, in order; the answers in the same order."""

    def want(self, event: Event, now: float) -> int | None:
        """Upsert a job without an inbox row (poll, CLI)."""

    def take(self, job_id: int, owner: str, now: float) -> tuple[ReviewJob, Lease] | None:
        """Lease a due job by one conditional UPDATE; None when it is not due, not waiting, or held by another."""

    def renew(self, lease: Lease, now: float) -> bool:
        """Extend the lease; False when it is lost."""

    def guard(self, lease: Lease) -> None:
        """Raise `LeaseLost` when the fence has moved, `Superseded` when a newer head is wanted."""

    def progress(self, lease: Lease, step: str) -> None:
        """Note that the job got further than ever before: a later crash does not count against it.

        `step` is a stable name ("ask 3/8"); one that an earlier attempt reached already is no progress.
        """

    def reviewing(self, lease: Lease, head_sha: str) -> None:
        """Tell which head the run looks at, once it knows: an event for that head starts nothing new."""

    def finish(self, lease: Lease, outcome: Outcome, now: float) -> None: ...

    def retry(self, lease: Lease, reason: str, due_at: float) -> None:
        """Back to waiting: a transient error."""

    def release(self, lease: Lease) -> None:
        """Back to waiting at once, without counting: the process shuts down."""

    def due(self, now: float) -> Sequence[int]:
        """Ids of jobs to enqueue: due, or with an expired lease (crash accounting happens here)."""


class History(Protocol):
    """What earlier runs on a merge request did."""

    def last_reviewed(self, ref: MergeRequestRef) -> ReviewedVersion | None: ...

    def remember(self, ref: MergeRequestRef, version: ReviewedVersion) -> None: ...


class States(Protocol):
    """How the bot behaves in each merge request."""

    def get(self, ref: MergeRequestRef) -> MergeRequestState: ...

    def pause(self, ref: MergeRequestRef, reason: str, by: str = "") -> None:
        """Pushes are not reviewed until it is resumed. `by`: username, empty when the bot paused by itself."""

    def resume(self, ref: MergeRequestRef) -> None:
        """Pushes are reviewed again, and counted from 0."""

    def override(
        self, ref: MergeRequestRef, reason: str, by: str, *, by_id: int = 0, note_id: int, target: str = ""
    ) -> None:
        """Force the gate open (break glass) for merging into the branch `target` (empty: whichever), and record who
        did it. The same note counts once.
        """

    def close_gate(self, ref: MergeRequestRef, *, note_id: int) -> bool:
        """What a review says counts again, unless a later note forced the gate open; whether it was closed by this."""

    def standing_word(self, ref: MergeRequestRef, word: str) -> Word | None:
        """What is known of the bot's `word` (approval, request for changes); None: it stands nowhere."""

    def put_word(self, ref: MergeRequestRef, word: str, said: Word | None) -> None:
        """Note what the bot is about to say on GitLab, before it says it, and that it was said. None: taken back."""

    def count_push(self, ref: MergeRequestRef, head_sha: str) -> int:
        """Note that a head was reviewed; how many were since the last resume. The same head twice counts once."""


class Reactions(Protocol):
    """Emoji on notes."""

    def standing(self, ref: MergeRequestRef) -> Sequence[tuple[int, int, str]]:
        """(note id, user id, emoji) of those that were awarded and not taken back."""


class Suppressions(Protocol):
    """What people dismissed."""

    def record(self, dismissed: Suppression) -> None:
        """Remember a dismissal. The first word about a finding of a merge request stays."""

    def lift(self, suppression_id: int, by: str) -> bool:
        """Let such findings be told again; False when there is no such suppression or it was lifted before."""

    def active(self, ref: MergeRequestRef) -> Sequence[Suppression]:
        """Those that count for this merge request: its own and the project's, the lifted ones left out."""
