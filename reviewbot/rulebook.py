"""The rules of one review: those of every project, and over them those that the project keeps on its target branch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reviewbot import guidance, rulefiles
from reviewbot.control import Control
from reviewbot.core import configuration, governing, rulebooks
from reviewbot.core.packs import Shelf
from reviewbot.core.rulebooks import FOLDER, Layer
from reviewbot.errors import SourceUnavailable
from reviewbot.inheriting import Inherited
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.ports import Source

_TOLD = 20  # problems that are told one by one
WITHOUT = "The review went on without this rule."


@dataclass(frozen=True, slots=True)
class Rulebook:
    """`rules` as `scopes.applicable` takes them; `notices`: what people must be told of files that were left out.

    `layers`: where they come from, far to near, for `effective`. `guidance`: what AGENTS.md and CLAUDE.md of the top
    say beside the rules; `led`: paths of the other files that guidance is in. `ids` of all rules that there are,
    switched off or not; empty: some may be missing.
    """

    rules: tuple[Rule, ...]
    notices: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    guidance: str = ""
    led: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


def inherited(shelf: Shelf, policy: ReviewPolicy, given: Inherited | None = None) -> Rulebook:
    """The rules from beyond the project, where there is no repository to ask."""
    return replace(_combined(shelf, policy, (_here(policy),), given), ids=())


def _here(policy: ReviewPolicy) -> Layer:
    """What the project says of others' rules, without any of its own."""
    return Layer("project", disabled=policy.disabled_rules, packs=policy.packs)


def of_project(
    source: Source,
    sha: str,
    shelf: Shelf,
    policy: ReviewPolicy,
    paths: Iterable[str] = (),
    given: Inherited | None = None,
    control: Control | None = None,
) -> Rulebook:
    """The rules from beyond the project (`given`: by its groups and includes), those of the project at commit `sha`,
    those of the folders that the files of `paths` are in, and what other tools are told about these folders.

    A file with a mistake costs itself only. Raises nothing for a repository that cannot be read: that is told; and
    between two files what `control` raises.
    """
    changed = tuple(paths)
    folders, too_many = rulefiles.folders_of(changed)
    try:
        laid = rulefiles.lay(source, sha, "project", folders, control=control)
    except SourceUnavailable as error:
        return _combined(shelf, policy, (_here(policy),), given, (f"{FOLDER} could not be read: {error.message}",))
    own, *within = laid.layers
    own = replace(own, disabled=(*policy.disabled_rules, *own.disabled), packs=policy.packs)
    others = guidance.layer(source, sha, policy, changed)
    told = (*laid.told, too_many, *(f"{one}. The review went on without it" for one in others.problems))
    return _combined(shelf, policy, (replace(others, problems=()), own, *within), given, filter(None, told))


def _combined(
    shelf: Shelf, policy: ReviewPolicy, own: Sequence[Layer], given: Inherited | None, told: Iterable[str] = ()
) -> Rulebook:
    beyond = given or Inherited()
    layers = shelf.under([*beyond.groups, *beyond.included, *own])
    mistakes = (f"{problem}. {WITHOUT}" for one in layers for problem in one.problems)
    unread = tuple(told)
    notices = [*mistakes, *(f"{one}." for one in (*beyond.told, *unread))]
    more = len(notices) - _TOLD
    left = (f"{more} more things are wrong with rules.",) if more > 0 else ()
    known = [*shelf.ids, *(rule.id for one in layers for rule in one.rules)]
    disabled = [name for one in own for name in one.disabled]
    strange = (
        *configuration.strange_rules(disabled, known, whole=beyond.whole),
        *rulebooks.of_folders_alone((name for one in own if not one.folder for name in one.disabled), layers),
        *shelf.strange(layers),
    )
    beside = guidance.beside(policy, layers)
    ids = tuple(known) if beyond.whole and not unread and not any(one.problems for one in layers) else ()
    led = (*policy.guidance_led, *(path for one in own for path in one.led))
    return Rulebook(rulebooks.combine(layers), (*notices[:_TOLD], *left, *strange), layers, beside, led, ids)


def of_target(
    source: Source | None,
    merge_request: MergeRequest,
    shelf: Shelf,
    policy: ReviewPolicy,
    given: Inherited | None = None,
    control: Control | None = None,
    paths: Iterable[str] | None = None,
) -> Rulebook:
    """Those of the target branch: what the merge request itself does to the rules counts from its merge on.

    `source` None: the repository cannot be read, which was told already. `paths`: whose folders are looked into, when
    it is not those of the changed files.
    """
    if source is None:
        return inherited(shelf, policy, given)
    paths = [change.new_path for change in merge_request.changes] if paths is None else paths
    book = of_project(source, merge_request.refs.start_sha, shelf, policy, paths, given, control)
    touched = (path for change in merge_request.changes for path in (change.old_path, change.new_path))
    return replace(book, notices=(*governing.of_target(touched, book.led, policy.guidance_tools), *book.notices))
