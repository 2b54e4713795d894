"""Whatever happens in whatever order: one waiting and one running job, no head forgotten, no stale lease writes."""

import itertools
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from reviewbot.db.engine import open_database
from reviewbot.db.jobs import JobTable
from reviewbot.errors import LeaseLost, Stop
from reviewbot.model.event import Closed, ReviewWanted
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome

REFS = [MergeRequestRef(1, 1), MergeRequestRef(1, 2)]
refs = st.sampled_from(REFS)


class JobsAndTime(RuleBasedStateMachine):
    template: Path

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "db")
        self.database = open_database(f"sqlite:///{self.folder / 'db'}")
        self.jobs = JobTable(self.database, debounce_seconds=3, debounce_max_seconds=10, lease_seconds=60)
        self.now = 0.0
        self.heads = itertools.count(1)
        self.newest = {}
        self.leases = []

    def teardown(self):
        # However it stood: with time, and workers that do their work, every open head is reviewed in the end.
        for _ in range(30):
            self.now += 700
            for job_id in self.jobs.due(self.now):
                if taken := self.jobs.take(job_id, "last", self.now):
                    self.jobs.finish(taken[1], Outcome("done", "", taken[0].head_sha), self.now)
        for ref, head in self.newest.items():
            jobs = [job for job in self.jobs.listed(limit=1000) if job.ref == ref and job.head_sha == head]
            assert {job.state for job in jobs} & {JobState.DONE, JobState.FAILED, JobState.QUARANTINED}
        assert self.jobs.counts()[JobState.WAITING] == self.jobs.counts()[JobState.RUNNING] == 0
        self.database.close()
        shutil.rmtree(self.folder)

    @rule(ref=refs, trigger=st.sampled_from(["opened", "pushed", "reviewer"]))
    def push(self, ref, trigger):
        self.newest[ref] = f"{next(self.heads)}"
        self.jobs.want(ReviewWanted(ref, self.newest[ref], trigger, explicit=trigger == "reviewer"), self.now)

    @rule(ref=refs)
    def repeat(self, ref):
        if ref in self.newest:
            self.jobs.want(ReviewWanted(ref, self.newest[ref], "poll"), self.now)

    @rule(ref=refs)
    def close(self, ref):
        self.newest.pop(ref, None)
        self.jobs.want(Closed(ref, "closed"), self.now)

    @rule(seconds=st.sampled_from([0.5, 4, 30, 61]))
    def wait(self, seconds):
        self.now += seconds

    @rule(owner=st.sampled_from(["one", "two"]))
    def work(self, owner):
        for job_id in self.jobs.due(self.now)[:1]:
            if taken := self.jobs.take(job_id, owner, self.now):
                self.leases.append(taken)

    @rule(data=st.data(), end=st.sampled_from(["finish", "retry", "release", "renew", "progress", "obey"]))
    def go_on(self, data, end):
        if not self.leases:
            return
        job, lease = data.draw(st.sampled_from(self.leases))
        told = self.jobs.stops([lease]).get(lease.job_id)
        raised = self.act(end, job, lease, told)
        if end == "obey":
            assert type(raised) is type(told)
        elif end in {"finish", "retry", "progress"}:
            assert isinstance(raised, LeaseLost) is isinstance(told, LeaseLost)
        else:
            assert raised is None

    def act(self, end, job, lease, told):
        try:
            if end == "finish":
                self.jobs.finish(lease, Outcome("done", "", job.head_sha), self.now)
            elif end == "retry":
                self.jobs.retry(lease, "later", self.now + 20)
            elif end == "release":
                self.jobs.release(lease)
            elif end == "renew":
                assert self.jobs.renew(lease, self.now) is not isinstance(told, LeaseLost)
            elif end == "progress":
                self.jobs.progress(lease, f"{self.now}")
            else:
                self.jobs.guard(lease)
        except Stop as stop:
            return stop
        return None

    @invariant()
    def one_of_each(self):
        jobs = self.jobs.listed(JobState.WAITING, JobState.RUNNING)
        for ref, state in itertools.product(REFS, (JobState.WAITING, JobState.RUNNING)):
            assert len([job for job in jobs if (job.ref, job.state) == (ref, state)]) <= 1


def test_the_job_table_keeps_its_promises(migrated_sqlite):
    machine = type("OnThisTemplate", (JobsAndTime,), {"template": migrated_sqlite})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=30, deadline=None, database=None)
    )
