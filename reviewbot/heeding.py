"""What people made of the bot's earlier findings in a merge request, as far as their word counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from reviewbot.core import planning, suppressing
from reviewbot.core import threads as speaking
from reviewbot.core.threads import Opinion
from reviewbot.following import Memory
from reviewbot.model.diff import Diff
from reviewbot.model.memory import Suppression
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Became, ReviewedVersion
from reviewbot.ports import Forge, Reactions, States, Suppressions

DEVELOPER = 30  # GitLab docs, "Members API": access levels


@dataclass(frozen=True, slots=True)
class Notebook:
    """What is remembered between runs beside the reviewed version."""

    suppressions: Suppressions
    reactions: Reactions
    states: States


def heed(
    merge_request: MergeRequest,
    earlier: ReviewedVersion | None,
    forge: Forge,
    notebook: Notebook,
    key: bytes,
    *,
    whole: bool,
) -> Memory:
    """What is known of earlier runs and what people said since.

    A word against a finding counts when it is of somebody with the Developer role or more: everybody may react with an
    emoji or answer, and the author of a merge request, who may be a stranger, may resolve its threads. A comment can
    only be deleted by those who may do more.
    """
    ref, me = merge_request.ref, merge_request.me
    found = speaking.threads(merge_request.discussions, key, ref, me)
    deleted = planning.deleted(earlier.notes, merge_request, key) if earlier else ()
    said = speaking.opinions(found, notebook.reactions.standing(ref), deleted, me)
    levels = {user: forge.access_level(ref.project_id, user) for user in {one.person.id for one in said if one.person}}
    heard = [one for one in said if one.person is None or levels[one.person.id] >= DEVELOPER]
    return Memory(
        ref=ref,
        earlier=earlier,
        threads=found,
        opinions=speaking.by_fingerprint(heard),
        suppressions=_standing(notebook, merge_request, speaking.by_fingerprint(heard)),
        whole=whole,
    )


def _standing(
    notebook: Notebook, merge_request: MergeRequest, opinions: Mapping[str, Opinion]
) -> tuple[Suppression, ...]:
    """Those that count here; of signs (a thread resolved, 👎) in its own merge request those that are still there."""
    return tuple(
        one
        for one in notebook.suppressions.active(merge_request.ref)
        if one.iid != merge_request.ref.iid or one.how not in {"resolved", "thumbs_down"} or one.fingerprint in opinions
    )


def note_dismissals(memory: Memory, became: tuple[Became, ...], diff: Diff, notebook: Notebook, now: float) -> None:
    """Remember what was dismissed since the last run; telling it twice changes nothing."""
    for one in became:
        opinion = memory.opinions.get(one.finding.fingerprint)
        if one.fate == "dismissed" and opinion is not None:
            file = diff.file(one.finding.anchor.path)
            dismissed = suppressing.remember(one.finding, file, memory.ref, opinion, now, project_wide=True)
            notebook.suppressions.record(dismissed)
