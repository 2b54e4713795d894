"""The bot's approval and its request for changes: decided within limits, noted before said, taken back on a push."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reviewbot.core import commands, gating, planning
from reviewbot.core.gating import APPROVED, CI_FILE, REQUESTED
from reviewbot.errors import ConfigurationError, ForgeRefused, SourceUnavailable
from reviewbot.examine import texts_at
from reviewbot.model.diff import Diff
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Examination, Plan
from reviewbot.model.policy import ReviewPolicy
from reviewbot.ports import Forge, Source, States

_REFUSED = "request of changes refused"  # remembered, so that the same warning is not given again and again
_ROUNDS, _MOST = 3, 50  # how deep includes are followed, and how many files are read for it


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """The gate of one merge request. `confirm` is called before each write."""

    forge: Forge
    states: States
    mr: MergeRequest
    confirm: Callable[[], None]

    def withdraw(self) -> None:
        """Take back an approval of another head than the one that is there now: nobody has read this one yet."""
        stands = self.states.standing_word(self.mr.ref, APPROVED)
        if stands and stands != self.mr.refs.head_sha:
            self._unapprove()

    def decided(self, plan: Plan, examination: Examination, policy: ReviewPolicy, diff: Diff, source: Source) -> Plan:
        """The plan with what is done about the merge, and the status of a gate that somebody forced open."""
        state = self.states.get(self.mr.ref)
        limits = self._limits(diff, source) if policy.approve else ()
        gate = gating.decide(examination, policy, limits=limits, forced=state.overridden)
        status = (
            planning.forced(state, policy.language) if state.overridden and plan.status is not None else plan.status
        )
        return planning.with_gate(plan, gate, status)

    def act(self, plan: Plan) -> tuple[str, ...]:
        """Say on GitLab what the plan says, if it is not said already. Returns warnings.

        Raises `Superseded` when the head has moved.
        """
        if plan.gate is None:
            return ()
        head, ref = plan.refs.head_sha, plan.ref
        warnings: list[str] = []
        approved = self.states.standing_word(ref, APPROVED)
        if plan.gate.approve and approved != head:
            warnings += self._approve(head)
        elif not plan.gate.approve and approved:
            self._unapprove()
        asked = self.states.standing_word(ref, REQUESTED)
        if plan.gate.request_changes and not asked and not self.states.standing_word(ref, _REFUSED):
            warnings += self._request(head)
        elif plan.gate.request_changes is False and asked:
            self.let_go()
        return tuple(warnings)

    def let_go(self) -> str:
        """Take back a request for changes; why GitLab did not do it, empty when none stands any more."""
        problem = ""
        if self.states.standing_word(self.mr.ref, REQUESTED):
            self.confirm()
            problem = self.forge.request_changes(self.mr, wanted=False)
            if not problem:
                self.states.put_word(self.mr.ref, REQUESTED, "")
        return problem

    def kept_open(self, plan: Plan) -> Plan | None:
        """The plan with the status of a gate that somebody forced open, if that is so and the plan says otherwise."""
        state = self.states.get(self.mr.ref)
        if not state.overridden or plan.status is None or plan.status.state == "success":
            return None
        self.let_go()
        return planning.with_gate(plan, None, planning.forced(state, plan.language))

    def _approve(self, head: str) -> Sequence[str]:
        self.states.put_word(self.mr.ref, APPROVED, head)
        self.confirm()
        try:
            self.forge.approve(self.mr.ref, head)
        except ForgeRefused as error:
            self.states.put_word(self.mr.ref, APPROVED, "")
            return (f"The merge request could not be approved: {error.message}",)
        return ()

    def _unapprove(self) -> None:
        self.confirm()
        self.forge.unapprove(self.mr.ref)
        self.states.put_word(self.mr.ref, APPROVED, "")

    def _request(self, head: str) -> Sequence[str]:
        self.states.put_word(self.mr.ref, REQUESTED, head)
        self.confirm()
        problem = self.forge.request_changes(self.mr, wanted=True)
        if not problem:
            return ()
        self.states.put_word(self.mr.ref, REQUESTED, "")
        self.states.put_word(self.mr.ref, _REFUSED, head)
        return (f"Changes could not be requested: {problem}",)

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
