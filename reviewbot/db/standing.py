"""What an event does to the jobs of one merge request: decisions over their rows, no database in here."""

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from reviewbot.core.commands import WITHDRAW
from reviewbot.core.welcome import DRAFT
from reviewbot.model.event import Closed, CommandGiven, Labelled, ReviewWanted
from reviewbot.model.job import JobKind, JobState
from reviewbot.model.merge_request import MergeRequestRef

Row = dict[str, Any]

# Pushes come in bursts; everything else was one deliberate act and starts at once.
_DEBOUNCED = frozenset({"pushed"})
# These say nothing but "here is a head": a head that was tried and given up is not tried again for them.
_ABOUT_THE_HEAD = frozenset({"opened", "pushed", "poll"})
# What these ask for hangs on something else: who gave the command, what the repository makes of a label. The weakest
# first: a run for a label hears commands too, a run for a command no label.
_HANGING = ("command", "label")
_MOST_COMMANDS = 20
# What does nothing but answer goes first when too much is said at once: a flood of it pushes out no command.
_PLAIN_TALK = frozenset({"question", "reply", "unknown", "help", "explain", "config"})


@dataclass(frozen=True, slots=True)
class Debounce:
    """A push waits `seconds` for the next one, all of them together at most `longest` more than the first."""

    seconds: float
    longest: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event came to: the job it belongs to (if any), why nothing was started, whether to enqueue the job."""

    row: Row | None = None
    note: str = ""
    enqueue: bool = False


@dataclass
class Standing:
    """The jobs of one merge request and kind while a batch of events is applied. Rows in `touched` are to be saved.

    A row without `id` is new. `superseded_by` of a running row may be such a row until it is saved.
    """

    ref: MergeRequestRef
    waiting: Row | None = None
    running: Row | None = None
    ended: Row | None = None  # the newest one; of reviews only
    touched: list[Row] = field(default_factory=list)

    def want(self, event: ReviewWanted, now: float, debounce: Debounce, command: CommandGiven | None = None) -> Effect:
        """A review of a head is wanted: the waiting row is moved to it, or a new one is made, or nothing is needed."""
        if self.waiting is not None:
            effect = self._move(self.waiting, event, now, debounce, command)
        elif reason := self.covered(event):
            return Effect(self.running or self.ended, reason)
        else:
            self.waiting = _new_row(event, now, debounce, command)
            self.touched.append(self.waiting)
            effect = Effect(self.waiting, enqueue=True)
        if self.running is not None and _outdated(self.running, event):
            self._touch(self.waiting, **together(self.running, self.waiting))
            self._touch(self.running, stop="A newer head of the merge request is known", superseded_by=self.waiting)
        return effect

    def say(self, event: CommandGiven, kind: JobKind, now: float) -> Effect:
        """A comment for the bot: it joins those that wait, or a new row is made. Each note is heard once."""
        if self.waiting is None:
            wish = ReviewWanted(event.ref, event.head_sha, "talk", path=event.path)
            self.waiting = _new_row(wish, now, Debounce(0, 0), event, kind)
            self.touched.append(self.waiting)
            return Effect(self.waiting, enqueue=True)
        self._touch(self.waiting, commands=joined(self.waiting["commands"], _dump(event)))
        return Effect(self.waiting, enqueue=not self.waiting["attempts"])

    def close(self, event: Closed, now: float) -> Effect:
        """Merged or closed: what waits ends here, what runs stops at its next check."""
        reason = f"The merge request was {event.state}"
        row = self.waiting or self.running
        if self.waiting is not None:
            state = JobState.SUPERSEDED.value
            self._touch(self.waiting, state=state, outcome="superseded", reason=reason, finished_at=now)
            self.ended, self.waiting = self.waiting, None
        if self.running is not None and not self.running["stop"]:
            self._touch(self.running, stop=reason)
        return Effect(row, reason)

    def covered(self, event: ReviewWanted) -> str:
        """Why a review of this head need not be started; empty when it must."""
        if event.explicit or event.trigger == "target":  # another target branch is another diff of the same head
            return ""
        if self.running is not None and event.trigger == "ready":
            return ""  # the run may have seen the draft that it was
        if self.running is not None and not self.running["stop"]:
            same = not event.head_sha or event.head_sha == self.running["head_sha"]
            return "This head is being reviewed" if same and self.running["trigger"] not in _HANGING else ""
        if self.ended is None or not event.head_sha or event.head_sha != self.ended["head_sha"]:
            return ""
        if event.trigger == "reopened":  # its target branch may be another one: the run finds out
            return ""
        return _answered(self.ended, event)

    def tried(self, head_sha: str) -> bool:
        """Whether a run for this head's other target branch is to come, or was in vain, as another would be."""
        if self.waiting is not None or self.running is not None:
            return True  # it reads what is there now; what it had read before is asked about again after it
        ended = self.ended
        if ended is None or (ended["head_sha"], ended["trigger"]) != (head_sha, "target"):
            return False
        if ended["outcome"] == "ignored":
            return bool(ended["reason"] != DRAFT)  # the poll asks for ready ones only
        return ended["state"] in {JobState.FAILED, JobState.QUARANTINED}

    def _move(
        self, row: Row, event: ReviewWanted, now: float, debounce: Debounce, command: CommandGiven | None
    ) -> Effect:
        at_once = event.trigger not in _DEBOUNCED
        backing_off = row["attempts"] > 0 and not event.explicit
        due_at = now if at_once else min(now + debounce.seconds, row["first_due_at"] + debounce.longest)
        if backing_off:
            due_at = max(due_at, row["due_at"])
        changes: Row = {"due_at": due_at}
        if event.head_sha and event.head_sha != row["head_sha"]:
            changes |= {"head_sha": event.head_sha, "crashes": 0, "alone": False}  # other code, another chance
        for name in ("path", "title", "author"):
            if value := getattr(event, name):
                changes[name] = value
        if command is None:
            changes |= {"trigger": event.trigger, "explicit": row["explicit"] or event.explicit}
        else:
            # A comment by anybody, or any label, must not turn a review that comes anyway into one that hangs on it.
            changes["trigger"] = _stronger(row["trigger"], event.trigger)
            changes["commands"] = joined(row["commands"], _dump(command))
        self._touch(row, **changes)
        return Effect(row, enqueue=not backing_off)

    def _touch(self, row: Row, **changes: Any) -> None:
        row.update(changes)
        if not any(row is other for other in self.touched):
            self.touched.append(row)


def _answered(ended: Row, event: ReviewWanted) -> str:
    """Why the newest ended job of the same head answers the event; empty when it says nothing about the head."""
    ignored = ended["outcome"] == "ignored"
    if ended["state"] == JobState.DONE and not ignored:
        return "This head was reviewed before"
    if ignored and ended["trigger"] in _HANGING:
        return ""  # somebody asked who may not, or by a label that asks for nothing
    if ignored and ended["reason"] == DRAFT and event.trigger == "poll":
        return ""  # it is one no more: the poll asks for ready ones only
    if event.trigger in _ABOUT_THE_HEAD and ended["state"] != JobState.SUPERSEDED:
        return f"This head was tried before: {ended['reason']}"
    return ""


def labelled(event: Labelled) -> tuple[CommandGiven, ReviewWanted]:
    """Added labels as a request of the kind that the job looks into: they count once the configuration was read."""
    command = CommandGiven(
        event.ref, "label", "", event.user_id, event.username, 0, "", event.head_sha, event.path, event.labels
    )
    return command, ReviewWanted(
        event.ref, event.head_sha, "label", event.path, event.title, event.author, explicit=True
    )


def _outdated(running: Row, event: ReviewWanted) -> bool:
    """A run of another head is stopped; one that repeats the head on request waits for it."""
    if running["stop"]:
        return False
    return event.trigger == "target" or bool(event.head_sha and event.head_sha != running["head_sha"])


def _new_row(
    event: ReviewWanted, now: float, debounce: Debounce, command: CommandGiven | None, kind: JobKind = "review"
) -> Row:
    due_at = now + (debounce.seconds if event.trigger in _DEBOUNCED else 0.0)
    return {
        "project_id": event.ref.project_id,
        "iid": event.ref.iid,
        "kind": kind,
        "head_sha": event.head_sha,
        "trigger": event.trigger,
        "state": JobState.WAITING.value,
        # A command counts once its giver's role is known: until then nothing else may lean on it.
        "explicit": event.explicit and command is None,
        "path": event.path,
        "title": event.title,
        "author": event.author,
        "commands": _dump(command) if command else "[]",
        "reason": "",
        "due_at": due_at,
        "first_due_at": due_at,
        "attempts": 0,
        "crashes": 0,
        "alone": False,
        "stop": "",
        "superseded_by": None,
        "created_at": now,
        "finished_at": None,
        "outcome": "",
    }


def _dump(command: CommandGiven) -> str:
    return json.dumps([dataclasses.asdict(command)])


def together(earlier: Row, later: Row) -> Row:
    """What two rows of one merge request and kind ask for, as changes of the later one: a request is never lost."""
    return {
        **{name: later[name] or earlier[name] for name in ("path", "title", "author")},
        "commands": joined(earlier["commands"], later["commands"]),
        "explicit": earlier["explicit"] or later["explicit"],
        "trigger": _stronger(earlier["trigger"], later["trigger"]),
    }


def _stronger(earlier: str, later: str) -> str:
    """Of two triggers the one that hangs on less; the later one when that is equal."""

    def strength(trigger: str) -> int:
        return _HANGING.index(trigger) if trigger in _HANGING else len(_HANGING)

    return earlier if strength(earlier) > strength(later) else later


def joined(earlier: str, later: str) -> str:
    """The commands of both lists, oldest first, each once; of too many talk goes first, then the oldest of whoever said
    most: nobody can push out what somebody else has asked for.
    """
    entries = json.loads(earlier)
    heard = {_place(entry) for entry in entries if entry["note_id"] or entry["command"] == WITHDRAW}
    entries += [entry for entry in json.loads(later) if _place(entry) not in heard]
    while len(entries) > _MOST_COMMANDS:
        often = Counter(entry["user_id"] for entry in entries)
        talk = [entry for entry in entries if entry["command"] in _PLAIN_TALK]
        entries.remove(max(talk or entries, key=lambda entry: often[entry["user_id"]]))
    return json.dumps(entries)


def _place(entry: Row) -> tuple[int, int]:
    """Where it was said: the note, and which part of it. What nobody said is in the place of all of its kind."""
    return entry["note_id"], entry.get("part", 0)
