"""What people made of the bot's earlier findings in a merge request, as far as their word counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from reviewbot.core import planning, suppressing
from reviewbot.core import threads as speaking
from reviewbot.core.threads import Opinion
from reviewbot.following import Memory
from reviewbot.model.diff import Diff
from reviewbot.model.memory import Suppression
from reviewbot.model.merge_request import MergeRequest, MergeRequestRef, Person
from reviewbot.model.outcome import Became, ReviewedVersion
from reviewbot.ports import Forge, Reactions, States, Suppressions

DEVELOPER = 30  # GitLab docs, "Members API": access levels
_SIGNS = frozenset({"resolved", "thumbs_down", "command"})  # that can be taken back


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
    opinions = speaking.by_fingerprint(heard)
    active = notebook.suppressions.active(ref)
    withdrawn = tuple(one.id for one in active if _withdrawn(one, ref, opinions))
    active = [one for one in active if one.id not in withdrawn]
    told = {one.fingerprint: _opinion(one) for one in active if one.iid == ref.iid}
    return Memory(
        ref=ref,
        earlier=earlier,
        threads=found,
        opinions=told | opinions,
        suppressions=active,
        withdrawn=withdrawn,
        whole=whole,
    )


def _withdrawn(one: Suppression, ref: MergeRequestRef, opinions: Mapping[str, Opinion]) -> bool:
    """Whether the sign (a thread resolved, 👎) by which a finding of this merge request was dismissed is gone."""
    return one.iid == ref.iid and one.how in _SIGNS and one.fingerprint not in opinions


def _opinion(one: Suppression) -> Opinion:
    return Opinion(one.fingerprint, one.how, Person(one.by_id, one.by) if one.by_id else None, one.reason)


def note_dismissals(memory: Memory, became: tuple[Became, ...], diff: Diff, notebook: Notebook, now: float) -> None:
    """Remember what was dismissed since the last run, and what is no more; telling it twice changes nothing.

    A command closes all threads at once: that speaks of this merge request, and of no finding in another.
    """
    for withdrawn in memory.withdrawn:
        notebook.suppressions.lift(withdrawn, "")
    for one in became:
        opinion = memory.opinions.get(one.finding.fingerprint)
        if one.fate == "dismissed" and opinion is not None:
            file = diff.file(one.finding.anchor.path)
            wide = opinion.how != "command"
            dismissed = suppressing.remember(one.finding, file, memory.ref, opinion, now, project_wide=wide)
            notebook.suppressions.record(dismissed)
