"""Inline comments, each exactly once: one batch of drafts, or thread by thread where drafts are not to be had."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewbot.core import placing
from reviewbot.errors import ForgeRejected, ForgeUnavailable, PermanentError
from reviewbot.gitlab import drafts, records
from reviewbot.gitlab.desk import Desk
from reviewbot.gitlab.drafts import Draft, DraftsUnavailable
from reviewbot.gitlab.threads import standing
from reviewbot.model.outcome import Comment

Json = dict[str, Any]
Batch = dict[str, Draft]  # by fingerprint


@dataclass(slots=True)
class Inlined:
    """`posted`: fingerprint to note id, 0 where a batch did not tell. `unplaced`: GitLab took no position at all."""

    posted: dict[str, int] = field(default_factory=dict)
    fallbacks: dict[str, str] = field(default_factory=dict)
    unplaced: list[Comment] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, comment: Comment, note_id: int, index: int) -> None:
        self.posted[comment.fingerprint] = note_id
        if index > 0:
            file_level = comment.positions[index].file_level
            self.fallbacks[comment.fingerprint] = "file" if file_level else "single-line"


def inline(desk: Desk, leftover: Sequence[Json] | None, comments: Sequence[Comment]) -> Inlined:
    """Post `comments`, none of which stands in a thread yet. `leftover` are the bot's drafts, None without that API."""
    done = Inlined()
    try:
        if leftover is None:
            raise DraftsUnavailable
        batch = _drafted(desk, leftover, comments, done)
    except DraftsUnavailable:
        if comments:
            done.warnings.append("Draft notes are not to be had: comments were posted one by one")
        done.unplaced.clear()
        for comment in comments:
            _thread(desk, comment, done)
        return done
    if batch:
        _publish(desk, batch, done)
    return done


def _drafted(desk: Desk, leftover: Sequence[Json], comments: Sequence[Comment], done: Inlined) -> Batch:
    """One draft per comment, by fingerprint, those of a run that was cut off among them."""
    wanted = {comment.fingerprint: comment for comment in comments}
    batch = drafts.tidy(desk, leftover, wanted)
    lost = desk.lost
    for comment in comments:
        if comment.fingerprint in batch:
            continue
        draft = drafts.post(desk, comment)
        if draft is None:
            done.unplaced.append(comment)
        else:
            batch[comment.fingerprint] = draft
    if desk.lost > lost:  # a write that was taken for lost may have come in late: its copy would be published too
        batch |= drafts.tidy(desk, drafts.listed(desk) or (), wanted)
    return batch


def _publish(desk: Desk, batch: Batch, done: Inlined) -> None:
    """A bulk publish that fails may have published none, some or all, and leaves the drafts behind either way.

    When nothing is there, it is tried once more in one piece: GitLab was away. Else the rest goes one by one.
    """
    rest = batch
    for _ in range(2):
        try:
            drafts.publish_all(desk)
        except (ForgeUnavailable, PermanentError) as error:
            rest = _settle(desk, batch, done)
            if len(rest) < len(batch) or isinstance(error, PermanentError):
                break
            desk.reads.control.sleep(desk.reads.backoff.wait(error, 1))
        else:
            for draft in batch.values():
                done.add(draft.comment, 0, draft.position)
            return
    for draft in rest.values():
        _publish_one(desk, draft, done)


def _settle(desk: Desk, batch: Batch, done: Inlined) -> Batch:
    """Note the comments that stand in a thread by now, and remove their drafts; the drafts that are left."""
    rows = drafts.listed(desk) or ()  # before the threads: what is published in between is then seen as a note
    there = standing(desk).comments
    for fingerprint, draft in batch.items():
        if fingerprint in there:
            done.add(draft.comment, there[fingerprint], draft.position)
    wanted = {fingerprint: draft.comment for fingerprint, draft in batch.items() if fingerprint not in there}
    kept = drafts.tidy(desk, rows, wanted)
    for fingerprint, comment in wanted.items():
        if fingerprint not in kept:  # neither draft nor note
            _thread(desk, comment, done)
    return kept


def _publish_one(desk: Desk, draft: Draft, done: Inlined) -> None:
    """Publish one draft; when that fails, as a thread, where GitLab says what is wrong with a position."""
    try:
        drafts.publish(desk, draft.id)
    except (ForgeUnavailable, PermanentError):
        drafts.delete(desk, draft.id)
        note_id = standing(desk).comments.get(draft.comment.fingerprint)
        if note_id is None:
            _thread(desk, draft.comment, done)
            return
        done.add(draft.comment, note_id, draft.position)
    else:
        done.add(draft.comment, 0, draft.position)


def _thread(desk: Desk, comment: Comment, done: Inlined) -> None:
    """Start a thread at the first position that GitLab takes; without one the comment is `unplaced`."""
    for index, position in enumerate(comment.positions):
        data = {"body": comment.body_at(position), "position": placing.payload(position)}
        try:
            note_id = desk.write(
                lambda: _first_note(desk.client.post(f"{desk.path}/discussions", data)),  # noqa: B023 - called now
                lambda: standing(desk).comments.get(comment.fingerprint),
            )
        except ForgeRejected:
            continue
        done.add(comment, note_id, index)
        return
    done.unplaced.append(comment)


def _first_note(json: object) -> int:
    """0 where GitLab does not tell it."""
    notes = records.discussion(json).notes
    return notes[0].id if notes else 0
