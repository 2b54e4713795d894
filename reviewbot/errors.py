"""Every error that reviewbot raises, and what each means for the run.

ReviewbotError                  what happened, where, and the mend
├── UsageError                  the caller's words are off (exit 2)
├── ConfigurationError          settings or files of the instance are off (exit 2)
│   └── InvalidFile             a file of rules or configuration is off in one or several places
├── TransientError              may go away by itself: retried with backoff, after `retry_after` if told
│   ├── ForgeUnavailable        GitLab: 5xx, time-out, dropped connection
│   ├── ForgeRateLimited        GitLab: 429
│   ├── NotReady                GitLab has not computed `diff_refs` or the diff yet
│   ├── ModelUnavailable        the model's endpoint: 5xx, time-out, dropped stream, silence
│   ├── ModelRateLimited        the model's endpoint: 429
│   ├── SourceUnavailable       git could not reach the repository
│   │   └── NotSearchable       … or it can be read, but is too large to be searched here
│   └── StoreUnavailable        the database does not answer, or stays locked
├── PermanentError              trying again changes nothing: the run ends in a stated outcome
│   ├── ForgeRefused            GitLab: 401, 403 (the token may not)
│   ├── ForgeNotFound           GitLab: 404 (the merge request is gone, or hidden from the token)
│   ├── ForgeRejected           GitLab: 400, 409, 422 (the request itself is wrong)
│   │   └── PositionRejected    the line is not in the diff as GitLab counts it
│   ├── ModelRefused            the model's endpoint: 400, 401, 403, 404
│   ├── StoreRejected           the database does not take a row
│   ├── ContextOverflow         the prompt does not fit into the model's context window
│   ├── AnswerUnusable          an answer that stays unreadable after its repair turn
    │   └── TooHard                 a text on which a parser does not come to its end
└── Stop                        the run must end now, nothing is wrong
    ├── Superseded              a newer head of the merge request is known
    │   └── HeadMoved           … because GitLab showed it before a write: no event may have told of it
    ├── Cancelled               the process shuts down
    ├── LeaseLost               another worker holds the job now
    ├── DeadlineExceeded        the time limit of the review or the request is over
    └── BudgetExceeded          the cost limit is reached
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ReviewbotError(Exception):
    """Base of all. `mend` is one sentence that tells a person what to do about it, or empty."""

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} ({self.mend})" if self.mend else self.message


class UsageError(ReviewbotError):
    """The caller's words are off."""


class ConfigurationError(ReviewbotError):
    """Settings or files of the instance are off."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What is wrong, a line for each thing that can be told by itself."""
        return (str(self),)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file. `line` counts from 1; 0: it is about the file as a whole."""

    line: int
    text: str
    mend: str


class InvalidFile(ConfigurationError):
    """A file of rules or configuration is off. `problems` holds all that could be told at once, by line, at most
    `MOST`; the message has the first ones.
    """

    MOST = 20
    _TOLD = 5

    def __init__(self, origin: str, problems: Sequence[Problem]) -> None:
        self.origin = origin
        self.problems = tuple(sorted(problems, key=lambda one: one.line))[: self.MOST]
        self._untold = len(problems) - len(self.problems)
        first, *others = self.problems[: self._TOLD]
        where = f"{origin}:{first.line}" if first.line else origin
        more = "".join(f"; line {one.line or '?'}: {one.text}" for one in others)
        left = len(problems) - self._TOLD
        more += f"; and {left} more" if left > 0 else ""
        mends = dict.fromkeys(one.mend for one in (first, *others) if one.mend)
        super().__init__(f"{where}: {first.text}{more}", mend="; ".join(mends))

    @property
    def lines(self) -> tuple[str, ...]:
        """Each problem by itself, with its place in front as compilers write it, and its own mend."""
        told = (
            f"{self.origin}:{one.line or 1}: {one.text}{f' ({one.mend})' * bool(one.mend)}" for one in self.problems
        )
        return (*told, *((f"{self.origin}: {self._untold} more mistakes",) if self._untold else ()))


class TransientError(ReviewbotError):
    """May go away by itself. `retry_after` is the other side's wish in seconds, None if it has none."""

    def __init__(self, message: str, *, mend: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, mend=mend)
        self.retry_after = retry_after


class ForgeUnavailable(TransientError):
    """GitLab answered 5xx, not in time, or not at all: a write may or may not have arrived."""


class ForgeRateLimited(TransientError):
    """GitLab answered 429: the request was not carried out."""


class NotReady(TransientError):
    """GitLab has not computed the merge request's `diff_refs` or diff yet."""


class ModelUnavailable(TransientError):
    """The model's endpoint failed, went silent or dropped the stream."""


class ModelRateLimited(TransientError):
    """The model's endpoint answered 429."""


class SourceUnavailable(TransientError):
    """Git could not reach the repository or the commit."""


class NotSearchable(SourceUnavailable):
    """The repository can be read, but is too large to be searched here."""


class StoreUnavailable(TransientError):
    """The database does not answer, or stays locked by another process."""


class PermanentError(ReviewbotError):
    """Trying again changes nothing."""


class ForgeRefused(PermanentError):
    """GitLab answered 401 or 403: the token may not do this."""


class ForgeNotFound(PermanentError):
    """GitLab answered 404: gone, never there, or hidden from the token."""


class ForgeRejected(PermanentError):
    """GitLab answered 400, 409 or 422: the request itself is wrong."""


class PositionRejected(ForgeRejected):
    """GitLab does not find the position's line in the diff."""


class ModelRefused(PermanentError):
    """The model's endpoint answered 400, 401, 403 or 404."""


class StoreRejected(PermanentError):
    """The database does not take a row. It is not told which: rows hold source code, and this gets into the log."""


class ContextOverflow(PermanentError):
    """The prompt does not fit into the model's context window."""


class AnswerUnusable(PermanentError):
    """An answer stays unreadable after its repair turn, or the model declined to answer."""


class TooHard(PermanentError):
    """A text on which a parser does not come to its end within its limits of time and memory."""


class Stop(ReviewbotError):
    """The run must end now; nothing is wrong with it."""


class Superseded(Stop):
    """A newer head of the merge request is known."""


class HeadMoved(Superseded):
    """GitLab shows a newer head than the one that was read. Its event may be late or lost: the job goes on with it."""


class Cancelled(Stop):
    """The process shuts down; the run resumes elsewhere from its kept answers."""


class LeaseLost(Stop):
    """Another worker holds the job now: nothing more may be written."""


class DeadlineExceeded(Stop):
    """The time limit of the review or of the request is over."""


class BudgetExceeded(Stop):
    """The cost limit of the review or the project is reached."""
