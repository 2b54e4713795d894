"""What commands and conversations work with, put together for one job."""

import time
from collections.abc import Callable

from reviewbot.asking.budget import Budget
from reviewbot.bench import Bench
from reviewbot.commanding.office import Office
from reviewbot.configured import Voice
from reviewbot.core import commands, suppressing
from reviewbot.core.explaining import Setting
from reviewbot.core.threads import Opinion
from reviewbot.inheriting import Inherit
from reviewbot.model.diff import FileDiff
from reviewbot.model.finding import Finding
from reviewbot.model.merge_request import MergeRequest
from reviewbot.ports import Forge, Source
from reviewbot.replies import Parlour
from reviewbot.settings import Settings
from reviewbot.wiring.bench import policy_of
from reviewbot.wiring.store import Store

_LEVELS = {"developer": commands.DEVELOPER, "maintainer": commands.MAINTAINER, "owner": commands.OWNER}

# What people are told of the operator's settings beside the policy: what it comes to, no address and no secret.
_TOLD = (
    *("llm_model", "llm_model_trivial", "llm_model_lite", "llm_model_full", "max_cost_per_day"),
    *("max_replies_per_thread", "break_glass_role", "trust_outsiders", "allow_approve", "allow_request_changes"),
)


def _default(name: str) -> object:
    return Settings.model_fields[name].default


def office(
    settings: Settings,
    store: Store,
    bench: Bench,
    forge: Forge,
    source: Callable[[MergeRequest], Source],
    inherit: Inherit,
    key: bytes,
    step: Callable[[str], None],
) -> Office:
    return Office(
        forge=forge,
        source=source,
        inherit=inherit,
        states=store.states,
        key=key,
        policy=policy_of(settings),
        shelf=bench.shelf,
        reviewers=bench.reviewers,
        settings=tuple(Setting(name, getattr(settings, name), _default(name)) for name in _TOLD),
        glass_level=_LEVELS[settings.break_glass_role],
        name=name_of(forge),
        voice=Voice(source, policy_of(settings)),
        count=bench.counter.count,
        want=lambda event: store.jobs.want(event, time.time()),
        step=step,
    )


def name_of(forge: Forge) -> str:
    """What people call the bot: its user name, unless GitLab made that up for a token."""
    username = forge.me().username
    made_up = username.startswith(("project_", "group_")) and "_bot" in username
    return "reviewbot" if made_up or not username else username


def parlour(
    settings: Settings,
    store: Store,
    forge: Forge,
    source: Callable[[MergeRequest], Source],
    inherit: Inherit,
    budget: Callable[[MergeRequest], Budget],
    key: bytes,
    step: Callable[[str], None],
) -> Parlour:
    def dismiss(mr: MergeRequest, finding: Finding, file: FileDiff | None, said: Opinion) -> None:
        dismissed = suppressing.remember(finding, file, mr.ref, said, time.time(), project_wide=True)
        store.suppressions.record(dismissed)

    return Parlour(
        forge=forge,
        source=source,
        inherit=inherit,
        history=store.history,
        budget=budget,
        paid=lambda mr, usage: store.runs.paid(mr.ref.project_id, usage, time.time()),
        dismiss=dismiss,
        want=lambda event: store.jobs.want(event, time.time()),
        key=key,
        policy=policy_of(settings),
        most=settings.max_replies_per_thread,
        name=name_of(forge),
        voice=Voice(source, policy_of(settings)),
        trust_outsiders=settings.trust_outsiders,
        step=step,
    )
