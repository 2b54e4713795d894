"""The command `break glass`: recorded, and shown wherever a merge may be held up."""

from dataclasses import replace

from reviewbot.commanding.office import Office
from reviewbot.control import Control
from reviewbot.core import planning
from reviewbot.core.inlines import code
from reviewbot.core.sanitising import sanitise_line
from reviewbot.errors import PermanentError, Superseded
from reviewbot.model.event import CommandGiven
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Plan

_MOVES = 3  # how often a head may move on while the gate is forced open


def break_glass(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    """Recorded before it is shown: a review that publishes at the same time looks once more after it."""
    reason = " ".join(given.arguments.split()) or "no reason was given"
    office.states.override(
        mr.ref, reason, given.username, by_id=given.user_id, note_id=given.note_id, target=mr.target_branch
    )
    # The status first: it is what holds up the merge nearly everywhere.
    warnings = (*_shown_forced(mr, office, control), *_let_go(mr, office, control))
    words = office.voice.words(mr)
    who, why = code(f"@{given.username}"), sanitise_line(words.reason(reason))
    told = (sanitise_line(words.reason(warning)) for warning in warnings)
    holds = words("command.holds", command=code(f"@{office.name} resume"))
    return "\n\n".join((words("gate.forced", who=who, reason=why), holds, *told))


def _shown_forced(mr: MergeRequest, office: Office, control: Control) -> tuple[str, ...]:
    """Set the commit status of the head that is there now; why it could not be set."""
    if not office.policy.commit_status:
        return ()
    status = planning.forced(office.states.get(mr.ref), office.voice.language(mr))
    refs = mr.refs
    for _ in range(_MOVES):
        plan = Plan(
            ref=mr.ref,
            refs=refs,
            run="",
            status=status,
            status_project_id=mr.source_project_id,
            source_branch=mr.source_branch,
        )
        try:
            return office.forge.set_status(plan, control)
        except Superseded:
            control.confirm()  # it may be this run that is to stop
            refs = replace(refs, head_sha=office.forge.head(mr.ref)[0])
        except PermanentError as error:
            return (f"The commit status could not be set: {error}",)
    return ("The head keeps moving: the commit status comes with the next review.",)


def _let_go(mr: MergeRequest, office: Office, control: Control) -> tuple[str, ...]:
    """Take back a request for changes; why that failed."""
    try:
        return office.door(mr, control).let_go()
    except PermanentError as error:
        return (f"The request for changes could not be taken back: {error}",)
