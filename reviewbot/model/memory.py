"""What is remembered between runs beside the reviewed version: the state of a merge request, and dismissals."""

from dataclasses import dataclass
from typing import Literal

from reviewbot.model.finding import Category, Severity

Dismissal = Literal["resolved", "thumbs_down", "words", "deleted", "command", "conversation"]
"""How a person dismissed a finding: resolved its thread with the lines unchanged, 👎, "won't fix", deleted the comment,
gave a command, or convinced the bot in a conversation."""


IGNORED = "the command `ignore`"
"""The reason of a pause that a single `review` undoes."""


@dataclass(frozen=True, slots=True)
class MergeRequestState:
    """How the bot behaves in one merge request. `pushes`: heads that were reviewed because of a push since the last
    resume. `overridden`: the gate is forced open, for merging into the branch `override_target` (empty: whichever).
    Times are seconds since the epoch.
    """

    paused: bool = False
    pause_reason: str = ""
    paused_by: str = ""
    pushes: int = 0
    overridden: bool = False
    override_reason: str = ""
    overridden_by: str = ""
    overridden_at: float | None = None
    override_target: str = ""

    def forced(self, target_branch: str) -> bool:
        """Whether the gate is forced open for merging into that branch."""
        return self.overridden and self.override_target in {"", target_branch}


@dataclass(frozen=True, slots=True)
class Word:
    """What the bot says about a merge on GitLab (its approval, its request for changes), and of which version.

    coming, going: it is about to be said, or taken back, and GitLab has not confirmed it; said: it has. `base_sha` and
    `target` (branch) may be empty: they were not noted.
    """

    head_sha: str
    base_sha: str = ""
    target: str = ""
    state: Literal["coming", "said", "going"] = "said"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A dismissed finding, remembered.

    `paths` are the file's names as they were known (old and new); `anchored` is the hash of the first anchored line's
    text with its spaces evened out, `around` those of telling lines next to it; `claim` are the stems of the title.
    `project_wide`: it counts for every merge request of the project, otherwise only for its own.
    No source code is in it. `by` is a username. `lifted_at` None: it counts.
    """

    project_id: int
    iid: int
    fingerprint: str
    paths: tuple[str, ...]
    anchored: str
    around: tuple[str, ...]
    claim: tuple[str, ...]
    title: str
    rule: str | None
    category: Category
    severity: Severity
    how: Dismissal
    by: str
    at: float
    by_id: int = 0
    reason: str = ""
    project_wide: bool = False
    lifted_at: float | None = None
    lifted_by: str = ""
    id: int = 0
