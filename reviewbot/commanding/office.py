"""What commands work with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewbot.configured import Voice
from reviewbot.control import Control
from reviewbot.core.explaining import Setting
from reviewbot.core.packs import Shelf
from reviewbot.core.reviewers import Reviewer
from reviewbot.gate import Doorkeeper
from reviewbot.inheriting import Inherit
from reviewbot.model.event import CommandGiven, Event
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.policy import ReviewPolicy
from reviewbot.ports import Forge, Source, States


@dataclass(frozen=True, slots=True)
class Office:
    """What a command touches. `glass_level` is the access level for `break glass`, `want` asks for a review.

    `policy` is the operator's, `settings` what people are told beside it; `name` is what the bot is called, `voice`
    how it speaks, `count` counts tokens.
    """

    forge: Forge
    source: Callable[[MergeRequest], Source]
    inherit: Inherit
    states: States
    key: bytes
    policy: ReviewPolicy
    shelf: Shelf
    reviewers: Sequence[Reviewer]
    settings: Sequence[Setting]
    glass_level: int
    name: str
    voice: Voice
    count: Callable[[str], int]
    want: Callable[[Event], object]
    step: Callable[[str], None]

    def door(self, mr: MergeRequest, control: Control) -> Doorkeeper:
        return Doorkeeper(self.forge, self.states, mr, control, self.policy.may_approve)


Act = Callable[[CommandGiven, MergeRequest, Office, Control], str]
"""Carries a command out; what is to be said of it. Raises as `carrying.carry_out`."""
