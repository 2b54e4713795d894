"""A review without GitLab: of any unified diff, or of the local repository."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewbot import rulebook
from reviewbot.asking.budget import Budget
from reviewbot.bench import Bench, Progress
from reviewbot.control import Control
from reviewbot.core import attributes, configuration, diffs
from reviewbot.core.governing import governing
from reviewbot.core.prompts import About
from reviewbot.errors import ConfigurationError
from reviewbot.examine import Subject, examine
from reviewbot.inheriting import Give, left_out
from reviewbot.model.diff import Diff
from reviewbot.model.outcome import Examination
from reviewbot.model.policy import ReviewPolicy
from reviewbot.ports import Source, Tree
from reviewbot.texts import configuration_at, texts_at


@dataclass(frozen=True, slots=True)
class Local:
    """A review as the command line shows it. `examination` None: not reviewed, `reason` says why.

    `posted` is a sentence about what was written to GitLab, None when nothing was to be;
    `warnings` are what went wrong in writing it.
    """

    diff: Diff
    examination: Examination | None
    reason: str = ""
    posted: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repository:
    """A range of a local repository. `head` None: the working tree. `notices` is what people must be told about it,
    `give` knows the rules that it has from elsewhere.
    """

    source: Source
    base_sha: str
    head: str | None
    name: str
    diff: bytes
    notices: tuple[str, ...] = ()
    give: Give = left_out


def review_diff(
    data: bytes, bench: Bench, policy: ReviewPolicy, control: Control, budget: Budget, progress: Progress
) -> Local:
    """Any unified diff: there are no files to look into, so context and repository configuration stay out.

    Raises `UsageError` when `data` is no diff.
    """
    progress("diff", 0, 1)
    diff = diffs.parse_git(data)
    policy = _untold(policy)
    book = rulebook.inherited(bench.shelf, policy)
    about = _about(diff, policy, "A diff")
    subject = Subject(diff, about, policy, read=_nothing, notices=book.notices, rules=book.rules)
    return Local(diff, examine(subject, bench, control, budget, progress).examination)


def _nothing(paths: Sequence[str]) -> Mapping[str, str]:
    return {}


def review_repository(
    repository: Repository, bench: Bench, policy: ReviewPolicy, control: Control, budget: Budget, progress: Progress
) -> Local:
    """The change since the merge base; configuration comes from the base, as it does for a merge request."""
    progress("diff", 0, 1)
    files, told = configuration_at(repository.source, repository.base_sha)
    notices = (*repository.notices, *told)
    try:
        policy = configuration.configure(policy, files)
    except ConfigurationError as error:
        notices = (*notices, f"{error}. The review went on without it.")
    policy = _untold(policy)
    diff = diffs.parse_git(repository.diff)
    paths = [file.path for file in diff.files]
    given = repository.give(policy.include_rules)
    book = rulebook.of_project(repository.source, repository.base_sha, bench.shelf, policy, paths, given, control)
    policy = replace(policy, guidance=book.guidance)
    subject = Subject(
        diff=diff,
        about=_about(diff, policy, repository.name),
        policy=policy,
        read=lambda paths: texts_at(repository.source, repository.head or "", paths),
        tree=Tree(repository.source, repository.head or "", _content(repository)),
        attributes=attributes.parse(files.get(".gitattributes", "")),
        notices=(*notices, *_of_no_effect_yet(paths, policy.guidance_tools), *book.notices),
        rules=book.rules,
    )
    return Local(diff, examine(subject, bench, control, budget, progress).examination)


def _of_no_effect_yet(paths: Iterable[str], tools: Sequence[str]) -> tuple[str, ...]:
    """Who writes a rule or the configuration and reviews the branch wants to know why nothing of it shows."""
    if not (named := governing(paths, tools=tools)):
        return ()
    return (f"This review goes by the rules and the configuration of the base; not by this change of {named}.",)


def _untold(policy: ReviewPolicy) -> ReviewPolicy:
    """The formats of a local review have no place for a walkthrough, so none is paid for."""
    return replace(policy, walkthrough=False)


def _content(repository: Repository) -> str:
    """What git tracks in a working tree is its base and the diff."""
    return repository.head or hashlib.sha256(repository.base_sha.encode() + repository.diff).hexdigest()


def _about(diff: Diff, policy: ReviewPolicy, title: str) -> About:
    return About(
        title=title,
        description="",
        author="",
        source_branch="",
        target_branch="",
        labels=(),
        files=[(file.path, file.change.value, file.added, file.removed) for file in diff.files],
        guidance=policy.guidance,
        language=policy.language,
    )
