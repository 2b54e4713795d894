"""How reviews are made here: the operator's settings and the repository's configuration, merged, as one record."""

from dataclasses import dataclass
from typing import Literal

from reviewbot.model.inheritance import Include


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """Globs are gitignore-style. Token counts are of the offline counter. `max_inline_comments` 0: no cap."""

    include: tuple[str, ...] = ()  # keep these although a built-in filter would drop them
    exclude: tuple[str, ...] = ()  # drop these
    security_paths: tuple[str, ...] = ()  # in addition to the built-in ones: always full tier
    ignored_branches: tuple[str, ...] = ()  # globs on source and target branch
    ignored_authors: tuple[str, ...] = ()
    ignored_labels: tuple[str, ...] = ()
    trigger_labels: tuple[str, ...] = ("reviewbot",)
    review_drafts: bool = False
    max_inline_comments: int = 10
    severity_floor: str = "suggestion"
    max_cost_per_review: float | None = None
    chunk_tokens: int = 16_000
    context: bool = True
    context_tokens: int = 1_500  # of enclosing code per chunk piece
    linter_reports: tuple[str, ...] = ()  # paths in the artifacts of the head's pipeline; what they say is not repeated
    tools: bool = True  # models may look things up in the repository
    judge: bool = True  # each finding of a model is held against the code by a second request
    tickets: bool = True  # the issues that a merge request closes or names are read, and its template
    walkthrough: bool = True  # the summary tells what the change does, in a model's words
    language: str = "English"
    guidance: str = ""  # AGENTS.md / CLAUDE.md of the target branch
    guidance_files: tuple[tuple[str, str], ...] = ()  # the same: path and text of each
    guidance_led: tuple[str, ...] = ()  # paths of what guidance of that branch leads to, by a link or an import
    guidance_tools: tuple[str, ...] = ("agents", "claude", "cursor", "copilot", "duo", "coderabbit", "pr-agent")
    disabled_rules: tuple[str, ...] = ()
    include_rules: tuple[Include, ...] = ()
    packs: tuple[str, ...] = ()  # of shipped rules that the repository switches on, or off with a `!`
    commit_status: bool = True
    pause_after: int = 5  # reviewed pushes after which the bot pauses by itself; 0: never
    reviewers: tuple[str, ...] = ()  # ids; asked in every tier; empty: those of the tier
    passes: int = 1  # independent passes over the change
    combine: Literal["union", "vote"] = "union"  # of their findings: all, or what more than half of them said
    may_approve: bool = False  # the operator's word; `approve` is the repository's as well
    may_request_changes: bool = False
    approve: bool = False
    request_changes: bool = False
    labels: tuple[tuple[str, str], ...] = ()  # what was found ("verdict.approved", "risk.full" …) and its label


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a repository's configuration says of events. None: nothing, the operator's setting counts."""

    review_drafts: bool | None = None
    trigger_labels: tuple[str, ...] | None = None
