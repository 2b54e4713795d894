"""The bot's approval and its request for changes: decided within limits, noted before said, taken back on a push."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reviewbot.control import Control
from reviewbot.core import commands, gating, planning
from reviewbot.core.gating import APPROVED, CI_FILE, REQUESTED
from reviewbot.errors import ConfigurationError, PermanentError, SourceUnavailable
from reviewbot.examine import texts_at
from reviewbot.model.diff import Diff
from reviewbot.model.memory import Word
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Examination, Plan
from reviewbot.model.policy import ReviewPolicy
from reviewbot.ports import Forge, Source, States

_REFUSED = "request of changes refused"  # remembered, so that the same warning is not given again and again
_ROUNDS, _MOST = 3, 50  # how deep includes are followed, and how many files are read for it


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

    def decided(self, plan: Plan, examination: Examination, policy: ReviewPolicy, diff: Diff, source: Source) -> Plan:
        """The plan with what is done about the merge, and the status of a gate that somebody forced open."""
        state = self.states.get(self.mr.ref)
        limits = self._limits(diff, source) if policy.approve else ()
        gate = gating.decide(examination, policy, limits=limits, forced=state.overridden)
        status = planning.forced(state) if state.overridden and plan.status is not None else plan.status
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

    def kept_open(self, plan: Plan) -> Plan | None:
        """The plan with the status of a gate that somebody forced open, if that is so and the plan says otherwise."""
        state = self.states.get(self.mr.ref)
        if not state.overridden or plan.status is None or plan.status.state == "success":
            return None
        return planning.with_gate(plan, None, planning.forced(state))

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
            return ()
        told = self.states.standing_word(ref, _REFUSED) is not None
        self.states.put_word(ref, REQUESTED, None)
        self.states.put_word(ref, _REFUSED, self._word("said"))
        return () if told else (f"Changes could not be requested: {problem}",)

    def _limits(self, diff: Diff, source: Source) -> tuple[str, ...]:
        """What speaks against an approval, whatever the verdict is."""
        if self.mr.forked and self.forge.access_level(self.mr.ref.project_id, self.mr.author.id) < commands.GUEST:
            return ("the author is no member of the project",)
        if self.mr.overflow:
            return ("GitLab did not give the whole change",)
        ci_file = self.forge.ci_file(self.mr.ref.project_id) or CI_FILE
        found = _included(source, self.mr.refs.start_sha, ci_file)
        if found is None:
            return ("what the pipeline includes cannot be told",)
        try:
            path = gating.protected(diff, found, ci_file)
        except ConfigurationError:
            return ("what the pipeline includes cannot be told",)
        return (f"{path} is what the bot or the pipeline goes by",) if path else ()


def _included(source: Source, sha: str, ci_file: str) -> tuple[str, ...] | None:
    """Every local file that the target branch's pipeline includes, includes of includes among them; None: unknown."""
    known: dict[str, None] = {}
    wanted = [ci_file]
    for _ in range(_ROUNDS):
        try:
            texts: Mapping[str, str] = texts_at(source, sha, [path for path in wanted if "*" not in path][:_MOST])
        except SourceUnavailable:
            return None
        wanted = []
        for text in texts.values():
            more = gating.includes(text)
            if more is None:
                return None
            wanted += [path.lstrip("/") for path in more if path.lstrip("/") not in known]
        known |= dict.fromkeys(wanted)
        if not wanted:
            return tuple(known)
    return None
