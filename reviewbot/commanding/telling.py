"""The commands that change nothing: `explain`, `config`, `help`."""

from collections.abc import Sequence

from reviewbot import pausing, rulebook, rulefiles
from reviewbot.assigning import reviewers_of
from reviewbot.commanding.office import Office
from reviewbot.control import Control
from reviewbot.core import commands, configuration, explaining, planning, rule_listing, rule_markdown
from reviewbot.core.explaining import InEffect
from reviewbot.core.rule_listing import Listed
from reviewbot.core.sanitising import sanitise_line
from reviewbot.model.chunk import Tier
from reviewbot.model.event import CommandGiven
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.policy import ReviewPolicy
from reviewbot.rulebook import Rulebook


def explain(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, _, _ = office.voice.read(mr)
    book = _book(mr, policy, office, everywhere=True)
    rows = rule_listing.of_project(book.layers, office.count, policy.chunk_tokens).rows
    name, shelf = explaining.name_of(given.arguments), office.shelf
    pack = next((one.name for one in shelf.packs if name in one.ids), "")
    if pack and all(one.rule.id != name for one in rows):
        rows = (*rows, Listed(shelf.read(pack, name), "", 0, off_by=f"pack {pack}"))
    return explaining.rule(name, rows, office.voice.words(mr), book.notices, shelf.ids)


def config(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, files, notices = office.voice.read(mr)
    path = commands.path_of(given.arguments)
    book = _book(mr, policy, office, path)
    words = office.voice.words(mr)
    if path:
        told = (f"> {sanitise_line(words.reason(one))}" for one in (*notices, *book.notices))
        listing = rule_listing.of_path(book.layers, path, office.count, policy.chunk_tokens)
        return "\n\n".join((*told, rule_markdown.of_path(listing, words)))
    paths = [change.new_path for change in mr.changes]
    reaching = rule_listing.of_files(book.layers, paths, office.count)
    unheeded = configuration.unheeded(office.policy, files or {})
    found = InEffect(
        operator=office.policy,
        policy=policy,
        files=files or {},
        branch=mr.target_branch,
        reviewers=_readers(policy, office),
        settings=office.settings,
        rules=book.rules,
        told=(*notices, *book.notices, *unheeded, *_unusual(policy, mr, office)),
        reaching=rule_markdown.by_layer(reaching, len(paths), f"@{office.name} config PATH", words),
    )
    return explaining.configuration(found)


def _book(
    mr: MergeRequest, policy: ReviewPolicy, office: Office, path: str = "", *, everywhere: bool = False
) -> Rulebook:
    """The rules that count here, as a review takes them: for the changed files, for the file `path`, or those of all
    folders.
    """
    _, files, _ = office.voice.read(mr)
    given = office.inherit(mr.path, policy.include_rules)()
    if path and files is not None:
        return rulebook.of_project(office.source(mr), mr.refs.start_sha, office.shelf, policy, [path], given)
    source = None if files is None else office.source(mr)
    paths = rulefiles.telling(source, mr.refs.start_sha) if everywhere and source is not None else None
    return rulebook.of_target(source, mr, office.shelf, policy, given, paths=paths)


def _readers(policy: ReviewPolicy, office: Office) -> str:
    """Who is asked in each tier, as far as a part of the change concerns them."""
    if policy.reviewers:
        return ", ".join(policy.reviewers)
    asked = {tier: reviewers_of((), tier, office.reviewers) for tier in Tier}
    return "; ".join(f"{tier}: {', '.join(one.id for one in found)}" for tier, found in asked.items())


def _unusual(policy: ReviewPolicy, mr: MergeRequest, office: Office) -> Sequence[str]:
    """What holds in this merge request alone."""
    state = office.states.get(mr.ref)
    forced = planning.forced(state, policy.language).description if state.forced(mr.target_branch) else ""
    return [one for one in (pausing.notice(state, policy, pushed=False), forced) if one]


def usage(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    return explaining.usage(office.name, office.glass_level, office.voice.words(mr))
