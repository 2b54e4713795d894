"""What people made of the bot's comments: facts of each comment, emoji, replies, and what came of it in the end."""

from dataclasses import dataclass
from typing import Literal

from reviewbot.model.finding import Category, Severity
from reviewbot.model.memory import Dismissal
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Fate

ReplyKind = Literal["no", "yes", "question", "other"]
"""What a person's answer in a thread says: the finding is none; thanks or done; a question; anything else."""

Ending = Literal["open", "addressed", "dismissed", "resolved", "ignored", "abandoned", "outdated", "unknown"]
"""What a comment came to. addressed: its finding was fixed; dismissed: a person said no; resolved: a person resolved
its thread and nobody knows more; ignored: merged as it was; abandoned: the merge request was closed; outdated: its
lines are gone and nobody can tell; unknown: what was merged was not reviewed; open: none of these yet.
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A person's note in a thread, without its words. `at`: seconds since the epoch, None: unknown."""

    ref: MergeRequestRef
    note_id: int
    discussion_id: str
    user_id: int
    kind: ReplyKind
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """An emoji of a person on a note, as a look at GitLab shows it."""

    note_id: int
    user_id: int
    emoji: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One thread of ours, as a look at GitLab shows it. `resolved_by`: a person's id, 0 unknown, None: not resolved."""

    fingerprint: str
    note_id: int
    discussion_id: str
    posted_at: float | None = None
    resolved_by: int | None = None
    replies: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run, or the end of a merge request, says of a comment. `how` and `by` (a user's id) of a dismissal."""

    fingerprint: str
    fate: Fate
    how: Dismissal | Literal[""] = ""
    by: int = 0


@dataclass(frozen=True, slots=True)
class PostedComment:
    """One comment of ours with its facts, for reports. Times are seconds since the epoch.

    `prompts` is the version of the templates that asked, `model` the model ("": unknown, or a pattern's finding).
    `fate` is what the last run said ("": none yet), `ups` and `downs` count standing thumbs, `replies` the kinds of
    standing answers, of people whatever their role. `state` is the merge request's, `read_last` whether the head that
    was merged is the one that was reviewed last (None: nobody looked).
    """

    ref: MergeRequestRef
    fingerprint: str
    note_id: int
    severity: Severity
    category: Category
    source: str
    rule: str | None
    reviewer: str
    prompts: str
    model: str
    file: str
    line: int
    title: str
    placed: str
    posted_at: float
    fate: str = ""
    how: str = ""
    fate_at: float | None = None
    resolved_by: int | None = None
    gone_at: float | None = None
    ups: int = 0
    downs: int = 0
    replies: tuple[ReplyKind, ...] = ()
    state: str = "opened"
    ended_at: float | None = None
    read_last: bool | None = None
