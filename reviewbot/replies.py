"""Answers to what people say in the bot's threads and to it anywhere, from the code: one question, one request."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reviewbot import rulebook, saying, subjects
from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question
from reviewbot.bench import Bench, equip
from reviewbot.configured import Voice
from reviewbot.control import Control
from reviewbot.core import answering, commands, phrases, replying, suppressing, threads
from reviewbot.core.answering import Told
from reviewbot.core.inlines import code
from reviewbot.core.sanitising import sanitise_line
from reviewbot.core.threads import Opinion
from reviewbot.errors import (
    AnswerUnusable,
    BudgetExceeded,
    PermanentError,
    ReviewbotError,
    TransientError,
)
from reviewbot.inheriting import Inherit
from reviewbot.model.chunk import Tier
from reviewbot.model.diff import FileDiff
from reviewbot.model.event import CommandGiven, Event, ReviewWanted
from reviewbot.model.finding import Finding, Severity
from reviewbot.model.job import ReviewJob
from reviewbot.model.memory import Dismissal
from reviewbot.model.merge_request import Discussion, MergeRequest, Note
from reviewbot.model.outcome import Outcome
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage
from reviewbot.model.rule import Rule
from reviewbot.ports import Forge, History, Source, Tree
from reviewbot.saying import Secretary
from reviewbot.subjects import Topic

Dismiss = Callable[[MergeRequest, Finding, FileDiff | None, Opinion], None]
"""Remember that a person showed a finding to be wrong. The file is the finding's in the diff that it is anchored in."""
CONCEDED = "conceded"


@dataclass(frozen=True, slots=True)
class Parlour:
    """What a conversation touches. `paid` counts the cost of a run that ends without an outcome.

    `most` answers are given in one thread; `name` is what the bot is called, `voice` how it speaks.
    """

    forge: Forge
    source: Callable[[MergeRequest], Source]
    inherit: Inherit
    history: History
    budget: Callable[[MergeRequest], Budget]
    paid: Callable[[MergeRequest, Usage], None]
    dismiss: Dismiss
    want: Callable[[Event], object]
    key: bytes
    policy: ReviewPolicy
    most: int
    name: str
    voice: Voice
    trust_outsiders: bool
    step: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Sitting:
    """One run: the merge request as it was read, and what every answer of the run needs."""

    mr: MergeRequest
    parlour: Parlour
    bench: Bench
    control: Control
    budget: Budget
    secretary: Secretary


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message under way, with its place. `level` is the access level of who wrote it."""

    given: CommandGiven
    discussion: Discussion
    note: Note
    level: int = 0


def talk(job: ReviewJob, parlour: Parlour, bench: Bench, control: Control) -> Outcome:
    """Answer each message once, oldest first; one that was answered by a run that was cut off is done.

    Raises `TransientError` (try again later), `PermanentError`, `Stop`.
    """
    began = time.monotonic()
    parlour.step("threads")
    given = [one for one in job.commands if _for_us(one, job, parlour)]
    said: list[str] = []
    usage = Usage()
    if given:
        mr = parlour.forge.snapshot(job.ref, control)
        secretary = saying.secretary(parlour.forge, mr, parlour.key, f"{job.id}")
        sitting = _Sitting(mr, parlour, bench, control, parlour.budget(mr), secretary)
        if mr.state == "opened":
            said = _answers(given, sitting)
        usage = sitting.budget.used
    return Outcome(
        state="done" if said else "ignored",
        reason=", ".join(said) or "Nothing was left to answer",
        forge_requests=parlour.forge.requests,
        seconds=time.monotonic() - began,
        usage=usage,
    )


def _answers(given: Sequence[CommandGiven], sitting: _Sitting) -> list[str]:
    try:
        return saying.one_by_one(given, lambda one: _one(one, sitting))
    except ReviewbotError:  # no outcome will tell what was asked for nothing, or before it
        sitting.parlour.paid(sitting.mr, sitting.budget.used)
        raise


def _for_us(given: CommandGiven, job: ReviewJob, parlour: Parlour) -> bool:
    """A note without a mention counts in a thread that we began: one small request tells, most threads are not ours."""
    if given.command != commands.REPLY:
        return True
    thread = parlour.forge.thread(job.ref, given.discussion_id)
    return thread is not None and replying.begun(thread, parlour.key, job.ref) is not None


def _one(given: CommandGiven, sitting: _Sitting) -> str:
    """Answer one message; what was done, for the record, empty when nothing was."""
    found = sitting.secretary.waiting(given)
    if found is None:
        return _finished(given, sitting)
    sitting.parlour.step(f"answer {given.address}")
    turn = _Turn(given, *found)
    try:
        if sitting.parlour.forge.machine(given.user_id):
            return f"{given.username} is a machine"
        level = sitting.parlour.forge.access_level(sitting.mr.ref.project_id, given.user_id)
        turn = replace(turn, level=level)
        return _at_its_word(turn, sitting) or _without_asking(turn, sitting) or _ask(turn, sitting)
    except PermanentError as error:
        return _failed(error, turn, sitting)


def _at_its_word(turn: _Turn, sitting: _Sitting) -> str:
    """A plain no ("won't fix") of somebody whose word counts is taken: no model is asked to argue with it."""
    if not (_may_dismiss(turn) and threads.dismisses(turn.note.body)):
        return ""
    policy, _, _ = sitting.parlour.voice.read(sitting.mr)
    about = _topic(turn, policy, sitting)
    if about.finding is None:
        return ""
    _dismiss(about, about.finding, "words", turn, sitting)
    noted = "reply.noted_here" if suppressing.grave(about.finding) else "reply.noted"
    _say(phrases.of(policy.language)(noted), "noted", turn, sitting)
    return "noted"


def _without_asking(turn: _Turn, sitting: _Sitting) -> str:
    """Say what is said instead of an answer, where it was not said before; what it was, empty: the model is asked."""
    mr, parlour, answered = sitting.mr, sitting.parlour, sitting.secretary.answered
    if turn.level < commands.GUEST and not (parlour.trust_outsiders or parlour.forge.members_only(mr.ref.project_id)):
        what, again = "outsider", not replying.told(answered, "outsider")
    elif parlour.most == 0:
        what, again = "off", not replying.told(answered, "off")
    elif what := replying.cap(answered, turn.discussion, parlour.most):
        again = not replying.told(answered, what, turn.discussion.id if what == "cap" else "")
    elif sitting.bench.asker is None:
        what, again = "no-model", not replying.just_told(answered, "no-model", turn.discussion.id)
    else:
        return ""
    if again:
        _say(parlour.voice.words(mr)(f"reply.{what.replace('-', '_')}"), what, turn, sitting)
    return what


def _ask(turn: _Turn, sitting: _Sitting) -> str:
    parlour, bench, control = sitting.parlour, sitting.bench, sitting.control
    policy, files, _ = parlour.voice.read(sitting.mr)
    about = _topic(turn, policy, sitting)
    tree = None if files is None else Tree(parlour.source(sitting.mr), sitting.mr.refs.head_sha)
    question = Question(
        prompt=bench.templates.reply(about.asked(turn.note, policy.language), f"reply {turn.given.address}"),
        read=answering.read,
        repair=bench.templates.repair,
        toolbox=equip(tree, Tier.LITE, policy, bench, control),
    )
    assert bench.asker is not None  # noqa: S101  # asked before
    (reply,) = bench.asker.ask_all([question], lane_limit=1, control=control, budget=sitting.budget)
    if reply.value is None:
        return _failed(reply.error or AnswerUnusable(reply.problem), turn, sitting)
    control.confirm()
    return _tell(reply.value, subjects.words(reply.value, about, bench, policy.language), about, turn, sitting)


def _topic(turn: _Turn, policy: ReviewPolicy, sitting: _Sitting) -> Topic:
    mr, parlour, bench = sitting.mr, sitting.parlour, sitting.bench
    source = parlour.source(mr)
    _, files, _ = parlour.voice.read(mr)

    def rules() -> Sequence[Rule]:
        given = parlour.inherit(mr.path, policy.include_rules)()
        return rulebook.of_target(None if files is None else source, mr, bench.shelf, policy, given).rules

    return subjects.topic(mr, turn.discussion, turn.note, source, parlour.history, bench, policy, parlour.key, rules)


def _tell(told: Told, words: str, about: Topic, turn: _Turn, sitting: _Sitting) -> str:
    """Say it; a concession is remembered before it is said, and the thread is closed after it."""
    conceding = told.concede and about.finding is not None and _may_dismiss(turn)
    if not words:
        sitting.parlour.forge.react(sitting.mr.ref, turn.note.id, "eyes")  # it was read, and asks for no words
        return "nothing to say"
    if about.finding is None or not conceding:
        _say(words, "answer", turn, sitting)
        return "answered"
    _dismiss(about, about.finding, "conversation", turn, sitting)
    _say(words, CONCEDED, turn, sitting)
    return _close(turn.discussion, sitting)


def _may_dismiss(turn: _Turn) -> bool:
    """A word against a finding counts from the Developer role on, as everywhere."""
    return turn.level >= commands.DEVELOPER


def _dismiss(about: Topic, finding: Finding, how: Dismissal, turn: _Turn, sitting: _Sitting) -> None:
    """A finding that held up the merge is left out of the verdict at once. Doing it twice changes nothing."""
    mr, parlour = sitting.mr, sitting.parlour
    said = Opinion(finding.fingerprint, how, turn.note.author, turn.note.body)
    parlour.dismiss(mr, finding, about.file if about.current else None, said)
    if finding.severity is Severity.CRITICAL or finding.rule is not None:
        parlour.want(ReviewWanted(mr.ref, mr.refs.head_sha, "talk", path=mr.path, explicit=True))


def _close(discussion: Discussion, sitting: _Sitting) -> str:
    """Resolve the thread of a finding that was taken back. A bot that may not leaves it to people."""
    try:
        sitting.parlour.forge.resolve(sitting.mr.ref, discussion.id)
    except PermanentError as error:
        return f"conceded; the thread could not be resolved: {error}"
    return "conceded"


def _finished(given: CommandGiven, sitting: _Sitting) -> str:
    """Close the thread of a concession that a run said before it was cut off."""
    found = replying.place(sitting.mr, given.note_id)
    conceded = any((one.address, one.what) == (given.address, CONCEDED) for one in sitting.secretary.answered)
    if found is None or not conceded or found[0].notes[0].resolved:
        return ""
    return _close(found[0], sitting)


def _failed(error: Exception, turn: _Turn, sitting: _Sitting) -> str:
    """What may pass is tried again later, money that is out is told once in a row, anything else each time."""
    if isinstance(error, TransientError):
        raise error
    what = "budget" if isinstance(error, BudgetExceeded) else "failed"
    if what == "failed" or not replying.just_told(sitting.secretary.answered, what, turn.discussion.id):
        words = sitting.parlour.voice.words(sitting.mr)
        _say(words("reply.failed", problem=sanitise_line(words.reason(str(error)))), what, turn, sitting)
    return what


def _say(text: str, what: str, turn: _Turn, sitting: _Sitting) -> None:
    sitting.secretary.say(text, what, turn.given, turn.discussion)


def excuse(job: ReviewJob, parlour: Parlour, control: Control) -> None:
    """Tell whoever still waits for an answer that there will be none."""
    mr = parlour.forge.snapshot(job.ref, control)
    secretary = saying.secretary(parlour.forge, mr, parlour.key, f"{job.id}")
    words = parlour.voice.words(mr)
    again = code(f"@{parlour.name}")
    text = words("reply.gave_up", reason=sanitise_line(words.reason(job.reason)), again=again)

    def tell(given: CommandGiven) -> str:
        found = secretary.waiting(given)
        if found is None or replying.cap(secretary.answered, found[0], parlour.most):
            return ""
        if given.command != commands.REPLY or replying.begun(found[0], parlour.key, mr.ref) is not None:
            secretary.say(text, "gave-up", given, found[0])
        return ""

    saying.one_by_one(job.commands if mr.state == "opened" else (), tell)
