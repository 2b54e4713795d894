"""Whatever happens in whatever order: one waiting and one running job, no head and no wish forgotten, no run of an old
head goes on, no stale lease writes.
"""

import itertools
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from reviewbot.db.engine import open_database
from reviewbot.db.jobs import JobTable
from reviewbot.errors import LeaseLost, Stop
from reviewbot.model.event import Closed, CommandGiven, ReviewWanted
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.outcome import Outcome

REFS = [MergeRequestRef(1, 1), MergeRequestRef(1, 2)]
HANGING = {"command", "label"}  # triggers that ask for nothing by themselves
refs = st.sampled_from(REFS)


@dataclass
class Wishes:
    """What people asked for and got no answer to: their notes, a review whatever was there before, one at all."""

    notes: set[int] = field(default_factory=set)
    explicit: bool = False
    plain: bool = False

    def within(self, jobs):
        """Whether `jobs` together ask for as much."""
        notes = {given.note_id for job in jobs for given in job.commands}
        explicit = any(job.explicit for job in jobs)
        plain = any(job.trigger not in HANGING for job in jobs)
        return self.notes <= notes and self.explicit <= explicit and self.plain <= plain


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
        self.wishes = {ref: Wishes() for ref in REFS}
        self.quarantined = set()

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
        self.wishes[ref].plain = True
        self.wishes[ref].explicit |= trigger == "reviewer"

    @rule(ref=refs, note=st.integers(1, 9))
    def ask(self, ref, note):
        """Somebody, perhaps a stranger, comments `@reviewbot review`."""
        command = CommandGiven(ref, "review", "", note, f"user{note}", note, "d", self.newest.get(ref, ""))
        self.jobs.want(command, self.now)
        self.wishes[ref].notes.add(note)

    @rule(ref=refs)
    def repeat(self, ref):
        if ref in self.newest:
            self.jobs.want(ReviewWanted(ref, self.newest[ref], "poll"), self.now)

    @rule(ref=refs)
    def close(self, ref):
        self.newest.pop(ref, None)
        self.jobs.want(Closed(ref, "closed"), self.now)
        self.wishes[ref] = Wishes()

    @rule(seconds=st.sampled_from([0.5, 4, 30, 61]))
    def wait(self, seconds):
        self.now += seconds

    @rule(owner=st.sampled_from(["one", "two"]))
    def work(self, owner):
        due = self.jobs.due(self.now)
        for job in self.jobs.listed(JobState.QUARANTINED, limit=1000):  # people are told, and ask again
            if job.id not in self.quarantined:
                self.quarantined.add(job.id)
                self.answered(job.ref)
        for job_id in due[:1]:
            if taken := self.jobs.take(job_id, owner, self.now):
                self.leases.append(taken)

    def answered(self, ref):
        """A run came to its end: what is still open is what waits."""
        waiting = self.jobs.waiting_for(ref)
        self.wishes[ref] = Wishes()
        if waiting is not None:
            notes = {given.note_id for given in waiting.commands}
            self.wishes[ref] = Wishes(notes, waiting.explicit, waiting.trigger not in HANGING)

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
                if told is None:  # one that was told to stop has answered nobody
                    self.answered(job.ref)
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

    @invariant()
    def no_run_of_an_old_head_goes_on(self):
        for job in self.going_on():
            assert job.head_sha in {"", self.newest.get(job.ref, "")}

    @invariant()
    def no_wish_is_lost(self):
        there = self.going_on() + self.jobs.listed(JobState.WAITING)
        for ref, wishes in self.wishes.items():
            assert wishes.within([job for job in there if job.ref == ref])

    def going_on(self):
        """Running jobs that nothing has told to stop, as they were taken."""
        newest = {lease.job_id: (job, lease) for job, lease in self.leases}
        stops = self.jobs.stops([lease for _, lease in newest.values()])  # a worker asks of one run of a job
        return [job for job, lease in newest.values() if lease.job_id not in stops]


def test_the_job_table_keeps_its_promises(migrated_sqlite):
    machine = type("OnThisTemplate", (JobsAndTime,), {"template": migrated_sqlite})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=30, deadline=None, database=None)
    )
