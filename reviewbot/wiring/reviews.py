"""A job -> its run: the adapters of one review, put together and taken apart again."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial

from reviewbot import log, replies
from reviewbot.asking.budget import Budget
from reviewbot.bench import Bench, Progress
from reviewbot.commanding import carrying
from reviewbot.commanding.office import Office
from reviewbot.configured import Voice
from reviewbot.control import Control
from reviewbot.core import patterns, planning, syntax
from reviewbot.core.events import Me
from reviewbot.core.planning import clipped
from reviewbot.core.tokens import Counter
from reviewbot.errors import ConfigurationError, ReviewbotError
from reviewbot.git.comparing import compare
from reviewbot.gitlab.client import Client, Identities, connect
from reviewbot.gitlab.completing import complete
from reviewbot.gitlab.files import FilesSource
from reviewbot.gitlab.forge import GitLabForge
from reviewbot.gitlab.retrying import Backoff
from reviewbot.gitlab.snapshot import READY_WITHIN
from reviewbot.heeding import Notebook
from reviewbot.inheriting import Inherit
from reviewbot.keeping import Kept
from reviewbot.llm.client import OpenAIModels
from reviewbot.model.job import Lease, ReviewJob
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import CommitStatus, Outcome, Plan
from reviewbot.model.policy import Wishes
from reviewbot.ports import Forge, History, Source, Tell
from reviewbot.replies import Parlour
from reviewbot.review import World, review
from reviewbot.settings import Settings
from reviewbot.wiring import polling, talking
from reviewbot.wiring.bench import bench_of, budget_of, model_of, policy_of, tier_models_of
from reviewbot.wiring.memory import NoFeedback, NoStates, ReadOnlyHolds, ReadOnlySuppressions
from reviewbot.wiring.neighbours import SILENCE, inheriting
from reviewbot.wiring.rule_trials import RuleTrials
from reviewbot.wiring.sources import NearestSource, fetched_ahead, mirror_of
from reviewbot.wiring.store import Store, key_of

logger = log.get("wiring.reviews")
_TELLING_SECONDS = 60.0


def _silent(step: str, done: int, total: int) -> None:
    """Nobody watches."""


def _unnoted(step: str) -> None:
    """How far it is interests nobody."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Runs jobs; one per process, used from many threads. `ready_within`: seconds for GitLab to prepare a diff."""

    settings: Settings
    store: Store
    bench: Bench
    models: OpenAIModels | None
    key: bytes
    identities: Identities = field(default_factory=Identities)
    backoff: Backoff = field(default_factory=Backoff)
    ready_within: float = READY_WITHIN
    kept: Kept = field(default_factory=Kept)

    def client(self, timeout: float = 60.0) -> Client:
        """A connection of its own for one run: the sessions underneath are not for several threads."""
        return connect(
            self.settings.gitlab_url,
            self.settings.gitlab_token.get_secret_value(),
            ca_bundle=self.settings.ca_bundle,
            timeout=timeout,
            identities=self.identities,
        )

    def forge(self, client: Client) -> GitLabForge:
        return GitLabForge(client, self.key, backoff=self.backoff, ready_within=self.ready_within)

    def warm(self) -> None:
        """Load what the first review would wait for."""
        if self.models is not None:
            self.models.warm()
        self.bench.isolation.warm(patterns.scan_all, syntax.borders)
        self.bench.counter.count("")

    def run(self, job: ReviewJob, lease: Lease, control: Control) -> Outcome:
        """One job for the worker, whichever its kind. Raises what `review` raises."""
        client = self.client()
        try:
            forge = self.forge(client)
            if job.kind != "review":
                return self._spoken(job, forge, client, control, lease)
            world = self.world(forge, client, control, lease)
            with self._fetching(job):
                return review(job, world, self.bench, control)
        finally:
            client.close()

    def trials(self) -> RuleTrials:
        """What tries the rules that a review saw changed."""
        beside = partial(self.client, SILENCE)
        return RuleTrials(self.settings, self.store, self.bench, self.key, self.kept, self.client, beside)

    def _spoken(self, job: ReviewJob, forge: Forge, client: Client, control: Control, lease: Lease) -> Outcome:
        """What people said to the bot: carried out or answered."""

        def step(name: str) -> None:
            self.store.jobs.progress(lease, name)

        if job.kind == "talk":
            return replies.talk(job, self._parlour(forge, client, control, step), self.bench, control)
        return carrying.carry_out(job, self._office(forge, client, control, step), control)

    def gave_up(self, job: ReviewJob) -> None:
        """Show on GitLab that a job ended without a review: a neutral status, which holds up no merge."""
        client = self.client()
        try:
            forge, control = self.forge(client), Control(_TELLING_SECONDS)
            if job.kind == "talk":
                replies.excuse(job, self._parlour(forge, client, control, _unnoted), control)
            if job.kind == "command":
                carrying.excuse(job, self._office(forge, client, control, _unnoted), control)
            if job.kind != "review":
                return
            merge_request = forge.snapshot(job.ref, control)
            status = CommitStatus("skipped", clipped(f"No review: {job.reason}"), target_url=self._run_url(job.id))
            state = self.store.states.get(job.ref)
            if state.forced(merge_request.target_branch):
                voice = Voice(lambda one: self.source(one, client, control), policy_of(self.settings))
                status = planning.forced(state, voice.language(merge_request))
            forge.publish(
                Plan(
                    ref=job.ref,
                    refs=merge_request.refs,
                    run=str(job.id),
                    status=status,
                    status_project_id=merge_request.source_project_id,
                    source_branch=merge_request.source_branch,
                ),
                control,
            )
        except ReviewbotError as error:
            logger.warning("job.not_told", job_id=job.id, error=str(error))
        finally:
            client.close()

    def _office(self, forge: Forge, client: Client, control: Control, step: Callable[[str], None]) -> Office:
        def source(merge_request: MergeRequest) -> Source:
            return self.source(merge_request, client, control)

        beyond = self.inherit(control)
        return talking.office(self.settings, self.store, self.bench, forge, source, beyond, self.key, step)

    def _parlour(self, forge: Forge, client: Client, control: Control, step: Callable[[str], None]) -> Parlour:
        def source(merge_request: MergeRequest) -> Source:
            return self.source(merge_request, client, control)

        inherit = self.inherit(control)
        return talking.parlour(self.settings, self.store, forge, source, inherit, self._budget, self.key, step)

    def world(
        self,
        forge: Forge,
        client: Client,
        control: Control,
        lease: Lease | None,
        history: History | None = None,
        progress: Progress = _silent,
    ) -> World:
        """What one run touches. `lease` None: no job stands behind it, nothing is noted."""

        def step(name: str) -> None:
            progress(name, 0, 1)
            if lease is not None:
                self.store.jobs.progress(lease, name)

        def learn(of: MergeRequest, wishes: Wishes) -> None:
            if lease is not None and of.version_at is not None:  # when its target commit was the branch's head
                self.store.wishes.learn(of.ref.project_id, of.target_branch, wishes, of.version_at)

        return World(
            forge=forge,
            source=lambda merge_request: self.source(merge_request, client, control),
            complete=complete,
            history=history or self.store.history,
            notebook=self._notebook(writing=lease is not None),
            budget=self._budget,
            key=self.key,
            policy=policy_of(self.settings),
            run_url=self._run_url(lease.job_id) if lease is not None else "",
            trust_outsiders=self.settings.trust_outsiders,
            step=step,
            reviewing=lambda sha: self.store.jobs.reviewing(lease, sha) if lease is not None else None,
            learn=learn,
            inherit=self.inherit(control),
            progress=progress,
        )

    def _notebook(self, *, writing: bool) -> Notebook:
        store = self.store
        if writing:
            return Notebook(store.suppressions, store.reactions, store.states, store.comments, store.holds)
        suppressions, holds = ReadOnlySuppressions(store.suppressions), ReadOnlyHolds(store.holds)
        return Notebook(suppressions, store.reactions, NoStates(), NoFeedback(), holds)

    def _budget(self, merge_request: MergeRequest) -> Budget:
        spent = self.store.runs.spent(merge_request.ref.project_id, time.time())
        return budget_of(self.settings, self.models.price if self.models else None, spent)

    def _run_url(self, job_id: int) -> str:
        """The job's page, as people reach it; empty when nobody said how they do."""
        return f"{self.settings.public_url}/jobs/{job_id}" if self.settings.public_url else ""

    def _fetching(self, job: ReviewJob) -> AbstractContextManager[None]:
        """While GitLab's API is read, git fetches the head that the event told of, where it told of the project."""
        if not (job.path and job.head_sha):
            return nullcontext()
        own = Control()
        mirror = mirror_of(self.settings, job.ref.project_id, job.path, own, job.ref.iid)
        return fetched_ahead(mirror, job.head_sha, own)

    def source(self, merge_request: MergeRequest, client: Client, control: Control) -> Source:
        """The repository of the target project; a fork's commits are in it under the merge request's own ref."""
        ref, path = merge_request.ref, merge_request.path
        mirror = mirror_of(self.settings, ref.project_id, path, control, ref.iid)
        return NearestSource(mirror, FilesSource(client, ref.project_id, compare, control=control, path=path))

    def inherit(self, control: Control) -> Inherit:
        """The rules of groups and includes; what was read of them is shared by the runs of this process."""
        return inheriting(self.settings, self.kept, partial(self.client, SILENCE), control)

    def me(self) -> Me:
        """The bot's own user as far as GitLab tells now; commands and own notes are recognised by it."""
        client = self.client()
        try:
            person = self.forge(client).me()
        except ReviewbotError as error:
            logger.warning("gitlab.identity_unknown", error=str(error))
            return Me()
        finally:
            client.close()
        return Me(person.id, person.username)

    def poll(self, enqueue: Tell, project_id: int | None = None) -> int:
        """As `polling.poll`, with a connection of its own."""
        client = self.client()
        try:
            heads = polling.open_heads(self.forge(client), project_id)
        finally:
            client.close()
        return polling.poll(self.store, heads, enqueue)


def reviewer_of(settings: Settings, store: Store) -> Reviewer:
    """Raises `ConfigurationError` when GitLab is not configured."""
    if not settings.gitlab_url:
        raise ConfigurationError(
            "REVIEWBOT_GITLAB_URL is not set",
            mend="set it to the address of your GitLab, like https://gitlab.example.com",
        )
    if not settings.gitlab_token.get_secret_value():
        raise ConfigurationError(
            "REVIEWBOT_GITLAB_TOKEN is not set",
            mend="make a project or group access token with the scope api and the role Developer",
        )
    counter = Counter()
    models = model_of(settings, counter)
    return Reviewer(
        settings,
        store,
        bench_of(settings, models, store.answers, counter, tier_models_of(settings, counter)),
        models,
        key_of(settings),
    )
