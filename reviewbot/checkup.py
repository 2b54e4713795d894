"""What `doctor` looks at: each check is one sentence with its mend, and none of them writes to GitLab or the model."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from reviewbot.broker import make_app, waiting_jobs
from reviewbot.control import Control
from reviewbot.core import signatures
from reviewbot.core.tokens import Counter
from reviewbot.db.engine import open_database
from reviewbot.db.schema import current, head
from reviewbot.errors import ReviewbotError
from reviewbot.gitlab.client import Client, connect
from reviewbot.gitlab.forge import GitLabForge
from reviewbot.gitlab.urls import parse_merge_request_url
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.model.prompt import Message, Prompt
from reviewbot.settings import Settings, strangers
from reviewbot.wiring.bench import model_of, shelf_of

State = Literal["ok", "note", "bad"]
DEVELOPER = 30  # GitLab docs, "Members API": access levels
_ROLES = {
    5: "Minimal access",
    10: "Guest",
    15: "Planner",
    20: "Reporter",
    30: "Developer",
    40: "Maintainer",
    50: "Owner",
}


@dataclass(frozen=True, slots=True)
class Check:
    """`bad` keeps reviews from working, `note` is worth knowing."""

    state: State
    what: str
    mend: str = ""


def examine(settings: Settings, url: str | None = None) -> Iterator[Check]:
    """All checks, in the order in which a set-up is made. Never raises a `ReviewbotError`."""
    parts: tuple[Callable[[], Iterator[Check]], ...] = (
        lambda: _storage(settings),
        lambda: _queue(settings),
        lambda: _gitlab(settings, url),
        lambda: _webhook(settings),
        lambda: _model(settings),
        lambda: _rest(settings),
    )
    for part in parts:
        try:
            yield from part()
        except ReviewbotError as error:
            yield Check("bad", error.message, error.mend)


def _storage(settings: Settings) -> Iterator[Check]:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        what = f"The data folder {settings.data_dir} cannot be made: {error.strerror}"
        yield Check("bad", what, "set REVIEWBOT_DATA_DIR to a folder that this user may write to")
        return
    mode = settings.data_dir.stat().st_mode & 0o777
    if mode & 0o077:
        yield Check("bad", f"The data folder {settings.data_dir} is open to others ({mode:o})", "chmod 700 it")
    else:
        yield Check("ok", f"The data folder is {settings.data_dir}")
    database = open_database(settings.database)
    try:
        version = current(database)
    finally:
        database.close()
    kind = settings.database.partition(":")[0]
    if version == head():
        yield Check("ok", f"The database ({kind}) is at version {version}")
    else:
        found = f"at version {version}" if version else "empty"
        what = f"The database ({kind}) is {found}, this program needs version {head()}"
        yield Check("note", what, "run: reviewbot db upgrade (serve does it itself)")


def _queue(settings: Settings) -> Iterator[Check]:
    if settings.embedded:
        yield Check("ok", "No broker is configured: reviewbot serve runs everything in one process")
        return
    waiting = waiting_jobs(make_app(settings.broker_url))
    if waiting is None:
        yield Check("bad", "The broker does not answer", "look at REVIEWBOT_BROKER_URL and the Redis server")
    else:
        yield Check("ok", f"The broker answers; {waiting} jobs wait in it")


def _gitlab(settings: Settings, url: str | None) -> Iterator[Check]:
    if not settings.gitlab_url or not settings.gitlab_token.get_secret_value():
        mend = "set REVIEWBOT_GITLAB_URL and REVIEWBOT_GITLAB_TOKEN (a local review needs neither)"
        yield Check("bad", "GitLab is not configured", mend)
        return
    client = connect(
        settings.gitlab_url, settings.gitlab_token.get_secret_value(), ca_bundle=settings.ca_bundle, timeout=20
    )
    try:
        forge = GitLabForge(client, b"")
        me = forge.me()
        yield Check("ok", f"GitLab at {settings.gitlab_url} knows the token as {me.username}")
        yield from _scopes(client)
        if url is not None:
            yield from _merge_request(settings, forge, me.id, url)
    finally:
        client.close()


def _scopes(client: Client) -> Iterator[Check]:
    try:
        token = client.object("/personal_access_tokens/self")
    except ReviewbotError:
        yield Check("note", "The token's scopes cannot be read", "it needs the scope api")
        return
    if "api" not in token.get("scopes", ()):
        yield Check("bad", "The token lacks the scope api: it may not comment", "make one with the scope api")
    else:
        expires = f", expires {token['expires_at']}" if token.get("expires_at") else ""
        yield Check("ok", f"The token has the scope api{expires}")


def _merge_request(settings: Settings, forge: GitLabForge, me: int, url: str) -> Iterator[Check]:
    path, iid = parse_merge_request_url(url, settings.gitlab_url)
    ref = MergeRequestRef(forge.project_id(path), iid)
    snapshot = forge.snapshot(ref, Control(60))
    yield Check("ok", f"{path}!{iid} is readable: {len(snapshot.changes)} files, head {snapshot.refs.head_sha[:12]}")
    level = forge.access_level(ref.project_id, me)
    if level < DEVELOPER:
        mend = "give the bot's user the role Developer in the project"
        yield Check("bad", f"The token is {_role(level)} in {path}: it may not set the commit status", mend)
    else:
        yield Check("ok", f"The token is {_role(level)} in {path}")


def _role(level: int) -> str:
    """The role of an access level, as GitLab's pages call it."""
    known = max((each for each in _ROLES if each <= level), default=0)
    return f"{_ROLES[known]} (access level {level})" if known else "no member"


def _webhook(settings: Settings) -> Iterator[Check]:
    if not settings.webhook_secret:
        yield Check("note", "No webhook secret is set: serve will not start", "set REVIEWBOT_WEBHOOK_SECRET")
        return
    for secret in settings.webhook_secret:
        if problem := signatures.unusable(secret.get_secret_value()):
            yield Check("bad", f"A webhook secret cannot work: {problem}", "copy it from GitLab once more")
            return
    secrets = "A webhook secret is" if len(settings.webhook_secret) == 1 else "Several webhook secrets are"
    yield Check("ok", f"{secrets} set; the hook's URL ends in /webhooks/gitlab")
    if not settings.admin_token.get_secret_value():
        yield Check("note", "The pages and figures are closed", "set REVIEWBOT_ADMIN_TOKEN to open them")


def _model(settings: Settings) -> Iterator[Check]:
    models = model_of(settings, Counter())
    if models is None:
        yield Check("note", "No model is configured: only the pattern rules will run", "set REVIEWBOT_LLM_MODEL")
        return
    began = time.monotonic()
    messages = (Message("system", "Answer with JSON."), Message("user", 'Answer {"findings": []}'))
    answer = models.ask(Prompt(messages, "findings", (), "doctor"), Control(60))
    seconds = time.monotonic() - began
    price = "price unknown: costs will be shown as unknown" if answer.usage.cost_usd is None else "price known"
    yield Check("ok", f"The model {models.name} answered in {seconds:.1f} s; {price}")
    if answer.usage.cost_usd is None and settings.max_cost_per_review is not None:
        mend = "take a model with a known price or remove REVIEWBOT_MAX_COST_PER_REVIEW"
        yield Check("bad", "A cost limit is set and the model's price is unknown: nothing will be asked", mend)
    models.close()


def _rules(settings: Settings) -> Iterator[Check]:
    shipped, own = shelf_of(settings).under()
    yield Check("ok", f"{len(shipped.rules)} built-in rules, {len(own.rules)} of the instance")
    for problem in own.problems:
        yield Check("bad", f"A rule of the instance is left out: {problem}", "see docs/rules.md")


def _rest(settings: Settings) -> Iterator[Check]:
    if shutil.which("git"):
        yield Check("ok", "git is there")
    else:
        yield Check("bad", "git is not on the PATH", "install git: collapsed files and context need it")
    for name in strangers():
        yield Check("note", f"{name} is no setting: nothing reads it", "see docs/configuration.md for the names")
    yield from _rules(settings)
