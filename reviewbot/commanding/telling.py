"""The commands that change nothing: `explain`, `config`, `help`."""

from collections.abc import Sequence
from dataclasses import replace

from reviewbot import pausing, rulebook
from reviewbot.assigning import reviewers_of
from reviewbot.commanding.office import Office
from reviewbot.control import Control
from reviewbot.core import configuration, explaining, planning
from reviewbot.core.explaining import InEffect
from reviewbot.model.chunk import Tier
from reviewbot.model.event import CommandGiven
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.policy import ReviewPolicy
from reviewbot.rulebook import Rulebook


def explain(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, _, _ = office.voice.read(mr)
    book = _book(mr, replace(policy, disabled_rules=()), office)
    words = office.voice.words(mr)
    return explaining.rule(given.arguments, book.rules, policy.disabled_rules, words, book.notices)


def config(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, files, notices = office.voice.read(mr)
    book = _book(mr, policy, office)
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
    )
    return explaining.configuration(found)


def _book(mr: MergeRequest, policy: ReviewPolicy, office: Office) -> Rulebook:
    """The rules that count here, as a review takes them."""
    _, files, _ = office.voice.read(mr)
    return rulebook.of_target(None if files is None else office.source(mr), mr, office.shelf, policy)


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
