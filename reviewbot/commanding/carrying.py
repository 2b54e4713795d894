"""A job of commands, top to bottom: each is checked, carried out and answered by itself."""

import time
from collections.abc import Mapping, Sequence

from reviewbot import saying
from reviewbot.commanding import glass, minding, telling
from reviewbot.commanding.office import Act, Office
from reviewbot.control import Control
from reviewbot.core import commands, explaining, replying
from reviewbot.core.commands import BREAK_GLASS, BY_NAME, Command
from reviewbot.core.inlines import code
from reviewbot.core.replying import Answered
from reviewbot.core.sanitising import sanitise_line
from reviewbot.errors import PermanentError
from reviewbot.model.event import CommandGiven
from reviewbot.model.job import ReviewJob
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Outcome
from reviewbot.saying import Secretary

_STRANGERS = 5  # answers that people who are no members get on one merge request
_ACTS: Mapping[str, Act] = {
    "pause": minding.pause,
    "ignore": minding.ignore,
    "resume": minding.resume,
    "resolve": minding.resolve,
    "explain": telling.explain,
    "config": telling.config,
    "help": telling.usage,
    BREAK_GLASS: glass.break_glass,
}


def carry_out(job: ReviewJob, office: Office, control: Control) -> Outcome:
    """Each command once, the oldest first: one that was answered before, by a run that was cut off, is done.

    Raises `TransientError` (try again later), `PermanentError`, `Stop`.
    """
    began = time.monotonic()
    office.step("snapshot")
    mr = office.forge.snapshot(job.ref, control)
    secretary = saying.secretary(office.forge, mr, office.key, f"{job.id}")
    given = sorted(job.commands, key=lambda one: (one.note_id, one.part))
    told = saying.one_by_one(given, lambda one: _once(one, secretary, office, control), minding.IN_ORDER)
    return Outcome(
        state="done" if told else "ignored",
        reason=", ".join(told) or "Nothing was left to do",
        head_sha=mr.refs.head_sha,
        forge_requests=office.forge.requests,
        seconds=time.monotonic() - began,
    )


def _once(given: CommandGiven, secretary: Secretary, office: Office, control: Control) -> str:
    """Carry the command out and answer it; what was done, for the record, empty when nothing was."""
    mr = secretary.mr
    if given.command == commands.WITHDRAW:
        return _withdraw(mr, office, control)
    found = secretary.waiting(given) if mr.state == "opened" else None
    if found is None:
        return ""
    office.step(f"command {given.address}")
    control.confirm()
    level = 0
    try:
        if office.forge.machine(given.user_id):
            return f"{given.username} is a machine"
        level = office.forge.access_level(mr.ref.project_id, given.user_id)
        what, text = _decided(given, level, mr, office, control)
    except PermanentError as error:
        words = office.voice.words(mr)
        what = f"failed-{_what(given.command)}"
        text = words("command.failed", problem=sanitise_line(words.reason(str(error))))
    if text and not _enough(secretary.answered, what, level):
        secretary.say(text, what, given, found[0])
    elif text and level >= commands.GUEST:
        office.forge.react(mr.ref, given.note_id, "question")  # heard, and answered before
    return f"{what} for {given.username}"


def _withdraw(mr: MergeRequest, office: Office, control: Control) -> str:
    try:
        warnings = office.door(mr, control).withdraw()
    except PermanentError as error:
        return f"the approval could not be looked after: {error}"
    return "; ".join(warnings) or "looked after the approval"


def _enough(answered: Sequence[Answered], what: str, level: int) -> bool:
    """Help for an unknown command is told once, a refusal once to each person, strangers get a few answers."""
    if what.startswith(("unknown", "refused")):
        return replying.told(answered, what)
    return level < commands.GUEST and len(answered) >= _STRANGERS


def _decided(given: CommandGiven, level: int, mr: MergeRequest, office: Office, control: Control) -> tuple[str, str]:
    """What was done, in a word for the marker, and what to say about it."""
    command = BY_NAME.get(given.command)
    if command is None:
        words = office.voice.words(mr)
        return "unknown", f"{words('command.unknown')} {explaining.usage(office.name, office.glass_level, words)}"
    author = given.user_id == mr.author.id
    if not commands.may(command, level, author=author, glass_level=office.glass_level):
        return _refused(command, given, level, mr, office)
    if command.name == BREAK_GLASS and not any(map(str.isalnum, given.arguments)):
        asked = code(f"@{office.name} {command.words}")
        return "no-reason", office.voice.words(mr)("command.no_reason", command=asked)
    return _what(command.name), _ACTS[command.name](given, mr, office, control)


def _refused(command: Command, given: CommandGiven, level: int, mr: MergeRequest, office: Office) -> tuple[str, str]:
    if level < commands.GUEST:
        return f"refused-{_what(command.name)}", ""  # strangers get no words for it: the run's reason tells
    return saying.refusal(command, given, office.glass_level, office.voice.words(mr))


def excuse(job: ReviewJob, office: Office, control: Control) -> None:
    """Tell whoever still waits for an answer that nothing was done."""
    mr = office.forge.snapshot(job.ref, control)
    secretary = saying.secretary(office.forge, mr, office.key, f"{job.id}")

    def tell(given: CommandGiven) -> str:
        found = secretary.waiting(given)
        if found is not None:
            words = office.voice.words(mr)
            text = words("command.gave_up", reason=sanitise_line(words.reason(job.reason)))
            secretary.say(text, f"failed-{_what(given.command)}", given, found[0])
        return ""

    saying.one_by_one(job.commands if mr.state == "opened" else (), tell)


def _what(name: str) -> str:
    return name.replace(" ", "-")
