"""One review of one merge request, top to bottom: read, decide, write (docs/architecture.md tells it in sentences)."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from reviewbot import discretion, heeding, pausing, rulebook, saying
from reviewbot.asking.budget import Budget
from reviewbot.bench import Bench, Progress
from reviewbot.configured import configured, wishes
from reviewbot.control import Control
from reviewbot.core import attributes, commands, diffs, governing, linter_reports, phrases, planning, versions, welcome
from reviewbot.core.abouts import about
from reviewbot.core.backtest_notes import standing
from reviewbot.core.forces import Force
from reviewbot.core.proposals import BRANCHES
from reviewbot.core.tickets import TEMPLATE
from reviewbot.errors import NotReady
from reviewbot.examine import Examined, Subject, examine
from reviewbot.gate import Doorkeeper
from reviewbot.heeding import Notebook
from reviewbot.inheriting import Inherit
from reviewbot.model.event import CommandGiven
from reviewbot.model.job import ReviewJob
from reviewbot.model.memory import IGNORED, MergeRequestState
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Examination, Outcome, OutcomeState, Plan, Published
from reviewbot.model.policy import ReviewPolicy, Wishes
from reviewbot.model.ticket import Ticket
from reviewbot.ports import Forge, History, Source, Tree
from reviewbot.texts import texts_at

HEAD_SETTLES = 5.0  # seconds
_UNREAD = "Something that should have been read was not; the summary says what"
WRITING_SECONDS = 300.0  # that a review has for writing what it found, however long it took to find it


@dataclass(frozen=True, slots=True)
class World:
    """What one run touches outside itself. `source` opens the repository of a merge request, nearest first.

    `step` notes how far the run is, `reviewing` which head it looks at. `run_url` is the run's own page, empty when
    there is none. `complete` fills in the files that GitLab's API left out; `budget` knows what the project has spent
    today. `learn` is told what the repository wants of events, `inherit` begins to read the rules
    of groups.
    """

    forge: Forge
    source: Callable[[MergeRequest], Source]
    complete: Callable[[MergeRequest, Source], MergeRequest]
    history: History
    notebook: Notebook
    budget: Callable[[MergeRequest], Budget]
    key: bytes
    policy: ReviewPolicy
    run_url: str
    trust_outsiders: bool
    step: Callable[[str], None]
    reviewing: Callable[[str], None]
    learn: Callable[[MergeRequest, Wishes], None]
    inherit: Inherit
    progress: Progress


def review(job: ReviewJob, world: World, bench: Bench, control: Control) -> Outcome:
    """Run the job to its outcome.

    Raises `TransientError` (try again later), `PermanentError` (tell why), `Stop` (superseded, cancelled, lease lost).
    """
    began = time.monotonic()
    world.step("snapshot")
    merge_request = world.forge.snapshot(job.ref, control)
    door = Doorkeeper(world.forge, world.notebook.states, merge_request, control, world.policy.may_approve)
    ended = partial(_ended, job, world, began, door.withdraw())
    heard = _heard(job, merge_request, world)
    if job.trigger == "command" and not heard:
        return ended("ignored", "The command needs at least the Developer role in the project")
    _await_told_head(job, merge_request)
    world.reviewing(merge_request.refs.head_sha)
    source = world.source(merge_request)
    policy, repository, notices = configured(merge_request, source, world.policy)
    if repository is not None:
        world.learn(merge_request, wishes(repository))
    asked = bool(heard) or _labelled(job, policy) or (job.explicit and job.trigger != "command")
    if job.trigger == "label" and not asked:
        return ended("ignored", "No label was added that asks for a review")
    if reason := _unwanted(job, merge_request, policy, world, asked=asked):
        return ended("ignored", reason)
    earlier = world.history.last_reviewed(job.ref)
    retargeted = earlier is not None and versions.retargeted(earlier, merge_request, job.trigger)
    if earlier and not (asked or retargeted) and versions.same_diff(earlier, merge_request):
        return ended("done", "This head was reviewed before")
    state = _state(job, world, heard)
    if state.paused and not asked:
        plan = pausing.plan(merge_request, f"{job.id}", world.run_url, policy)
        world.forge.publish(door.kept_open(plan, policy.language) or plan, control)
        return ended("ignored", f"Reviews are paused here: {state.pause_reason}")
    pushed = earlier is not None and not asked
    pause = pausing.notice(state, policy, pushed=pushed)
    given = world.inherit(merge_request.path, policy.include_rules)
    world.step("diff")
    merge_request = world.complete(merge_request, source)
    diff = diffs.of_merge_request(merge_request.changes, overflow=merge_request.overflow)
    whole = job.whole or commands.wants_everything(heard) or retargeted
    book = rulebook.of_target(
        None if repository is None else source, merge_request, bench.shelf, policy, given(), control
    )
    policy = replace(policy, guidance_led=book.led)
    memory = heeding.heed(merge_request, earlier, world.forge, world.notebook, world.key, whole=whole)
    tickets, template = _agreed(merge_request, policy, repository, world, bench, control)
    subject = Subject(
        diff=diff,
        about=about(merge_request, diff, replace(policy, guidance=book.guidance), tickets, template),
        tickets=tuple(ticket.reference for ticket in tickets),
        policy=policy,
        read=lambda paths: {} if repository is None else texts_at(source, merge_request.refs.head_sha, paths),
        tree=None if repository is None else Tree(source, merge_request.refs.head_sha),
        attributes=attributes.parse((repository or {}).get(".gitattributes", "")),
        memory=memory,
        notices=(*notices, *book.notices, *filter(None, (pause,))),
        rules=book.rules,
        known=book.ids,
        linted=linter_reports.issues(
            world.forge.linter_reports(merge_request, policy.linter_reports, control),
            frozenset(file.path for file in diff.files),
        ),
    )
    world.step("ask")
    bench = bench.anew(_occasion(job, heard)) if whole else bench
    examined = examine(subject, bench, control, world.budget(merge_request), world.progress)
    control.extend(WRITING_SECONDS)
    world.step("plan")
    examined = discretion.discreet(examined, subject.tickets, merge_request, world.forge, control)
    examination, plan = _planned(examined, subject, merge_request, job, world, door, source, Force(book.rules))
    world.step("publish")
    published = _published(plan, door, policy, world, control)
    world.step("remember")
    heeding.note(merge_request, memory, examination.became, diff, world.notebook, time.monotonic() - began)
    world.history.remember(job.ref, versions.reviewed(examined.version, earlier, merge_request, published, world.key))
    if pushed:
        pausing.count(world.notebook.states, job, merge_request.refs.head_sha, policy)
    return replace(ended(*_how(examination), merge_request, published, given().requests), examination=examination)


def _how(examination: Examination) -> tuple[OutcomeState, str]:
    return ("done", "") if all(file.complete for file in examination.coverage) else ("incomplete", _UNREAD)


def _planned(
    examined: Examined,
    subject: Subject,
    merge_request: MergeRequest,
    job: ReviewJob,
    world: World,
    door: Doorkeeper,
    source: Source,
    force: Force,
) -> tuple[Examination, Plan]:
    """What is written, and the examination with what people must be told of an approval that is not given."""
    examination, policy, diff = examined.examination, subject.policy, subject.diff
    against = door.against(examination, policy, diff, source, force.blocks)
    if against:
        examination = replace(examination, notices=(*examination.notices, f"Not approved: {against}"))
    plan = planning.plan(
        mr=merge_request,
        diff=diff,
        examination=examination,
        suggestions=examined.suggestions,
        run=f"{job.id}",
        key=world.key,
        policy=policy,
        run_url=world.run_url,
        threads=subject.memory.threads,
    )
    return examination, door.decided(plan, examination, policy, against)


def _published(plan: Plan, door: Doorkeeper, policy: ReviewPolicy, world: World, control: Control) -> Published:
    """Comments, summary and status, then what is done about the merge; a gate that was forced open stays open."""
    published = world.forge.publish(plan, control)
    warnings = door.act(plan)
    if (again := door.kept_open(plan, policy.language)) is not None:
        warnings += (*door.let_go(), *world.forge.set_status(again, control))
    return replace(published, warnings=(*published.warnings, *warnings))


def _await_told_head(job: ReviewJob, merge_request: MergeRequest) -> None:
    """GitLab updates a merge request's version after the event was sent: look once more before reviewing another head.

    When it stays another one, the event's head is history, and what is there now is what people look at.
    """
    if job.head_sha and job.head_sha != merge_request.refs.head_sha and job.attempts == 0:
        raise NotReady(
            f"The event told of head {job.head_sha[:12]}, GitLab still shows {merge_request.refs.head_sha[:12]}",
            retry_after=HEAD_SETTLES,
        )


def _heard(job: ReviewJob, merge_request: MergeRequest, world: World) -> tuple[CommandGiven, ...]:
    """The commands of people who may give them, acknowledged with an emoji (once: awarding again changes nothing).

    Members who may not are told so; strangers get no words for it.
    """
    said = [command for command in job.commands if not command.labels]
    levels = {user: world.forge.access_level(job.ref.project_id, user) for user in {c.user_id for c in said}}
    heard = tuple(given for given in said if levels[given.user_id] >= commands.DEVELOPER)
    for given in heard:
        world.forge.react(job.ref, given.note_id, "eyes")
    refused = [given for given in said if commands.GUEST <= levels[given.user_id] < commands.DEVELOPER]
    if refused and merge_request.state == "opened":
        policy, _, _ = configured(merge_request, world.source(merge_request), world.policy)
        secretary = saying.secretary(world.forge, merge_request, world.key, f"{job.id}")
        saying.refuse(refused, secretary, phrases.of(policy.language))
    return heard


def _occasion(job: ReviewJob, heard: tuple[CommandGiven, ...]) -> str:
    """What a full review is kept under: the same in every try of it, another one for the next `full review`."""
    asked = [given.note_id for given in heard if commands.wants_everything((given,))]
    return f"note {max(asked)}" if asked else f"job {job.id}"


def _labelled(job: ReviewJob, policy: ReviewPolicy) -> bool:
    """Whether a label was added that asks for a review here. Who may set labels in GitLab may ask by them."""
    return any(not set(command.labels).isdisjoint(policy.trigger_labels) for command in job.commands)


def _state(job: ReviewJob, world: World, heard: tuple[CommandGiven, ...]) -> MergeRequestState:
    """How the bot behaves here; a command that counts ends what `ignore` began."""
    states = world.notebook.states
    state = states.get(job.ref)
    if heard and state.paused and state.pause_reason == IGNORED:
        states.resume(job.ref)
        return states.get(job.ref)
    return state


def _unwanted(job: ReviewJob, merge_request: MergeRequest, policy: ReviewPolicy, world: World, *, asked: bool) -> str:
    """Why this merge request is not reviewed now; events can be late, cut or lost, so the snapshot is asked again."""
    own = merge_request.me is not None and merge_request.author.id == merge_request.me.id
    paths = [path for one in merge_request.changes for path in (one.old_path, one.new_path)]
    theirs = own and not governing.proposable(paths)
    ignored = welcome.unwanted(
        state=merge_request.state,
        draft=merge_request.draft,
        # What somebody else has pushed to a proposal of ours is no bot's work.
        author="" if theirs and merge_request.source_branch.startswith(BRANCHES) else merge_request.author.username,
        branches=(merge_request.source_branch, merge_request.target_branch),
        labels=merge_request.labels,
        policy=policy,
        asked=asked or job.trigger == "cli",
        own=own and not theirs,
    )
    if ignored:
        return ignored.reason
    if asked or job.trigger == "cli" or world.trust_outsiders or not merge_request.forked:
        return ""  # who pushes a branch to the project itself is a member
    if world.forge.trusted(merge_request):
        return ""
    return "The author is not a member of this public project: a member's command starts the review"


def _agreed(
    merge_request: MergeRequest,
    policy: ReviewPolicy,
    repository: Mapping[str, str] | None,
    world: World,
    bench: Bench,
    control: Control,
) -> tuple[Sequence[Ticket], str]:
    """The tickets and the merge request's template, where somebody reads them."""
    if not policy.tickets or bench.asker is None:
        return (), ""
    return world.forge.tickets(merge_request, control), (repository or {}).get(TEMPLATE, "")


def _ended(
    job: ReviewJob,
    world: World,
    began: float,
    warned: tuple[str, ...],
    state: OutcomeState,
    reason: str,
    merge_request: MergeRequest | None = None,
    published: Published | None = None,
    requests: int = 0,
) -> Outcome:
    if warned:
        before = published or Published()
        published = replace(before, warnings=tuple(dict.fromkeys((*warned, *before.warnings))))
    return Outcome(
        state=state,
        reason=reason,
        head_sha=merge_request.refs.head_sha if merge_request else job.head_sha,
        published=published,
        forge_requests=world.forge.requests + requests,
        seconds=time.monotonic() - began,
        tabled=merge_request is not None and bool(standing(merge_request.discussions, job.ref, world.key)),
    )
