"""A plan -> GitLab, exactly once, whatever a run that was cut off has left behind.

Requests without trouble: head, drafts, threads, one per comment, one for the batch, three per thread that is resolved,
summary, status, labels that change, threads once more for the ids of what the batch published.
"""

from reviewbot.errors import ForgeRejected, HeadMoved, TransientError
from reviewbot.gitlab import drafts, inlining, labels, resolving, statuses, summaries, threads
from reviewbot.gitlab.desk import Desk
from reviewbot.gitlab.retrying import Reads
from reviewbot.gitlab.snapshot import base_path
from reviewbot.gitlab.threads import Standing
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Plan, Published


def head(reads: Reads, ref: MergeRequestRef) -> tuple[str, str]:
    """Current head SHA and state."""
    json = reads.object(base_path(ref))
    return str(json.get("sha") or ""), str(json.get("state") or "")


def publish(desk: Desk, plan: Plan) -> Published:
    """Write the plan; a second time changes nothing and sends no write.

    Raises `HeadMoved` when the head has moved, `ForgeRejected` when the merge request is not open any more,
    and what the control and the client raise: the same plan may then be published again.
    """
    _confirm_head(desk, plan)
    leftover = drafts.listed(desk)  # before the threads: a draft that is published in between is then seen as a note
    before = threads.standing(desk)
    threads.remove(desk, before.doubles)
    known = tuple(one.fingerprint for one in plan.comments if one.fingerprint in before.comments)
    missing = [one for one in plan.comments if one.fingerprint not in before.comments]
    done = inlining.inline(desk, leftover, missing)
    resolved = resolving.resolve(desk, plan.resolutions)
    body = summaries.with_unplaced(plan.summary, done.unplaced, plan.language)
    note_id = summaries.write(desk, body, before.summaries) if body else None
    warnings = statuses.set_status(desk, plan, look_first=_told_before(desk, plan, before))
    warnings += labels.set_labels(desk, plan.labels)
    if desk.lost:
        _remove_latecomers(desk)
    unplaced = {comment.fingerprint: "summary" for comment in done.unplaced}
    posted, discussions = _identified(desk, done.posted)
    return Published(
        posted=posted,
        known=known,
        fallbacks={**done.fallbacks, **unplaced},
        summary_note_id=note_id,
        warnings=(*done.warnings, *resolved.warnings, *warnings),
        resolved=tuple(resolved.threads),
        discussions={**before.discussions, **discussions},
        standing={**before.comments, **posted},
    )


def _identified(desk: Desk, posted: dict[str, int]) -> tuple[dict[str, int], dict[str, str]]:
    """A batch does not tell the ids of its notes: one look at the threads does. What is not seen there keeps 0.

    Also the ids of the threads, where the look was needed.
    """
    if all(posted.values()):
        return posted, {}
    try:
        there = threads.standing(desk)
    except TransientError:
        return posted, {}  # everything is written; the next run sees it
    known = {fingerprint: note_id or there.comments.get(fingerprint, 0) for fingerprint, note_id in posted.items()}
    return known, there.discussions


def set_status(desk: Desk, plan: Plan) -> tuple[str, ...]:
    """The status alone, beside a run that may be publishing: drafts and notes are left alone. Returns warnings."""
    _confirm_head(desk, plan)
    return statuses.set_status(desk, plan, look_first=False)


def _confirm_head(desk: Desk, plan: Plan) -> None:
    sha, state = head(desk.reads, plan.ref)
    if state != "opened":
        raise ForgeRejected(f"Merge request {plan.ref} is {state or 'gone'}: nothing was posted")
    if sha != plan.refs.head_sha:
        raise HeadMoved(f"Merge request {plan.ref} has moved on to {sha[:12]}")


def _told_before(desk: Desk, plan: Plan, before: Standing) -> bool:
    """Whether a summary of this very head stands there, so that its status probably does too."""
    marks = [desk.marker(note.body) for note in before.summaries]
    return any(mark is not None and mark.extra == plan.refs.head_sha for mark in marks)


def _remove_latecomers(desk: Desk) -> None:
    """Writes whose answers were lost were repeated when they were not there: one of them may have come in since."""
    after = threads.standing(desk)
    mine = [note.id for note in after.summaries if note.author.id == (desk.client.known_identity() or note.author).id]
    threads.remove(desk, [*after.doubles, *mine[1:]])
