"""Which merge requests are not reviewed by themselves, and why."""

from collections.abc import Iterable

from reviewbot.core.bots import is_bot
from reviewbot.core.globs import matcher
from reviewbot.core.payloads import MergeRequestAttributes
from reviewbot.core.proposals import BRANCHES
from reviewbot.model.event import Ignored
from reviewbot.model.policy import ReviewPolicy

DRAFT = "The merge request is a draft"


def unwelcome(
    attributes: MergeRequestAttributes,
    author: str,
    labels: Iterable[str],
    policy: ReviewPolicy,
    *,
    asked: bool,
    own: bool = False,
) -> Ignored | None:
    """The reason not to review this merge request by itself. `asked`: a person wants it, drafts and bots are fine.

    Drafts are fine here in any case: the repository's configuration has the last word on them, and is read later.
    """
    return unwanted(
        state=attributes.state,
        draft=False,
        author=author,
        branches=(attributes.source_branch, attributes.target_branch),
        labels=labels,
        policy=policy,
        asked=asked,
        own=own,
    )


def unwanted(
    *,
    state: str,
    draft: bool,
    author: str,
    branches: tuple[str, str],
    labels: Iterable[str],
    policy: ReviewPolicy,
    asked: bool,
    own: bool = False,
) -> Ignored | None:
    """The same reasons for an event and for a snapshot: events can be late, cut or lost. `own`: the bot opened it."""
    if state in {"closed", "merged", "locked"}:
        return Ignored(f"The merge request is {state}")
    if asked:
        return None
    if own and branches[0].startswith(BRANCHES):  # a person may run the bot with a token of their own
        return Ignored("The merge request is a proposal of the bot's own")
    if draft and not policy.review_drafts:
        return Ignored(DRAFT)
    if reason := _unwanted_author(author, policy):
        return Ignored(reason)
    for label in labels:
        if label in policy.ignored_labels:
            return Ignored(f"The label {label} is on the list of ignored labels")
    spec = matcher(policy.ignored_branches) if policy.ignored_branches else None
    for branch in branches:
        if spec and branch and spec.match_file(branch):
            return Ignored(f"The branch {branch} is on the list of ignored branches")
    return None


def _unwanted_author(author: str, policy: ReviewPolicy) -> str:
    if author and is_bot(author):
        return f"The author {author} is a bot"
    if author and author.lower() in {name.lower() for name in policy.ignored_authors}:
        return f"The author {author} is on the list of ignored authors"
    return ""
