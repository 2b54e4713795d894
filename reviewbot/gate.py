"""The bot's approval and its request for changes: decided within limits, noted before said, taken back on a push."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reviewbot import limits
from reviewbot.control import Control
from reviewbot.core import gating, planning
from reviewbot.core.gating import APPROVED, REQUESTED
from reviewbot.errors import PermanentError
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Finding
from reviewbot.model.memory import Word
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Examination, Plan
from reviewbot.model.policy import ReviewPolicy
from reviewbot.ports import Forge, Source, States

_MOVED = "The merge request changed while it was approved: the approval was taken back"
_REFUSED = "request of changes refused"  # remembered, so that the same warning is not given again and again


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """The gate of one merge request. `control` is asked before each write, to GitLab or of what was said there.

    What is said is noted as coming, or going, until GitLab has confirmed it: a run that is cut off between leaves
    behind that nobody knows, and the next one says it again. `may_approve` is the operator's word: an approval that
    nobody noted (its note was purged, the database is a new one) is looked for.
    """

    forge: Forge
    states: States
    mr: MergeRequest
    control: Control
    may_approve: bool

    def withdraw(self) -> tuple[str, ...]:
        """Take back an approval of another version than the one that is there now: nobody has read this one yet.

        Another target branch is another version of the same head. Returns warnings.
        """
        word = self.states.standing_word(self.mr.ref, APPROVED)
        if word is None:
            found = self.may_approve and self.forge.approved(self.mr.ref)
            return self._unapprove(self._word("going")) if found else ()
        return self._unapprove(word) if word.state == "going" or not self._current(word) else ()

    def against(
        self,
        examination: Examination,
        policy: ReviewPolicy,
        diff: Diff,
        source: Source,
        blocks: Callable[[Finding], bool],
    ) -> str:
        """What speaks against an approval that the verdict alone would be good enough for; empty: nothing does."""
        if not (policy.approve and gating.good(examination)):
            return ""
        return limits.against(self.mr, examination, diff, source, self.forge, blocks, policy.guidance_led)

    def decided(self, plan: Plan, examination: Examination, policy: ReviewPolicy, against: str) -> Plan:
        """The plan with what is done about the merge, and the status of a gate that somebody forced open."""
        state = self.states.get(self.mr.ref)
        forced = state.forced(self.mr.target_branch)
        gate = gating.decide(examination, policy, against=against, forced=forced)
        status = planning.forced(state, policy.language) if forced and plan.status is not None else plan.status
        return planning.with_gate(plan, gate, status)

    def act(self, plan: Plan) -> tuple[str, ...]:
        """Say on GitLab what the plan says, if it is not said already. Returns warnings.

        Raises `Superseded` when the head has moved.
        """
        if plan.gate is None:
            return ()
        warnings: list[str] = []
        word = self.states.standing_word(plan.ref, APPROVED)
        if plan.gate.approve and not (word is not None and word.state == "said" and self._current(word)):
            warnings += self._approve()
        elif not plan.gate.approve and word is not None:
            warnings += self._unapprove(word)
        if plan.gate.request_changes:
            warnings += self._request()
        elif plan.gate.request_changes is False:
            warnings += self.let_go()
            self._forget_refusal()
        return tuple(warnings)

    def let_go(self) -> tuple[str, ...]:
        """Take back a request for changes. Returns warnings."""
        ref = self.mr.ref
        word = self.states.standing_word(ref, REQUESTED)
        if word is None:
            return ()
        self.control.confirm()
        self.states.put_word(ref, REQUESTED, replace(word, state="going"))
        if problem := self.forge.request_changes(self.mr, self.control, wanted=False):
            return (f"The request for changes could not be taken back: {problem}",)
        self.states.put_word(ref, REQUESTED, None)
        return ()

    def kept_open(self, plan: Plan, language: str) -> Plan | None:
        """The plan with the status of a gate that somebody forced open, if that is so and the plan says otherwise."""
        state = self.states.get(self.mr.ref)
        if not state.forced(self.mr.target_branch) or plan.status is None or plan.status.state == "success":
            return None
        return planning.with_gate(plan, None, planning.forced(state, language))

    def _forget_refusal(self) -> None:
        """The next request that is refused is told again: it is another one."""
        if self.states.standing_word(self.mr.ref, _REFUSED) is not None:
            self.states.put_word(self.mr.ref, _REFUSED, None)

    def _word(self, state: Literal["coming", "said", "going"]) -> Word:
        return Word(self.mr.refs.head_sha, self.mr.refs.base_sha, self.mr.target_branch, state)

    def _current(self, word: Word) -> bool:
        """Whether the word is about the version that is there now."""
        same = word.base_sha in {"", self.mr.refs.base_sha} and word.target in {"", self.mr.target_branch}
        return same and word.head_sha == self.mr.refs.head_sha

    def _approve(self) -> Sequence[str]:
        ref = self.mr.ref
        self.control.confirm()
        self.states.put_word(ref, APPROVED, self._word("coming"))
        try:
            self.forge.approve(ref, self.mr.refs.head_sha, self.control)
        except PermanentError as error:
            self.states.put_word(ref, APPROVED, None)
            return (f"The merge request could not be approved: {error.message}",)
        # An event of what came in between may have been dropped, since nothing was noted yet: so look once more.
        now = self.forge.shown(ref)
        if (now.head_sha, now.target_branch) != (self.mr.refs.head_sha, self.mr.target_branch):
            return (*self._unapprove(self._word("going")), _MOVED)
        self.states.put_word(ref, APPROVED, self._word("said"))
        return ()

    def _unapprove(self, word: Word) -> tuple[str, ...]:
        ref = self.mr.ref
        self.control.confirm()
        self.states.put_word(ref, APPROVED, replace(word, state="going"))
        try:
            self.forge.unapprove(ref, self.control)
        except PermanentError as error:
            return (f"The bot's approval stands, and could not be taken back: {error.message}",)
        self.states.put_word(ref, APPROVED, None)
        return ()

    def _request(self) -> Sequence[str]:
        """People can ask the bot once more, which ends its request: one that was made is looked for."""
        ref = self.mr.ref
        word = self.states.standing_word(ref, REQUESTED)
        if word is not None and word.state == "said" and self.forge.requests_changes(ref) is not False:
            return ()
        self.control.confirm()
        self.states.put_word(ref, REQUESTED, self._word("coming"))
        problem = self.forge.request_changes(self.mr, self.control, wanted=True)
        if not problem:
            self.states.put_word(ref, REQUESTED, self._word("said"))
            self._forget_refusal()
            return ()
        told = self.states.standing_word(ref, _REFUSED) is not None
        self.states.put_word(ref, REQUESTED, None)
        self.states.put_word(ref, _REFUSED, self._word("said"))
        return () if told else (f"Changes could not be requested: {problem}",)
