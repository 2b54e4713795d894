"""Answers to what people say in the bot's threads and to it anywhere, from the code: one question, one request."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from reviewbot.asking.budget import Budget
from reviewbot.asking.questions import Question
from reviewbot.bench import Bench, equip
from reviewbot.configured import Voice, configured
from reviewbot.control import Control
from reviewbot.core import answering, commands, diffs, phrases, replying, suggestions
from reviewbot.core.answering import Told
from reviewbot.core.inlines import code
from reviewbot.core.phrases import Phrases
from reviewbot.core.replying import Answered
from reviewbot.core.sanitising import fenced, sanitise, sanitise_line
from reviewbot.core.suggestions import Suggestion
from reviewbot.core.threads import Opinion
from reviewbot.errors import BudgetExceeded, SourceUnavailable, TooHard, TransientError
from reviewbot.examine import texts_at
from reviewbot.model.chunk import Tier
from reviewbot.model.diff import FileDiff
from reviewbot.model.event import CommandGiven, Event, ReviewWanted
from reviewbot.model.finding import Finding, Severity
from reviewbot.model.job import ReviewJob
from reviewbot.model.merge_request import Discussion, MergeRequest, Note
from reviewbot.model.outcome import Outcome
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage
from reviewbot.ports import Forge, History, Source, Tree
from reviewbot.subjects import Topic, topic

Dismiss = Callable[[MergeRequest, Finding, FileDiff | None, Opinion], None]
"""Remember that a person showed a finding to be wrong. The file is the finding's in the diff that it is anchored in."""


@dataclass(frozen=True, slots=True)
class Parlour:
    """What a conversation touches. `most` answers are given in one thread; `name` is what the bot is called, `voice`
    how it speaks.
    """

    forge: Forge
    source: Callable[[MergeRequest], Source]
    history: History
    budget: Callable[[MergeRequest], Budget]
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
class _Turn:
    """One message under way: its place, and what was answered in the merge request before."""

    given: CommandGiven
    discussion: Discussion
    note: Note
    answered: list[Answered]
    level: int


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
        budget = parlour.budget(mr)
        answered = list(replying.answered(mr, parlour.key))
        if mr.state == "opened":
            said = [_one(one, answered, job, mr, parlour, bench, control, budget) for one in given]
        usage = budget.used
    told = ", ".join(one for one in said if one)
    return Outcome(
        state="done" if told else "ignored",
        reason=told or "Nothing was left to answer",
        forge_requests=parlour.forge.requests,
        seconds=time.monotonic() - began,
        usage=usage,
    )


def _for_us(given: CommandGiven, job: ReviewJob, parlour: Parlour) -> bool:
    """A note without a mention counts in a thread that we began: one small request tells, most threads are not ours."""
    if given.command != commands.REPLY:
        return True
    thread = parlour.forge.thread(job.ref, given.discussion_id)
    return thread is not None and replying.begun(thread, parlour.key, job.ref) is not None


def _one(
    given: CommandGiven,
    answered: list[Answered],
    job: ReviewJob,
    mr: MergeRequest,
    parlour: Parlour,
    bench: Bench,
    control: Control,
    budget: Budget,
) -> str:
    """Answer one message; what was done, for the record, empty when nothing was."""
    found = replying.unanswered(mr, given.note_id, answered, parlour.key)
    if found is None:
        return ""
    discussion, note = found
    level = parlour.forge.access_level(job.ref.project_id, given.user_id)
    turn = _Turn(given, discussion, note, answered, level)
    parlour.step(f"answer {given.note_id}")
    if short := _without_asking(turn, mr, parlour, bench):
        what, once_here = short
        if not replying.told(answered, what, discussion.id if once_here else ""):
            _say(parlour.voice.words(mr)(f"reply.{what.replace('-', '_')}"), what, turn, job, mr, parlour)
        return what
    return _ask(turn, job, mr, parlour, bench, control, budget)


def _without_asking(turn: _Turn, mr: MergeRequest, parlour: Parlour, bench: Bench) -> tuple[str, bool] | None:
    """What is said instead of an answer, once per thread or else per merge request; None: the model is asked."""
    if turn.level < commands.GUEST and not (parlour.trust_outsiders or parlour.forge.members_only(mr.ref.project_id)):
        return "outsider", False
    if replying.cap(turn.answered, turn.discussion, parlour.most):
        return "cap", True
    return ("no-model", False) if bench.asker is None else None


def _ask(
    turn: _Turn, job: ReviewJob, mr: MergeRequest, parlour: Parlour, bench: Bench, control: Control, budget: Budget
) -> str:
    source = parlour.source(mr)
    policy, files, _ = configured(mr, source, parlour.policy)
    about = _topic(turn, mr, parlour, source, bench, policy)
    question = Question(
        prompt=bench.templates.reply(about.asked(turn.note, policy.language), f"reply {turn.given.note_id}"),
        read=answering.read,
        repair=bench.templates.repair,
        toolbox=equip(None if files is None else Tree(source, mr.refs.head_sha), Tier.LITE, policy, bench, control),
    )
    assert bench.asker is not None  # noqa: S101  # asked before
    (reply,) = bench.asker.ask_all([question], lane_limit=1, control=control, budget=budget)
    told = reply.value
    if told is None:
        return _unanswered(reply.error, reply.problem, turn, job, mr, parlour)
    control.confirm()
    if not told.text:
        return "nothing to say"
    conceding = told.concede and about.finding is not None and _may_dismiss(turn)
    _say(
        _words(told, about, bench, phrases.of(policy.language)),
        "conceded" if conceding else "answer",
        turn,
        job,
        mr,
        parlour,
    )
    if conceding and about.finding is not None:
        _concede(about, about.finding, turn, mr, parlour)
    return "conceded" if conceding else "answered"


def _topic(
    turn: _Turn, mr: MergeRequest, parlour: Parlour, source: Source, bench: Bench, policy: ReviewPolicy
) -> Topic:
    marker = replying.begun(turn.discussion, parlour.key, mr.ref)
    version = parlour.history.last_reviewed(mr.ref)
    fingerprint = marker.fingerprint if marker is not None and marker.kind == "finding" else ""
    known = version.findings if version is not None else ()
    finding = next((one for one in known if fingerprint and one.fingerprint == fingerprint), None)
    current = version is not None and version.head_sha == mr.refs.head_sha
    first = turn.discussion.notes[0]
    path = finding.anchor.path if finding is not None else first.path
    try:
        text = texts_at(source, mr.refs.head_sha, [path]).get(path) if path else None
    except SourceUnavailable:
        text = None
    diff = diffs.parse_changes(mr.changes)
    return topic(
        mr, diff, turn.discussion, turn.note, finding, bench, policy, text=text, current=current, key=parlour.key
    )


def _may_dismiss(turn: _Turn) -> bool:
    """A word against a finding counts from the Developer role on, as everywhere."""
    return turn.level >= commands.DEVELOPER


def _concede(about: Topic, finding: Finding, turn: _Turn, mr: MergeRequest, parlour: Parlour) -> None:
    """Remembered before the thread is closed; a finding that held up the merge is left out of the verdict at once."""
    said = Opinion(finding.fingerprint, "conversation", turn.note.author, turn.note.body)
    parlour.dismiss(mr, finding, about.file if about.current else None, said)
    parlour.forge.resolve(mr.ref, turn.discussion.id)
    if finding.severity is Severity.CRITICAL or finding.rule is not None:
        parlour.want(ReviewWanted(mr.ref, mr.refs.head_sha, "talk", path=mr.path, explicit=True))


def _words(told: Told, about: Topic, bench: Bench, words: Phrases) -> str:
    parts = [sanitise(told.text)]
    if told.suggestion is not None:
        block = _applicable(told.suggestion, about, bench)
        parts.append(block or f"{words('summary.code')}\n\n{fenced(told.suggestion)}")
    return "\n\n".join(parts)


def _applicable(suggested: str, about: Topic, bench: Bench) -> str:
    """A block that GitLab can apply in this thread; empty when the code does not fit the file as it is now."""
    finding, file = about.finding, about.file
    if finding is None or file is None or not about.current or about.line != finding.anchor.end[1]:
        return ""
    try:
        verified: Suggestion | None = bench.isolation.run(
            suggestions.verify, replace(finding, suggestion=suggested), file, about.text
        )
    except TooHard:
        return ""
    plain = verified is not None and about.line is not None and "`" not in verified.text
    return suggestions.block(verified, about.line) if plain and verified and about.line else ""


def _unanswered(
    error: Exception | None, problem: str, turn: _Turn, job: ReviewJob, mr: MergeRequest, parlour: Parlour
) -> str:
    """Money that is out is told once, what may pass is tried again later, anything else is told."""
    if isinstance(error, TransientError):
        raise error
    money = isinstance(error, BudgetExceeded)
    what = "budget" if money else "failed"
    if not (money and replying.told(turn.answered, what)):
        words = parlour.voice.words(mr)
        _say(words("reply.failed", problem=sanitise_line(words.reason(problem))), what, turn, job, mr, parlour)
    return what


def excuse(job: ReviewJob, parlour: Parlour, control: Control) -> None:
    """Tell whoever still waits for an answer that there will be none."""
    mr = parlour.forge.snapshot(job.ref, control)
    answered = list(replying.answered(mr, parlour.key))
    for given in job.commands:
        found = replying.place(mr, given.note_id)
        if found is None or any(one.note_id == str(given.note_id) for one in answered):
            continue
        ours = given.command != commands.REPLY or replying.begun(found[0], parlour.key, mr.ref) is not None
        if ours and not replying.cap(answered, found[0], parlour.most):
            again = code(f"@{parlour.name}")
            words = parlour.voice.words(mr)
            text = words("reply.gave_up", reason=sanitise_line(words.reason(job.reason)), again=again)
            _say(text, "failed", _Turn(given, *found, answered, 0), job, mr, parlour)


def _say(text: str, what: str, turn: _Turn, job: ReviewJob, mr: MergeRequest, parlour: Parlour) -> None:
    body = replying.body(text, turn.given.note_id, what, run=str(job.id), key=parlour.key, ref=mr.ref)
    parlour.forge.reply(mr.ref, turn.discussion.id, body)
    turn.answered.append(Answered(str(turn.given.note_id), what, turn.discussion.id))
