"""One review of a merge request from the command line, posted or only looked at."""

import socket
import time
from dataclasses import dataclass, replace

from reviewbot.bench import Progress
from reviewbot.control import Control
from reviewbot.core import diffs
from reviewbot.errors import ReviewbotError, Superseded, UsageError
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.forge import DryRunForge, GitLabForge
from reviewbot.gitlab.urls import parse_merge_request_url
from reviewbot.local import Local
from reviewbot.model.diff import Diff
from reviewbot.model.event import ReviewWanted
from reviewbot.model.job import JobState, Lease, ReviewJob
from reviewbot.model.merge_request import MergeRequest, MergeRequestRef
from reviewbot.model.outcome import Outcome, OutcomeState
from reviewbot.ports import History, Source
from reviewbot.review import review
from reviewbot.settings import Settings
from reviewbot.single.conditions import insist_on_gitlab, insist_on_lasting_key
from reviewbot.wiring.memory import NoHistory
from reviewbot.wiring.reviews import Reviewer, reviewer_of
from reviewbot.wiring.store import Store, open_store
from reviewbot.worker.context import WorkerContext
from reviewbot.worker.owners import new_owner
from reviewbot.worker.running import Running


def review_merge_request(settings: Settings, url: str, *, post: bool, progress: Progress) -> Local:
    """A merge request by its address. `post`: through the job table like any other run, so nothing is posted twice.

    Raises `UsageError` for an address that is not of the configured GitLab: the token stays home.
    """
    insist_on_gitlab(settings)
    if post:
        insist_on_lasting_key(settings)
    path, iid = parse_merge_request_url(url, settings.gitlab_url)
    store = open_store(settings, migrate=True)
    reviewer = reviewer_of(settings, store)
    client = reviewer.client()
    try:
        forge = GitLabForge(client, reviewer.key) if post else DryRunForge(client, reviewer.key)
        ref = MergeRequestRef(forge.project_id(path), iid)
        run = _Run(settings, store, reviewer, client, forge, progress if post else _of_reading(progress))
        return run.posting(ref, path) if post else run.looking(ref)
    finally:
        client.close()
        store.close()


@dataclass(frozen=True, slots=True)
class _Run:
    """One merge request's run from the command line."""

    settings: Settings
    store: Store
    reviewer: Reviewer
    client: Client
    forge: GitLabForge
    progress: Progress

    def looking(self, ref: MergeRequestRef) -> Local:
        """Everything but writing, and as if for the first time."""
        job = ReviewJob(0, ref, "", "cli", JobState.RUNNING, 0.0, 0, 0, explicit=True)
        return self._review(job, None, Control(self.settings.review_seconds), NoHistory())

    def posting(self, ref: MergeRequestRef, path: str) -> Local:
        """With a job and its lease: a server that shares the database stays away, a crash is found by its sweep."""
        jobs = self.store.jobs
        wish = ReviewWanted(ref, "", "cli", path=path, explicit=True)
        job_id = jobs.want(wish, time.time())
        owner = new_owner(f"{socket.gethostname()}:cli")
        taken = jobs.take(job_id, owner, time.time()) if job_id is not None else None
        if taken is None:
            raise UsageError(f"{path}!{ref.iid} is being reviewed right now", mend="wait for that review to end")
        job, lease = taken
        context = WorkerContext(jobs, self.reviewer.run, owner, lease_seconds=self.settings.lease_seconds)
        control = Control(self.settings.review_seconds, guard=lambda: jobs.guard(lease))
        running = Running(context)
        running.start()
        running.enter(lease, control)
        try:
            done = self._review(job, lease, control, self.store.history)
        except ReviewbotError as error:
            state: OutcomeState = "superseded" if isinstance(error, Superseded) else "failed"
            jobs.finish(lease, Outcome(state, str(error), job.head_sha), time.time())
            raise
        except KeyboardInterrupt:
            jobs.release(lease)
            raise
        finally:
            running.leave(lease)
            running.stop()
        return done

    def _review(self, job: ReviewJob, lease: Lease | None, control: Control, history: History) -> Local:
        seen: list[MergeRequest] = []
        world = self.reviewer.world(self.forge, self.client, control, lease, history, self.progress)

        def completed(merge_request: MergeRequest, source: Source) -> MergeRequest:
            seen.append(world.complete(merge_request, source))
            return seen[0]

        outcome = review(job, replace(world, complete=completed), self.reviewer.bench, control)
        if lease is not None:
            self.store.jobs.finish(lease, outcome, time.time())
        diff = diffs.parse_changes(seen[0].changes) if seen else Diff(())
        posted = _posted(outcome) if lease else None
        return Local(diff, outcome.examination, outcome.reason, posted, outcome.warnings)


def _of_reading(progress: Progress) -> Progress:
    """Without the steps of writing, which are gone through without any: nobody shall think that it was published."""

    def tell(step: str, done: int, total: int) -> None:
        if step not in {"publish", "remember"}:
            progress(step, done, total)

    return tell


def _posted(outcome: Outcome) -> str:
    if outcome.published is None:
        return "Nothing was posted"
    inline = len(outcome.examination.findings) if outcome.examination else 0
    new = len(outcome.published.posted)
    return f"Posted {new} new comments, {max(0, inline - new)} were there before"
