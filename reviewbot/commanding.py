"""What comments command, carried out one by one. No model is asked: it works while models and budgets are out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reviewbot import pausing, saying
from reviewbot.assigning import reviewers_of
from reviewbot.configured import Voice
from reviewbot.control import Control
from reviewbot.core import commands, configuration, explaining, planning, replying
from reviewbot.core.commands import BREAK_GLASS, BY_NAME, Command
from reviewbot.core.explaining import InEffect, Setting
from reviewbot.core.inlines import code
from reviewbot.core.replying import Answered
from reviewbot.core.reviewers import Reviewer
from reviewbot.core.sanitising import sanitise_line
from reviewbot.errors import PermanentError, Superseded
from reviewbot.gate import Doorkeeper
from reviewbot.model.chunk import Tier
from reviewbot.model.event import CommandGiven, Event, ReviewWanted
from reviewbot.model.job import ReviewJob
from reviewbot.model.memory import IGNORED
from reviewbot.model.merge_request import Discussion, MergeRequest
from reviewbot.model.outcome import Outcome, Plan
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import Rule
from reviewbot.ports import Forge, Source, States
from reviewbot.saying import Secretary

_STRANGERS = 5  # answers that people who are no members get on one merge request
_MOVES = 3  # how often a head may move on while the gate is forced open
# What these come to hangs on their order: a later one waits for an earlier one that is to be tried again.
_PAUSING = frozenset({"pause", "ignore", "resume"})


@dataclass(frozen=True, slots=True)
class Office:
    """What a command touches. `glass_level` is the access level for `break glass`, `want` asks for a review.

    `policy` is the operator's, `settings` what people are told beside it; `name` is what the bot is called, `voice`
    how it speaks.
    """

    forge: Forge
    source: Callable[[MergeRequest], Source]
    states: States
    key: bytes
    policy: ReviewPolicy
    rules: Sequence[Rule]
    reviewers: Sequence[Reviewer]
    settings: Sequence[Setting]
    glass_level: int
    name: str
    voice: Voice
    want: Callable[[Event], object]
    step: Callable[[str], None]


def carry_out(job: ReviewJob, office: Office, control: Control) -> Outcome:
    """Each command once, the oldest first: one that was answered before, by a run that was cut off, is done.

    Raises `TransientError` (try again later), `PermanentError`, `Stop`.
    """
    began = time.monotonic()
    office.step("snapshot")
    mr = office.forge.snapshot(job.ref, control)
    secretary = saying.secretary(office.forge, mr, office.key, f"{job.id}")
    given = sorted(job.commands, key=lambda one: (one.note_id, one.part))
    told = saying.one_by_one(given, lambda one: _once(one, secretary, office, control), _PAUSING)
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
        level = office.forge.access_level(mr.ref.project_id, given.user_id)
        what, text = _decided(given, level, mr, office, control)
    except PermanentError as error:
        words = office.voice.words(mr)
        what = f"failed-{_what(given.command)}"
        text = words("command.failed", problem=sanitise_line(words.reason(str(error))))
    if text and not _enough(secretary.answered, what, level):
        secretary.say(text, what, given, found[0])
    return f"{what} for {given.username}"


def _withdraw(mr: MergeRequest, office: Office, control: Control) -> str:
    try:
        warnings = _door(mr, office, control).withdraw()
    except PermanentError as error:
        return f"the approval could not be looked after: {error}"
    return "; ".join(warnings) or "looked after the approval"


def _door(mr: MergeRequest, office: Office, control: Control) -> Doorkeeper:
    return Doorkeeper(office.forge, office.states, mr, control, office.policy.may_approve)


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
    return _what(command.name), _ACTS[command.name](given, mr, office, control)


def _refused(command: Command, given: CommandGiven, level: int, mr: MergeRequest, office: Office) -> tuple[str, str]:
    if level < commands.GUEST:
        return f"refused-{_what(command.name)}", ""  # strangers get no words for it: the run's reason tells
    return saying.refusal(command, given, office.glass_level, office.voice.words(mr))


def _what(name: str) -> str:
    return name.replace(" ", "-")


def _pause(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    office.states.pause(mr.ref, f"{given.username} asked for it", given.username)
    return office.voice.words(mr)("command.paused", command=code(f"@{office.name} resume"))


def _ignore(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    office.states.pause(mr.ref, IGNORED, given.username)
    return office.voice.words(mr)("command.ignored", command=code(f"@{office.name} review"))


def _resume(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    office.states.resume(mr.ref)
    closed = office.states.close_gate(mr.ref, note_id=given.note_id)
    office.want(ReviewWanted(mr.ref, mr.refs.head_sha, "talk", path=mr.path, explicit=True))
    words = office.voice.words(mr)
    return " ".join((words("command.resumed"), *((words("command.closed"),) if closed else ())))


def _resolve(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    threads = [one for one in mr.discussions if _open(one, mr, office.key)]
    for thread in threads:
        control.confirm()
        office.forge.resolve(mr.ref, thread.id)
    words = office.voice.words(mr)
    return words.many("resolved", len(threads)) if threads else words("command.none_open")


def _open(discussion: Discussion, mr: MergeRequest, key: bytes) -> bool:
    marker = replying.begun(discussion, key, mr.ref)
    first = discussion.notes[0] if discussion.notes else None
    is_finding = marker is not None and marker.kind == "finding"
    return is_finding and first is not None and first.resolvable and not first.resolved


def _explain(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, _, _ = office.voice.read(mr)
    return explaining.rule(given.arguments, office.rules, policy.disabled_rules, office.voice.words(mr))


def _config(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    policy, files, notices = office.voice.read(mr)
    strange = configuration.strange_rules(policy.disabled_rules, [rule.id for rule in office.rules])
    unheeded = configuration.unheeded(office.policy, files or {})
    found = InEffect(
        operator=office.policy,
        policy=policy,
        files=files or {},
        branch=mr.target_branch,
        reviewers=_readers(policy, office),
        settings=office.settings,
        told=(*notices, *strange, *unheeded, *_unusual(policy, mr, office)),
    )
    return explaining.configuration(found)


def _readers(policy: ReviewPolicy, office: Office) -> str:
    """Who is asked in each tier, as far as a part of the change concerns them."""
    if policy.reviewers:
        return ", ".join(policy.reviewers)
    asked = {tier: reviewers_of((), tier, office.reviewers) for tier in Tier}
    return "; ".join(f"{tier}: {', '.join(one.id for one in found)}" for tier, found in asked.items())


def _unusual(policy: ReviewPolicy, mr: MergeRequest, office: Office) -> Sequence[str]:
    """What holds in this merge request alone."""
    state = office.states.get(mr.ref)
    forced = planning.forced(state, policy.language).description if state.overridden else ""
    return [one for one in (pausing.notice(state, policy, pushed=False), forced) if one]


def _help(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    return explaining.usage(office.name, office.glass_level, office.voice.words(mr))


def _break_glass(given: CommandGiven, mr: MergeRequest, office: Office, control: Control) -> str:
    """Recorded before it is shown: a review that publishes at the same time looks once more after it."""
    reason = " ".join(given.arguments.split()) or "no reason was given"
    office.states.override(mr.ref, reason, given.username, by_id=given.user_id, note_id=given.note_id)
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
        return _door(mr, office, control).let_go()
    except PermanentError as error:
        return (f"The request for changes could not be taken back: {error}",)


def excuse(job: ReviewJob, office: Office, control: Control) -> None:
    """Tell whoever still waits for an answer that nothing was done."""
    mr = office.forge.snapshot(job.ref, control)
    secretary = saying.secretary(office.forge, mr, office.key, f"{job.id}")
    for given in job.commands if mr.state == "opened" else ():
        found = secretary.waiting(given)
        if found is not None:
            words = office.voice.words(mr)
            text = words("command.gave_up", reason=sanitise_line(words.reason(job.reason)))
            secretary.say(text, f"failed-{_what(given.command)}", given, found[0])


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
