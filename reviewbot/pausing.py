"""After many pushes the bot pauses by itself, and says once how to ask for more."""

from reviewbot.core import phrases
from reviewbot.model.job import ReviewJob
from reviewbot.model.memory import MergeRequestState
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import CommitStatus, Plan
from reviewbot.model.policy import ReviewPolicy
from reviewbot.ports import States


def notice(state: MergeRequestState, policy: ReviewPolicy, *, pushed: bool) -> str:
    """What the summary says: that reviews are paused, or that they are from now on; empty: they go on.

    `pushed`: this review is of a later version and nobody asked for it.
    """
    words = phrases.of(policy.language)
    how = words("pause.how")
    if state.paused and state.paused_by:
        return words("pause.paused_by", who=f"@{state.paused_by}", how=how)
    if state.paused:
        return words("pause.paused", how=how)
    if pushed and 0 < policy.pause_after <= state.pushes + 1:
        return words("pause.now", n=state.pushes + 1, how=how)
    return ""


def count(states: States, job: ReviewJob, head_sha: str, policy: ReviewPolicy) -> None:
    """Count a reviewed push, and pause after as many as the policy says. The same head twice counts once."""
    pushes = states.count_push(job.ref, head_sha)
    if 0 < policy.pause_after <= pushes:
        states.pause(job.ref, f"{pushes} pushes were reviewed")


def plan(merge_request: MergeRequest, run: str, run_url: str, policy: ReviewPolicy) -> Plan:
    """A head that is not reviewed because of a pause: its commit status says so and holds up no merge."""
    words = phrases.of(policy.language)
    told = words("pause.status", how=words("pause.how").replace("`", ""))
    status = CommitStatus("skipped", told, target_url=run_url)
    return Plan(
        ref=merge_request.ref,
        refs=merge_request.refs,
        run=run,
        status=status if policy.commit_status else None,
        status_project_id=merge_request.source_project_id,
        source_branch=merge_request.source_branch,
    )
