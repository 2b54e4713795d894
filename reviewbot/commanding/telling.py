"""The commands that change nothing: `explain`, `config`, `help`."""

from collections.abc import Sequence

from reviewbot import pausing
from reviewbot.assigning import reviewers_of
from reviewbot.commanding.office import Office
from reviewbot.control import Control
from reviewbot.core import configuration, explaining, planning
from reviewbot.core.explaining import InEffect
from reviewbot.model.chunk import Tier
from reviewbot.model.event import CommandGiven
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.policy import ReviewPolicy


def explain(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, _, _ = office.voice.read(mr)
    return explaining.rule(given.arguments, office.rules, policy.disabled_rules, office.voice.words(mr))


def config(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, files, notices = office.voice.read(mr)
    strange = configuration.strange_rules(policy.disabled_rules, [rule.id for rule in office.rules])
    unheeded = configuration.unheeded(office.policy, files or {})
    found = InEffect(
        operator=office.policy,
        policy=policy,
        files=files or {},
        branch=mr.target_branch,
        reviewers=_readers(policy, office),
        settings=office.settings,
        told=(*notices, *strange, *unheeded, *_unusual(policy, mr, office)),
    )
    return explaining.configuration(found)


def _readers(policy: ReviewPolicy, office: Office) -> str:
    """Who is asked in each tier, as far as a part of the change concerns them."""
    if policy.reviewers:
        return ", ".join(policy.reviewers)
    asked = {tier: reviewers_of((), tier, office.reviewers) for tier in Tier}
    return "; ".join(f"{tier}: {', '.join(one.id for one in found)}" for tier, found in asked.items())


def _unusual(policy: ReviewPolicy, mr: MergeRequest, office: Office) -> Sequence[str]:
    """What holds in this merge request alone."""
    state = office.states.get(mr.ref)
    forced = planning.forced(state, policy.language).description if state.overridden else ""
    return [one for one in (pausing.notice(state, policy, pushed=False), forced) if one]


def usage(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    return explaining.usage(office.name, office.glass_level, office.voice.words(mr))
