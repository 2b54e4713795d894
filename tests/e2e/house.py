"""All of reviewbot in this process, over real HTTP: a GitLab, a model, the web part, the worker. For behaviour tests.

    case = house.open({"app.py": before}, {"app.py": after})
    case.reviewed()
    assert case.landed() == [("app.py", "the text of the line")]

One house serves many tests: each opens its own project in it, and tells the model by `house.model.script`.
"""

import contextlib
import itertools
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import httpx
import orjson
from standins.faults import Faults
from starlette.responses import JSONResponse

from reviewbot.asking.ask import Asker
from reviewbot.asking.conversation import Patience
from reviewbot.asking.turns import FairExecutor
from reviewbot.broker import enqueue, make_app
from reviewbot.core import markers
from reviewbot.core.tokens import Counter
from reviewbot.db.deliveries import Deliveries
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.processes import web_app, worker_context
from reviewbot.settings import load
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import DEVELOPER
from reviewbot.standin.model import ModelStandIn
from reviewbot.standin.model_script import Behaviour, reviewer
from reviewbot.standin.serving import serving
from reviewbot.wiring.reviews import reviewer_of
from reviewbot.wiring.store import open_store
from reviewbot.worker.runner import EmbeddedWorker

PATIENCE = 60.0  # seconds until something that does not come counts as missing
SECRET = "a-webhook-secret-of-the-tests"
LLM_KEY = "sk-a-model-key-of-the-tests-1234567890"
_OPEN = {JobState.WAITING, JobState.RUNNING}
_numbers = itertools.count(1)


class Denying(Faults):
    """Faults, and refusals with a status of one's choice: kind "deny", the status in `retry_after`."""

    async def _deny(self, fault, scope, receive, send):
        await JSONResponse({"message": f"{fault.retry_after} of the test"}, int(fault.retry_after))(
            scope, receive, send
        )


class House:
    """`settings` are reviewbot's; `limits`, `prefix` the lab's. `start` and `stop` the worker."""

    def __init__(self, folder, template, *, prefix="", limits=None, model=None, patience=None, **settings):
        self.folder, self._template, self._patience = folder, template, patience
        self.lab = Lab(prefix=prefix, limits=limits)
        self.faults = Denying(self.lab.app)
        self.model = model or ModelStandIn(reviewer(), key=LLM_KEY)
        self._settings = settings
        self._stack = contextlib.ExitStack()
        self.worker = None

    def __enter__(self):
        self._stack.enter_context(self.lab)
        self.url = self._stack.enter_context(self.lab.serve(self.faults))
        model_url = self._stack.enter_context(serving(self.model.app))
        self.bot = self.lab.user("reviewbot-bot", name="reviewbot", bot=True)
        self.token = self.lab.token(self.bot)
        shutil.copy(self._template, self.folder / "house.sqlite3")
        self.settings = load(
            **{
                "gitlab_url": self.url,
                "gitlab_token": self.token,
                "webhook_secret": SECRET,
                "llm_base_url": f"{model_url}/v1",
                "llm_model": "stand-in",
                "llm_api_key": LLM_KEY,
                "data_dir": self.folder / "data",
                "database_url": f"sqlite:///{self.folder / 'house.sqlite3'}",
                "admin_token": "an-admin-token-of-the-tests",
                "debounce_seconds": 0,
                "poll_seconds": 0,
                "sweep_seconds": 1,
                "worker_concurrency": 4,
                **self._settings,
            }
        )
        self.store = open_store(self.settings, migrate=False)
        self.reviewer = reviewer_of(self.settings, self.store)
        if self.reviewer.models is not None:
            self.reviewer = replace(self.reviewer, bench=replace(self.reviewer.bench, asker=self._asker()))
        self._app = make_app()
        self.start()
        self.web_url = self._stack.enter_context(
            serving(web_app(self.settings, self.store, self.reviewer, self.tell, insecure=False))
        )
        self.until(lambda: httpx.get(f"{self.web_url}/readyz").text == "ready\n", "it knows who it is")
        self.lab.hook(f"{self.web_url}/webhooks/gitlab", token=SECRET)
        return self

    def __exit__(self, *_):
        self.stop()
        self._stack.close()
        self.store.close()

    def _asker(self):
        """As the product's, but a model that fails is given up sooner."""
        patience = self._patience or Patience(attempts=3, first=0.01, longest=0.05)
        executor = FairExecutor(self.settings.llm_concurrency)
        return Asker(self.reviewer.models, self.store.answers, executor, Counter(), patience)

    def start(self):
        context = worker_context(self.settings, self.store, self.reviewer, self.tell)
        self.worker = EmbeddedWorker(self._app, context)
        self.worker.start()

    def stop(self):
        if self.worker is not None:
            assert self.worker.stop()
            self.worker = None

    def tell(self, job_id, kind="review"):
        return enqueue(self._app, job_id, kind)

    def project(self, before, *, members: Mapping | None = None, visibility="private"):
        """A project with the bot and a developer in it. -> (project, the developer)."""
        number = next(_numbers)
        developer = self.lab.user(f"ada{number}", name="Ada")
        project = self.lab.project(
            f"team/app{number}", members={developer: DEVELOPER, self.bot: DEVELOPER}, visibility=visibility
        )
        for user, level in (members or {}).items():
            project.member(user, level)
        project.commit("main", {"README.md": "Read me\n", **before}, author=developer)
        return project, developer

    def open(self, before, after, *, title="Change things", **more):
        """A new project, a branch with the change, a merge request. Hooks are told: the review begins."""
        made = {name: more.pop(name) for name in ("members", "visibility") if name in more}
        project, developer = self.project(before, **made)
        project.commit("feature", after, author=developer)
        # Kept answers are found by content: every case asks for its own.
        title = f"{title} ({project.name})"
        asked = len(self.model.requests)
        mr = project.merge_request("feature", "main", title, author=more.pop("author", developer), **more)
        return Case(self, project, developer, mr, asked)

    def case(self, project, developer, description=""):
        """A merge request of the branch `feature`, which is there."""
        asked = len(self.model.requests)
        title = f"Change things ({project.name})"
        mr = project.merge_request("feature", "main", title, description, author=developer)
        return Case(self, project, developer, mr, asked)

    def until(self, condition, what):
        """Wait until `condition` is true and return it."""
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < end, f"It did not come: {what}"
            time.sleep(0.01)
        return found

    def inbox(self):
        """What became of the deliveries, newest first."""
        return Deliveries(self.store.database).recent(50)


@dataclass
class Case:
    """One merge request. `asked`: how many requests the model had received before it was opened."""

    house: House
    project: object
    developer: object
    mr: object
    asked: int = 0
    seen: int = field(default=0)

    @property
    def ref(self):
        return MergeRequestRef(self.project.id, self.mr.iid)

    @property
    def lab(self):
        return self.house.lab

    @property
    def address(self):
        return f"{self.lab.url}/{self.project.path}/-/merge_requests/{self.mr.iid}"

    def jobs(self):
        """Of this merge request, newest first."""
        return [job for job in self.house.store.jobs.listed(limit=500) if job.ref == self.ref]

    def settled(self):
        """Wait until every webhook was sent and no job of this merge request waits or runs; the newest job or None."""
        self.lab.settle()
        listed = self.house.store.jobs.listed
        # Only those: the others are many in a house that many tests share, and this is asked a hundred times a second.
        ended = lambda: all(job.ref != self.ref for job in listed(*_OPEN, limit=500))  # noqa: E731 - a condition
        self.house.until(ended, f"{self.ref} is settled")
        return next(iter(self.jobs()), None)

    def reviewed(self, state="done"):
        """`settled`, and the run ended in this state. -> its report."""
        self.settled()
        report = self.report()
        assert (report.state, report.reason) == (state, report.reason)
        return report

    def report(self):
        return self.house.store.runs.recent(1, self.ref)[0]

    def outcome(self):
        return self.house.store.runs.outcome(self.report().id)

    def coverage(self):
        return {file.path: (file.state, file.reason) for file in self.outcome().examination.coverage}

    @property
    def comments(self):
        return self.lab.comments(self.mr)

    def landed(self):
        """(path, text of the first line, text of the last line) of every inline comment, sorted."""
        return sorted((one.path, one.first_text, one.text) for one in self.comments)

    def on(self):
        """(path, text of the line) of every inline comment, sorted."""
        return sorted((one.path, one.text) for one in self.comments)

    def summary(self):
        """The body of the one summary note."""
        (note,) = [note for note in self.lab.notes(self.mr) if note.author is self.house.bot]
        return note.body

    def status(self):
        """State of the newest commit status of the head, and how many were set in all."""
        return next((one.state for one in reversed(self.project.statuses) if one.sha == self.mr.sha), None)

    def prompts(self):
        """What the reviewers were sent since the merge request was opened, or since the last call of `forget`."""
        return [received.text for received in self._asked() if received.wanted not in {"verdicts", "summary"}]

    def judged(self):
        """What the judge was sent, likewise."""
        return [received.text for received in self._asked() if received.wanted == "verdicts"]

    @property
    def requests(self):
        """How many requests the model got, likewise."""
        return len(self._asked())

    def _asked(self):
        return self.house.model.requests[self.asked :]

    def forget(self):
        self.asked = len(self.house.model.requests)
        self.seen = len(self.lab.requests)

    def writes(self):
        """Writing requests to GitLab since `forget`."""
        return [f"{seen.method} {seen.path}" for seen in self.lab.requests[self.seen :] if seen.method != "GET"]

    def push(self, files, message="More changes"):
        return self.lab.push(self.mr, files, message, user=self.developer)

    def say(self, body, user=None):
        return self.lab.write(self.mr, body, user or self.developer)

    def everything_written(self):
        """Every text of the bot on GitLab: notes, comments, statuses."""
        bodies = [note.body for note in self.mr.notes if note.author is self.house.bot]
        return "\n".join([*bodies, *(str(status.description) for status in self.project.statuses)])

    def marked(self):
        """Fingerprints of the comments whose marker is valid."""
        found = [markers.read(one.body, self.house.reviewer.key, self.ref) for one in self.comments]
        return [marker.fingerprint for marker in found if marker]


def finding(**fields):
    """An entry of an answer, as the contract has it."""
    return {
        "path": "app.py",
        "start": "",
        "end": "",
        "quote": "",
        "severity": "warning",
        "category": "correctness",
        "rule": None,
        "title": "A finding",
        "body": "It is wrong.",
        "suggestion": None,
        **fields,
    }


def answering(*findings):
    """A behaviour that gives these findings."""
    return Behaviour(text=orjson.dumps({"findings": list(findings)}).decode())


def code(lines, start=1, name="value"):
    """`lines` lines of Python that are all different."""
    return "".join(f"{name}_{number} = {number}\n" for number in range(start, start + lines))
