"""What people made of the bot's earlier findings in a merge request, as far as their word counts."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reviewbot.core import feedback, holding, planning, suppressing
from reviewbot.core import threads as speaking
from reviewbot.core.commands import DEVELOPER
from reviewbot.core.threads import Opinion
from reviewbot.following import Memory
from reviewbot.listening import Feedback, Holds, Roles
from reviewbot.model.diff import Diff
from reviewbot.model.feedback import Award, Ended
from reviewbot.model.holding import Hold
from reviewbot.model.memory import Suppression
from reviewbot.model.merge_request import MergeRequest, MergeRequestRef, Person
from reviewbot.model.outcome import Became, ReviewedVersion
from reviewbot.ports import Forge, Reactions, States, Suppressions

_SIGNS = frozenset({"resolved", "thumbs_down", "command"})  # that can be taken back


@dataclass(frozen=True, slots=True)
class Notebook:
    """What is remembered between runs beside the reviewed version."""

    suppressions: Suppressions
    reactions: Reactions
    states: States
    feedback: Feedback
    holds: Holds


def heed(
    merge_request: MergeRequest,
    earlier: ReviewedVersion | None,
    forge: Forge,
    notebook: Notebook,
    key: bytes,
    *,
    whole: bool,
) -> Memory:
    """What is known of earlier runs, what people said since, and what the project holds back."""
    memory = hear(merge_request, earlier, forge, notebook, key)
    return replace(memory, whole=whole, holds=_holds(merge_request.ref.project_id, forge, notebook))


def _holds(project_id: int, forge: Roles, notebook: Notebook) -> Sequence[Hold]:
    """The role of a person is asked where it may decide, and kept: a project that holds nothing back costs nothing."""
    said, kept = notebook.holds.evidence(project_id)
    levels = {user: forge.access_level(project_id, user) for user in holding.unsure(said, kept)}
    notebook.feedback.learn_levels(project_id, levels)
    said = [replace(word, level=levels[word.by]) if word.level is None and word.by in levels else word for word in said]
    found = holding.holds(said, kept)
    return notebook.holds.keep(project_id, found, {one.id for one in kept} - {one.id for one in found})


def hear(
    merge_request: MergeRequest,
    earlier: ReviewedVersion | None,
    forge: Roles,
    notebook: Notebook,
    key: bytes,
) -> Memory:
    """What people said in a merge request, as far as their word counts.

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
        levels=levels,
    )


def _withdrawn(one: Suppression, ref: MergeRequestRef, opinions: Mapping[str, Opinion]) -> bool:
    """Whether the sign (a thread resolved, 👎) by which a finding of this merge request was dismissed is gone."""
    return one.iid == ref.iid and one.how in _SIGNS and one.fingerprint not in opinions


def _opinion(one: Suppression) -> Opinion:
    return Opinion(one.fingerprint, one.how, Person(one.by_id, one.by) if one.by_id else None, one.reason)


def note(
    merge_request: MergeRequest,
    memory: Memory,
    became: tuple[Became, ...],
    diff: Diff,
    notebook: Notebook,
    seconds: float,
) -> None:
    """Remember what was dismissed, and keep what was seen of people's words by a run that began `seconds` ago."""
    now = time.time()
    note_dismissals(memory, became, diff, notebook, now)
    observe(merge_request, memory.threads, notebook, None, now - seconds)
    notebook.feedback.learn_levels(memory.ref.project_id, memory.levels)
    notebook.feedback.tell(memory.ref, [_ended(one, memory) for one in became], now)


def observe(
    merge_request: MergeRequest,
    found: Mapping[str, speaking.Thread],
    notebook: Notebook,
    awards: Sequence[Award] | None,
    began: float,
) -> None:
    """Keep what a look at GitLab that began at `began` saw in our threads, and of emoji, if it looked at them."""
    ref, me = merge_request.ref, merge_request.me
    heard = feedback.heard(found, merge_request.discussions, ref, me.id if me else 0)
    there = {one.id for discussion in merge_request.discussions for one in discussion.notes}
    notebook.feedback.observe(ref, heard, there, awards, began)


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


def conclude(memory: Memory, notebook: Notebook, now: float) -> None:
    """Remember what people said of the findings that were open when a merge request ended: no run comes after that.

    A thread that was resolved, or closed by a command, is left at that: many projects let nobody merge with open ones.
    """
    for withdrawn in memory.withdrawn:
        notebook.suppressions.lift(withdrawn, "")
    ended = []
    for finding in memory.earlier.findings if memory.earlier else ():
        opinion = memory.opinions.get(finding.fingerprint)
        if opinion is not None and opinion.how not in {"resolved", "command"}:
            dismissed = suppressing.remember(finding, None, memory.ref, opinion, now, project_wide=True)
            notebook.suppressions.record(dismissed)
            by = opinion.person.id if opinion.person else 0
            ended.append(Ended(finding.fingerprint, "dismissed", opinion.how, by))
    notebook.feedback.learn_levels(memory.ref.project_id, memory.levels)
    notebook.feedback.tell(memory.ref, ended, now)


def _ended(one: Became, memory: Memory) -> Ended:
    fingerprint = one.finding.fingerprint
    opinion = memory.opinions.get(fingerprint) if one.fate == "dismissed" else None
    if opinion is None:
        return Ended(fingerprint, "open" if one.fate == "moved" else one.fate)
    return Ended(fingerprint, one.fate, opinion.how, opinion.person.id if opinion.person else 0)
