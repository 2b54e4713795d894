"""Brings up a GitLab stand-in and `serve`, sends the webhook, waits for the review and shows where it landed."""

import contextlib
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rich.console import Console
from starlette.types import ASGIApp

from reviewbot.broker import enqueue, make_app
from reviewbot.control import Control
from reviewbot.demo import page, recorded, terminal
from reviewbot.demo.view import View, look
from reviewbot.errors import ReviewbotError, UsageError
from reviewbot.gitlab.forge import GitLabForge
from reviewbot.model.job import JobState
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.processes import web_app, worker_context
from reviewbot.settings import Settings, load
from reviewbot.standin import sample
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.payloads import web_url
from reviewbot.standin.gitlab.state import MergeRequest
from reviewbot.standin.serving import serving
from reviewbot.wiring.reviews import Reviewer, reviewer_of
from reviewbot.wiring.store import Store, open_store
from reviewbot.worker.runner import EmbeddedWorker

PATIENCE = 120.0  # seconds for the whole review
RECORDED = "Recorded answers and the pattern rules: no model is configured (set REVIEWBOT_LLM_MODEL to ask a real one)."


_AGAIN = "The same as a page, left up until Ctrl-C: make demo ARGS=--keep (installed: reviewbot demo --keep)"


class DemoFailed(ReviewbotError):
    """The review did not come to its end."""


def demo(*, keep: bool, port: int) -> None:
    """Run the sample from webhook to comments. `keep`: leave the page up until Ctrl-C. Raises `DemoFailed`, and
    `UsageError` for a port that is taken.
    """
    if shutil.which("git") is None:
        raise DemoFailed("git is not installed, and the sample lies in a repository", mend="install git, 2.31 or newer")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends like Ctrl-C: its folders go with it
    console = Console(soft_wrap=False)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reviewbot-demo-")))
        lab = stack.enter_context(Lab())
        project = sample.prepare(lab)
        told = _Told(lab)
        real = load().model_configured
        notice = f"Asked model: {load().llm_model}" if real else RECORDED
        _serve_page(stack, lab, page.wrapped(lab.app, told.view, told.text, notice), port)
        model = {} if real else {"llm_base_url": stack.enter_context(_recorded_model()), "llm_model": "recorded"}
        settings = load(
            gitlab_url=lab.url,
            gitlab_token=sample.token(lab),
            webhook_secret=secrets.token_urlsafe(),
            data_dir=folder,
            database_url="",
            broker_url="",
            poll_seconds=0,
            log_level="WARNING",
            **model,
        )
        console.print(f"{notice}\n", style="dim", highlight=False)
        store = open_store(settings, migrate=True)
        reviewer = reviewer_of(settings, store)
        told.reviewer = reviewer
        hook = stack.enter_context(_served(settings, store, reviewer))
        began = time.monotonic()
        lab.hook(f"{hook}/webhooks/gitlab", token=settings.webhook_secret[0].get_secret_value())
        told.merge_request = merge_request = sample.open_merge_request(lab, project)
        _wait(store)
        seconds = time.monotonic() - began
        terminal.show(told.view(), console)
        done = f"{told.view().comments} inline comments, {seconds:.1f} s from webhook to review"
        console.print(f"\n{done}", style="bold", highlight=False)
        if keep:
            console.print(f"{web_url(merge_request)}\nThe page stays up until Ctrl-C.", highlight=False)
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    time.sleep(3600)
        else:
            console.print(_AGAIN, style="dim", highlight=False, soft_wrap=True)


def _serve_page(stack: contextlib.ExitStack, lab: Lab, app: ASGIApp, port: int) -> None:
    try:
        stack.enter_context(lab.serve(app, port))
    except OSError as error:
        raise UsageError(
            f"The page cannot be served on port {port}: {error.strerror}", mend="give another --port, or leave it out"
        ) from error


class _Told:
    """Looks at the merge request through the stand-in's own state, its diff through the API."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.merge_request: MergeRequest | None = None
        self.reviewer: Reviewer | None = None

    def view(self) -> View:
        if self.reviewer is None or self.merge_request is None:
            raise DemoFailed("The demo has not begun yet")
        client = self.reviewer.client()
        try:
            forge = GitLabForge(client, self.reviewer.key)
            ref = MergeRequestRef(self.merge_request.project.id, self.merge_request.iid)
            snapshot = forge.snapshot(ref, Control(PATIENCE))
            url = web_url(self.merge_request)
            return look(self._lab, self.merge_request, snapshot.changes, url, forge.me().username)
        finally:
            client.close()

    def text(self, project: str, ref: str, path: str) -> str | None:
        """A file as it stands in the stand-in's repository."""
        found = next((one for one in self._lab.world.projects.values() if one.path == project), None)
        data = found.repository.read(ref, path) if found is not None else None
        return None if data is None else data.decode("utf-8", "replace")


@contextlib.contextmanager
def _recorded_model() -> Iterator[str]:
    with serving(recorded.stand_in().app) as url:
        yield f"{url}/v1"


@contextlib.contextmanager
def _served(settings: Settings, store: Store, reviewer: Reviewer) -> Iterator[str]:
    """What `reviewbot serve` runs, on a free port."""
    app = make_app()
    worker = EmbeddedWorker(app, worker_context(settings, store, reviewer, partial(enqueue, app)))
    worker.start()
    try:
        with serving(web_app(settings, store, reviewer, partial(enqueue, app), insecure=False)) as url:
            yield url
    finally:
        worker.stop()
        store.close()


def _wait(store: Store) -> None:
    """Until the job is through; shows that it lives."""
    ends = time.monotonic() + PATIENCE
    try:
        _watch(store, ends)
    finally:
        sys.stderr.write("\n")  # what follows begins a line, also where both streams go into one file


def _watch(store: Store, ends: float) -> None:
    while time.monotonic() < ends:
        jobs = store.jobs.listed(limit=1)
        if jobs and jobs[0].state is JobState.DONE:
            return
        if jobs and jobs[0].state not in {JobState.WAITING, JobState.RUNNING}:
            raise DemoFailed(f"The review ended as {jobs[0].state}: {jobs[0].reason}")
        sys.stderr.write(".")
        sys.stderr.flush()
        time.sleep(0.2)
    raise DemoFailed(f"The review did not end within {PATIENCE:.0f} s", mend="see the log above")
