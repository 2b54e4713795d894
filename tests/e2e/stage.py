"""The stage of the end-to-end tests: a GitLab, a model, a database, and the real processes of reviewbot around them.

with Stage(folder, database_url, prefork) as stage:
    stage.broker(redis_url)                     # without it: `serve` alone, on its own broker
    stage.open()
    stage.start("worker")
    job_id = stage.want()
    stage.until(lambda: stage.state(job_id) is JobState.DONE, "the review is done")
    assert stage.landed() == PLANTED
"""

import contextlib
import os
import re
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
import redis
import servers
from standins.faults import Faults
from starlette.responses import JSONResponse

from reviewbot.broker import enqueue, make_app
from reviewbot.core import markers
from reviewbot.core.markers import Marker
from reviewbot.model.event import ReviewWanted
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.settings import load
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import MAINTAINER
from reviewbot.standin.model import ModelStandIn
from reviewbot.standin.model_script import Behaviour
from reviewbot.standin.serving import serving
from reviewbot.wiring.store import open_store

PATIENCE = 60.0  # seconds until something that does not come counts as missing
SHUTDOWN = 20.0  # seconds: the promise for a process that is told to end
SECRET = "a-secret-of-the-tests"
KEY = "an-instance-key-of-the-tests-0123456789"
BRANCH = "discounts"
ENDS = frozenset({JobState.DONE, JobState.FAILED, JobState.SUPERSEDED, JobState.QUARANTINED})

_TAGGED = re.compile(r"^(o?\d+[a-z2-7]{2})\|([+ -])(.*)$", re.MULTILINE)


def _module(name, middle):
    """A module that fills a small chunk by itself when most of it is new."""
    around = "".join(
        f"def {name}_{number}(value, rate):\n    total = value * {number} + rate\n    return total\n\n\n"
        for number in range(10)
    )
    return f'"""The {name} of the shop."""\n\n\n{around}{middle}\n\ndef {name}_end(value):\n    return value\n'


_PRICES = """def price(items, discount):
    total = 0
    for item in items:
        total = item.price
    return total - total * discount / 10
"""
_POST = """def send(address, order):
    body = order.summary()
    connection = connect_to_post_office()
    connection.deliver(address, body)
"""
_REPORT = """def report(orders):
    return [order.total for order in orders if order.paid or True]
"""
BEFORE = {
    "orders/cancel.py": _module(
        "cancel", "def cancel(order, customer):\n    check_owner(order, customer)\n    order.cancel()\n"
    ),
    "README.md": "# The shop\n",
}
AFTER = {
    "cart/prices.py": _module("prices", _PRICES),
    "mail/post.py": _module("post", _POST),
    "reports/report.py": _module("report", _REPORT),
    "orders/cancel.py": _module("cancel", "def cancel(order, customer):\n    order.cancel()\n"),
}


@dataclass(frozen=True)
class Plant:
    """A finding of the model: the lines from `first` to `last`, with the sign that they have in the diff."""

    path: str
    first: str
    last: str
    severity: str
    title: str
    sign: str = "+"


PLANTS = (
    Plant("cart/prices.py", "    for item in items:", "        total = item.price", "critical", "Only the last counts"),
    Plant(
        "cart/prices.py",
        "    return total - total * discount / 10",
        "    return total - total * discount / 10",
        "warning",
        "A tenth is no hundredth",
    ),
    Plant(
        "mail/post.py",
        "    connection = connect_to_post_office()",
        "    connection = connect_to_post_office()",
        "warning",
        "The connection stays open",
    ),
    Plant(
        "orders/cancel.py",
        "    check_owner(order, customer)",
        "    check_owner(order, customer)",
        "critical",
        "Everybody may cancel",
        "-",
    ),
    Plant(
        "reports/report.py",
        "    return [order.total for order in orders if order.paid or True]",
        "    return [order.total for order in orders if order.paid or True]",
        "warning",
        "Always true",
    ),
)
PLANTED = sorted((plant.path, "old" if plant.sign == "-" else "new", plant.first, plant.last) for plant in PLANTS)


def finding(plants=PLANTS, **more):
    """A model that finds the plants whose lines it is shown. `more` goes into each `Behaviour`."""

    def script(received):
        tags = {(match[2], match[3]): match[1] for match in _TAGGED.finditer(received.text)}
        found = [
            {
                "path": plant.path,
                "start": tags[plant.sign, plant.first],
                "end": tags[plant.sign, plant.last],
                "quote": plant.first,
                "severity": plant.severity,
                "category": "correctness",
                "rule": None,
                "title": plant.title,
                "body": f"{plant.title}: seen in the code.",
                "suggestion": None,
            }
            for plant in plants
            if (plant.sign, plant.first) in tags and (plant.sign, plant.last) in tags
        ]
        return Behaviour(text=orjson.dumps({"findings": found}).decode(), **more)

    return script


class Denying(Faults):
    """Faults, and refusals with a status of one's choice: kind "deny", the status in `retry_after`."""

    async def _deny(self, fault, scope, receive, send):
        status = int(fault.retry_after)
        await JSONResponse({"message": f"{status} of the test"}, status)(scope, receive, send)


class Stage:
    """`model`, `faults` and `lab` may be told what to do at any time; `environment` until a process is started."""

    def __init__(self, folder, database_url, prefork, **settings):
        self.folder = Path(folder)
        self._prefork = prefork
        self.lab = Lab()
        self.model = ModelStandIn(finding())
        self.faults = Denying(self.lab.app)
        self.processes = []
        self.mr = None
        self._database_url = database_url
        self._more = settings
        self._stack = contextlib.ExitStack()
        self._app = None

    def __enter__(self):
        self._stack.enter_context(self.lab)
        self.author = self.lab.user("ada", name="Ada Byron")
        self.project = self.lab.project("acme/shop", members={self.author: MAINTAINER})
        self.bot, self.token = self.lab.bot(self.project)
        self.project.commit("main", BEFORE, "The shop", author=self.author)
        self.project.commit(BRANCH, AFTER, "Discounts", author=self.author)
        self.url = self._stack.enter_context(self.lab.serve(self.faults))
        self.model_url = self._stack.enter_context(serving(self.model.app))
        self.environment = {
            "gitlab_url": self.url,
            "gitlab_token": self.token,
            "webhook_secret": SECRET,
            "instance_key": KEY,
            "llm_base_url": f"{self.model_url}/v1",
            "llm_model": "stand-in",
            "reviewers": "general",  # so that it is known how many questions are in flight
            "llm_api_key": "none",
            "database_url": self._database_url,
            "data_dir": str(self.folder / "data"),
            "chunk_tokens": 900,
            "debounce_seconds": 0.1,
            "poll_seconds": 0,
            "sweep_seconds": 0.3,
            "worker_concurrency": 4,
            **self._more,
        }
        self.store = open_store(self.settings(), migrate=True)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        self.store.close()
        self._stack.close()

    # what is set up

    def broker(self, redis_url):
        """Work on this Redis, emptied first."""
        self.environment["broker_url"] = redis_url
        self.flush()
        self._app = make_app(redis_url)

    def flush(self):
        """FLUSHALL: every message is lost."""
        with redis.Redis.from_url(self.environment["broker_url"]) as connection:
            connection.flushall()

    def open(self, **more):
        """Open the merge request (hooks are told); `more` as `Project.merge_request` takes it."""
        title = more.pop("title", "Discounts")
        self.mr = self.project.merge_request(BRANCH, "main", title, "All prices.", author=self.author, **more)
        return self.mr

    def settings(self, **more):
        """The same settings as the processes have, in this process."""
        return load(**{**self.environment, **more})

    # processes

    def start(self, *command, **settings):
        """`reviewbot COMMAND`, logging to a file. `settings` are laid over the stage's."""
        return self.run([sys.executable, "-m", "reviewbot", *command], command[0], **settings)

    def run(self, command, name="process", **settings):
        """Any command with the settings in its environment."""
        together = {**self.environment, **settings}
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("REVIEWBOT_")},
            **{f"REVIEWBOT_{key.upper()}": str(value) for key, value in together.items()},
            "REVIEWBOT_CONFIG": os.devnull,
        }
        log = self.folder / f"{len(self.processes)}-{name}.log"
        process = self._prefork.start(command, env=environment, cwd=self.folder, log=log)
        self.processes.append(process)
        return process

    def listen(self, command="web", known=True, **settings):
        """Start `web` or `serve`, wait until it answers, and send it the project's webhooks. -> (process, its URL).

        `known`: wait until GitLab has told it who the bot is, too.
        """
        port = servers.free_port()
        process = self.start(command, "--port", str(port), **settings)
        url = f"http://127.0.0.1:{port}"
        self.until(lambda: _answers(f"{url}/healthz"), f"{command} listens", process)
        if known:
            self.until(lambda: httpx.get(f"{url}/readyz").text == "ready\n", f"{command} knows the bot", process)
        self.lab.deliveries.hooks.clear()
        self.lab.hook(f"{url}/webhooks/gitlab", token=SECRET)
        return process, url

    def logs(self):
        found = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-6000:]}" for path in found)

    def until(self, condition, what, process=None):
        """Wait until `condition` is true and return it; fails with the logs. `process`: it must not end meanwhile."""
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < end, f"It did not come: {what}\n{self.told()}\n{self.logs()}"
            assert process is None or process.poll() is None, f"The process ended, not yet: {what}\n{self.logs()}"
            threading.Event().wait(0.02)
        return found

    # jobs

    @property
    def ref(self):
        return MergeRequestRef(self.project.id, self.mr.iid)

    def want(self, trigger="opened", **more):
        """Ask for a review of the head as a webhook does, and tell the workers. -> the job's id."""
        event = ReviewWanted(self.ref, self.mr.sha, trigger, **more)
        job_id = self.store.jobs.want(event, time.time())
        assert job_id is not None
        if self._app is not None:
            assert enqueue(self._app, job_id)
        return job_id

    def job(self, job_id):
        return self.store.jobs.get(job_id)

    def state(self, job_id):
        return self.store.jobs.get(job_id).state

    def ended(self, job_id, process=None):
        """Wait until the job has come to an end, whichever; the job."""
        self.until(lambda: self.state(job_id) in ENDS, f"job {job_id} ends", process)
        return self.job(job_id)

    # what people see

    def landed(self):
        """Every inline comment: (path, side, text of its first line, text of its last line), sorted."""
        return sorted(
            (one.path, "new" if one.new_line else "old" if one.old_line else "file", one.first_text, one.text)
            for one in self.lab.comments(self.mr)
        )

    def fingerprints(self):
        """Of the inline comments, sorted: every comment of ours has a valid one."""
        return sorted(mark.fingerprint for mark in self._marks("finding"))

    def summaries(self):
        """Bodies of the notes with a valid summary marker."""
        return [
            note.body for note in self.lab.notes(self.mr) if (mark := self.mark(note.body)) and mark.kind == "summary"
        ]

    def statuses(self):
        """(state, description) of the head's commit statuses, oldest first."""
        return [(one.state, one.description) for one in self.project.statuses if one.sha == self.mr.sha]

    def mark(self, body) -> Marker | None:
        return markers.read(body, KEY.encode(), self.ref)

    def told(self):
        """Everything that a failing test wants to know."""
        jobs = [(job.id, job.state.value, job.reason, job.crashes) for job in self.store.jobs.listed()]
        shown = "\n".join(str(one) for one in self.landed()) if self.mr else ""
        requests = "\n".join(f"{one.status} {one.method} {one.path}" for one in self.lab.requests[-30:])
        return f"jobs {jobs}\n{shown}\nmodel requests {len(self.model.requests)}\n{requests}"

    def _marks(self, kind):
        found = [self.mark(comment.body) for comment in self.lab.comments(self.mr)]
        return [mark for mark in found if mark is not None and mark.kind == kind]


def _answers(url):
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
