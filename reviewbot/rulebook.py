"""The rules of one review: those of every project, and over them those that the project keeps on its target branch."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reviewbot.core import configuration, rulebooks
from reviewbot.core.packs import Shelf
from reviewbot.core.rulebooks import FOLDER, MOST_FILES, Layer
from reviewbot.errors import ConfigurationError, SourceUnavailable
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.ports import Source

_LARGEST = 64 * 1024  # bytes of a rule file; the parser's own limit counts characters
_TOLD = 20  # problems that are told one by one
_WITHOUT = "The review went on without this rule."


@dataclass(frozen=True, slots=True)
class Rulebook:
    """`rules` as `scopes.applicable` takes them; `notices`: what people must be told of files that were left out.

    `layers`: where they come from, far to near, for `effective`.
    """

    rules: tuple[Rule, ...]
    notices: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()


def inherited(shelf: Shelf, policy: ReviewPolicy) -> Rulebook:
    """The rules from beyond the project, where there is no repository to ask."""
    return _combined(shelf, _here(policy))


def _here(policy: ReviewPolicy) -> Layer:
    """What the project says of others' rules, without any of its own."""
    return Layer("project", disabled=policy.disabled_rules, packs=policy.packs)


def of_project(source: Source, sha: str, shelf: Shelf, policy: ReviewPolicy) -> Rulebook:
    """The rules from beyond the project and those of the project at commit `sha`, as far as it wants them.

    A file with a mistake costs itself only. Raises nothing for a repository that cannot be read: that is told.
    """
    try:
        read = _files(source, sha)
    except SourceUnavailable as error:
        unread = f"{FOLDER} could not be read: {error.message}"
        return _combined(shelf, _here(policy), (unread,))
    texts, problems = {}, list(read.problems)
    for path, data in read.data.items():
        try:
            texts[path] = rulebooks.decoded(path, data)
        except ConfigurationError as error:
            problems.append(str(error))
    own = rulebooks.layer("project", texts.items(), disabled=policy.disabled_rules)
    own = replace(own, packs=policy.packs)
    return _combined(shelf, own, (f"{problem}. {_WITHOUT}" for problem in (*problems, *own.problems)))


def _combined(shelf: Shelf, own: Layer, told: Iterable[str] = ()) -> Rulebook:
    layers = shelf.under([own])
    notices = [*(f"{problem}. {_WITHOUT}" for problem in shelf.instance.problems), *told]
    more = len(notices) - _TOLD
    left = (f"{more} more rule files have mistakes.",) if more > 0 else ()
    known = [*shelf.ids, *(rule.id for one in layers for rule in one.rules)]
    strange = (*configuration.strange_rules(own.disabled, known), *shelf.strange(layers))
    return Rulebook(rulebooks.combine(layers), (*notices[:_TOLD], *left, *strange), layers)


def of_target(source: Source | None, merge_request: MergeRequest, shelf: Shelf, policy: ReviewPolicy) -> Rulebook:
    """Those of the target branch: what the merge request itself does to the rules counts from its merge on.

    `source` None: the repository cannot be read, which was told already.
    """
    if source is None:
        return inherited(shelf, policy)
    return of_project(source, merge_request.refs.start_sha, shelf, policy)


@dataclass(frozen=True, slots=True)
class _Read:
    data: Mapping[str, bytes]
    problems: tuple[str, ...] = ()


def _files(source: Source, sha: str) -> _Read:
    listing = source.folder(sha, FOLDER, MOST_FILES)
    if listing is None:
        return _Read({})
    paths = [f"{FOLDER}/{entry.name}" for entry in listing.entries if entry.kind == "file" and _named(entry.name)]
    read = source.read(sha, paths) if paths else {}
    problems = [*_too_large(read), *_unread(paths, read)]
    if listing.cut:
        problems.append(f"{FOLDER} holds more than {MOST_FILES} files: what comes after them was left out")
    return _Read({path: data for path, data in read.items() if len(data) <= _LARGEST}, tuple(problems))


def _named(name: str) -> bool:
    return name.endswith(".md") and name.lower() != "readme.md"


def _too_large(read: Mapping[str, bytes]) -> Iterator[str]:
    for path, data in read.items():
        if len(data) > _LARGEST:
            yield f"{path}:1: {len(data):,} bytes, at most {_LARGEST:,} are read: keep one rule per file"


def _unread(paths: Iterable[str], read: Mapping[str, bytes]) -> Iterator[str]:
    for path in paths:
        if path not in read:
            yield f"{path} could not be read"
