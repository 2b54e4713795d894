"""What comments command, carried out one by one. No model is asked: it works while models and budgets are out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewbot.configured import Voice, configured
from reviewbot.control import Control
from reviewbot.core import commands, explaining, planning, replying
from reviewbot.core.commands import BREAK_GLASS, BY_NAME, Command
from reviewbot.core.inlines import code
from reviewbot.core.replying import Answered
from reviewbot.core.sanitising import sanitise_line
from reviewbot.gate import Doorkeeper
from reviewbot.model.event import CommandGiven, Event, ReviewWanted
from reviewbot.model.job import ReviewJob
from reviewbot.model.memory import IGNORED
from reviewbot.model.merge_request import Discussion, MergeRequest
from reviewbot.model.outcome import Outcome, Plan
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.ports import Forge, Source, States

_STRANGERS = 5  # answers that people who are no members get on one merge request


@dataclass(frozen=True, slots=True)
class Office:
    """What a command touches. `glass_level` is the access level for `break glass`, `want` asks for a review.

    `policy` is the operator's; `name` is what the bot is called, `voice` how it speaks.
    """

    forge: Forge
    source: Callable[[MergeRequest], Source]
    states: States
    key: bytes
    policy: ReviewPolicy
    rules: Sequence[Rule]
    glass_level: int
    name: str
    voice: Voice
    want: Callable[[Event], object]
    step: Callable[[str], None]


def carry_out(job: ReviewJob, office: Office, control: Control) -> Outcome:
    """Each command once, `break glass` first: one that was answered before, by a run that was cut off, is done.

    Raises `TransientError` (try again later), `PermanentError`, `Stop`.
    """
    began = time.monotonic()
    office.step("snapshot")
    mr = office.forge.snapshot(job.ref, control)
    told: list[str] = []
    if any(one.command == commands.WITHDRAW for one in job.commands):
        Doorkeeper(office.forge, office.states, mr, control.confirm).withdraw()
        told.append("looked after the approval")
    if mr.state == "opened":
        given = sorted(job.commands, key=lambda one: (one.command != BREAK_GLASS, one.note_id))
        answered = list(replying.answered(mr, office.key))
        told += [_once(one, answered, job, mr, office, control) for one in given if one.command != commands.WITHDRAW]
    said = ", ".join(one for one in told if one)
    return Outcome(
        state="done" if said else "ignored",
        reason=said or "Nothing was left to do",
        head_sha=mr.refs.head_sha,
        forge_requests=office.forge.requests,
        seconds=time.monotonic() - began,
    )


def _once(
    given: CommandGiven, answered: list[Answered], job: ReviewJob, mr: MergeRequest, office: Office, control: Control
) -> str:
    """Carry the command out and answer it; what was done, for the record, empty when nothing was."""
    found = replying.unanswered(mr, given.note_id, answered, office.key)
    if found is None:
        return ""
    discussion, _ = found
    office.step(f"command {given.note_id}")
    control.confirm()
    level = office.forge.access_level(job.ref.project_id, given.user_id)
    what, text = _decided(given, level, mr, office, control)
    if not text or _enough(answered, what, level):
        return ""
    body = replying.body(text, given.note_id, what, run=str(job.id), key=office.key, ref=job.ref)
    office.forge.reply(job.ref, discussion.id, body)
    answered.append(Answered(str(given.note_id), what, discussion.id))
    return f"{what} for {given.username}"


def _enough(answered: Sequence[Answered], what: str, level: int) -> bool:
    """Help for an unknown command and a refusal are told once per merge request, strangers get a few answers."""
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
        return _refused(command, level, mr, office)
    return _what(command.name), _ACTS[command.name](given, mr, office, control)


def _refused(command: Command, level: int, mr: MergeRequest, office: Office) -> tuple[str, str]:
    if level < commands.GUEST:
        return "refused", ""  # strangers get no words for it: the run's reason tells
    words = office.voice.words(mr)
    role = words("command.role", role=commands.needed(command, office.glass_level))
    return f"refused-{_what(command.name)}", words("command.needs", command=code(command.name), role=role)


def _what(name: str) -> str:
    return name.replace(" ", "-")


def _pause(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    office.states.pause(mr.ref, f"{given.username} asked for it", given.username)
    return office.voice.words(mr)("command.paused", command=code(f"@{office.name} resume"))


def _ignore(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    office.states.pause(mr.ref, IGNORED, given.username)
    return office.voice.words(mr)("command.ignored", command=code(f"@{office.name} review"))


def _resume(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    state = office.states.get(mr.ref)
    office.states.resume(mr.ref)
    if state.overridden:
        office.states.close_gate(mr.ref)
    office.want(ReviewWanted(mr.ref, mr.refs.head_sha, "talk", path=mr.path, explicit=True))
    words = office.voice.words(mr)
    told = (words("command.resumed"), *((words("command.closed"),) if state.overridden else ()))
    return " ".join(told)


def _resolve(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    threads = [one for one in mr.discussions if _open(one, mr, office.key)]
    for thread in threads:
        control.confirm()
        office.forge.resolve(mr.ref, thread.id)
    return office.voice.words(mr).many("resolved", len(threads))


def _open(discussion: Discussion, mr: MergeRequest, key: bytes) -> bool:
    marker = replying.begun(discussion, key, mr.ref)
    return marker is not None and marker.kind == "finding" and not discussion.notes[0].resolved


def _explain(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    return explaining.rule(given.arguments, office.rules, office.voice.words(mr))


def _config(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, files, notices = configured(mr, office.source(mr), office.policy)
    return explaining.configuration(office.policy, policy, explaining.file_of(files or {}), notices)


def _help(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    return explaining.usage(office.name, office.glass_level, office.voice.words(mr))


def _break_glass(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    """Recorded before it is shown: a review that publishes at the same time looks once more after it."""
    reason = " ".join(given.arguments.split()) or "no reason was given"
    office.states.override(mr.ref, reason, given.username, by_id=given.user_id, note_id=given.note_id)
    Doorkeeper(office.forge, office.states, mr, control.confirm).let_go()
    plan = Plan(
        ref=mr.ref,
        refs=mr.refs,
        run="",
        status=planning.forced(office.states.get(mr.ref), office.voice.language(mr)),
        status_project_id=mr.source_project_id,
        source_branch=mr.source_branch,
    )
    warnings = office.forge.set_status(plan, control) if office.policy.commit_status else ()
    words = office.voice.words(mr)
    who, why = code(f"@{given.username}"), sanitise_line(words.reason(reason))
    told = (sanitise_line(words.reason(warning)) for warning in warnings)
    holds = words("command.holds", command=code(f"@{office.name} resume"))
    return "\n\n".join((words("gate.forced", who=who, reason=why), holds, *told))


_ACTS: dict[str, Callable[[CommandGiven, MergeRequest, Office, Control], str]] = {
    "pause": _pause,
    "ignore": _ignore,
    "resume": _resume,
    "resolve": _resolve,
    "explain": _explain,
    "config": _config,
    "help": _help,
    BREAK_GLASS: _break_glass,
}
