"""One GitLab to play with: people, projects, webhooks, and questions about what has become of it."""

import secrets
import shutil
import tempfile
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from starlette.types import ASGIApp

from reviewbot.standin.gitlab import building, merging, noting
from reviewbot.standin.gitlab.app import Application, Seen
from reviewbot.standin.gitlab.comments import Comment, comment
from reviewbot.standin.gitlab.diffs import Limits
from reviewbot.standin.gitlab.hooks import Deliveries, Delivery, Hook
from reviewbot.standin.gitlab.rates import Rate
from reviewbot.standin.gitlab.repositories import Content
from reviewbot.standin.gitlab.state import (
    DEVELOPER,
    Award,
    Discussion,
    MergeRequest,
    Note,
    QuickAction,
    Token,
    User,
    World,
)
from reviewbot.standin.serving import serving


class Lab:
    """A GitLab with an administrator `root` (user 1). Use as a context manager, or call `close`."""

    def __init__(
        self,
        *,
        prefix: str = "",
        limits: Limits | None = None,
        rate: Rate | None = None,
        note_rate: Rate | None = None,
    ) -> None:
        self.prefix = prefix.rstrip("/")
        self.root = Path(tempfile.mkdtemp(prefix="reviewbot-gitlab-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)
        self.world = World(limits or Limits())
        self.application = Application(self.world, self.prefix, rate or Rate(), note_rate or Rate())
        world = self.world
        self.deliveries = Deliveries(lambda: world.url)
        self.world.listeners.append(self.deliveries.happened)
        self.admin = self.user("root", name="Administrator", admin=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the webhook thread and remove the repositories."""
        self.deliveries.close()
        self._remove()

    @property
    def app(self) -> ASGIApp:
        return self.application.asgi

    @property
    def url(self) -> str:
        """The instance's base URL, prefix included, once it is served."""
        return self.world.url

    @contextmanager
    def serve(self, app: ASGIApp | None = None, port: int = 0) -> Iterator[str]:
        """Serve over HTTP and yield the instance's URL. `app`: the lab's application inside something of yours."""
        with serving(app or self.app, port) as base:
            self.world.url = base + self.prefix
            yield self.world.url

    # people

    def user(self, username: str, *, name: str = "", bot: bool = False, admin: bool = False) -> User:
        with self.world.lock:
            user = User(self.world.next_id("user"), username, name or username.title(), bot, admin)
            self.world.users[user.id] = user
            return user

    def token(self, user: User, scopes: Collection[str] = ("api",), value: str = "") -> str:
        value = value or f"glpat-{secrets.token_urlsafe(15)}"
        self.world.tokens[value] = Token(value, user, frozenset(scopes))
        return value

    def revoke(self, token: str) -> None:
        self.world.tokens.pop(token)

    # projects

    def project(
        self, path: str, *, members: Mapping[User, int] | None = None, visibility: str = "private"
    ) -> building.Project:
        with self.world.lock:
            project = building.make(self.world, path, self.root, visibility)
            for user, level in (members or {}).items():
                project.member(user, level)
            return project

    def bot(self, project: building.Project, level: int = DEVELOPER) -> tuple[User, str]:
        """A project access token's user and its token, as GitLab names them."""
        suffix = secrets.token_hex(4)
        user = self.user(f"project_{project.id}_bot_{suffix}", name="reviewbot", bot=True)
        project.member(user, level)
        return user, self.token(user)

    def push(
        self,
        merge_request: MergeRequest,
        files: Mapping[str, Content],
        message: str = "More changes",
        *,
        user: User | None = None,
    ) -> str:
        """Move the merge request's head by one commit: a new version, an update webhook with `oldrev`."""
        source = merge_request.source_project
        if not isinstance(source, building.Project):
            raise TypeError("the merge request's fork is gone")
        return source.push(merge_request.source_branch, files, message, user=user or merge_request.author)

    # what people do

    def close_merge_request(self, merge_request: MergeRequest, user: User | None = None, event: str = "close") -> None:
        """`event`: close, reopen or merge."""
        with self.world.lock:
            merging.change_state(merge_request, user or self.admin, event)

    def edit(self, merge_request: MergeRequest, user: User | None = None, **values: object) -> None:
        """Set title, description, target_branch, labels or reviewers (users)."""
        with self.world.lock:
            merging.edit(merge_request, user or self.admin, values)

    def ask_again(self, merge_request: MergeRequest, reviewer: User, user: User | None = None) -> None:
        with self.world.lock:
            merging.ask_again(merge_request, user or self.admin, reviewer)

    def write(
        self,
        merge_request: MergeRequest,
        body: str,
        user: User | None = None,
        thread: Discussion | None = None,
        **more: object,
    ) -> Note:
        """A person's note: a plain one, an answer in `thread`, or with `position`."""
        position = more.get("position")
        threaded = thread is not None or position is not None or bool(more.get("threaded"))
        with self.world.lock:
            raw = position if isinstance(position, dict) else None
            return noting.write(
                merge_request, user or self.admin, body, thread=thread, position=raw, threaded=threaded
            )[1]

    def resolve(
        self, merge_request: MergeRequest, thread: Discussion, user: User | None = None, *, resolved: bool = True
    ) -> None:
        with self.world.lock:
            noting.resolve(merge_request, thread, user or self.admin, resolved=resolved)

    def react(
        self, merge_request: MergeRequest, note: Note, user: User | None = None, emoji: str = "thumbsup"
    ) -> Award:
        with self.world.lock:
            thread = next(one for one in merge_request.discussions if note in one.notes)
            return noting.react(merge_request, thread, note, user or self.admin, emoji)

    def delete_note(self, merge_request: MergeRequest, note_id: int) -> None:
        """As somebody may who is allowed to: GitLab tells nobody."""
        with self.world.lock:
            thread, note = next(
                (thread, note) for thread in merge_request.discussions for note in thread.notes if note.id == note_id
            )
            noting.delete(merge_request, thread, note)

    def delete_merge_request(self, merge_request: MergeRequest) -> None:
        with self.world.lock:
            del merge_request.project.merge_requests[merge_request.iid]

    # webhooks

    def hook(
        self,
        url: str,
        *,
        token: str | None = None,
        signing_token: str | None = None,
        system: bool = False,
        background: bool = True,
        events: Collection[str] = ("merge_request", "note", "emoji"),
    ) -> Hook:
        """Send every event from now on to `url`: in a thread, or when `deliver` is called (`background=False`)."""
        hook = Hook(url, token, signing_token, events, system, background)
        self.deliveries.hooks.append(hook)
        return hook

    def deliver(self) -> list[Delivery]:
        return self.deliveries.deliver()

    def settle(self) -> None:
        self.deliveries.settle()

    # questions

    @property
    def requests(self) -> list[Seen]:
        with self.world.lock:
            return list(self.application.log)

    @property
    def quick_actions(self) -> list[QuickAction]:
        return list(self.world.quick_actions)

    def comments(self, merge_request: MergeRequest) -> list[Comment]:
        """Every note with a position that begins a thread, in order, with the text it really stands on."""
        with self.world.lock:
            return [
                comment(merge_request, thread, thread.notes[0])
                for thread in merge_request.discussions
                if thread.notes[0].position is not None
            ]

    def notes(self, merge_request: MergeRequest) -> list[Note]:
        """Plain notes of people and bots: no system notes, no threads on lines."""
        with self.world.lock:
            return [one for one in merge_request.notes if not one.system and one.position is None]
