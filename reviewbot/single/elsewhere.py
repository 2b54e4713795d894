"""Which rules from elsewhere count in a local repository: those of the GitLab project that it is a clone of."""

from collections.abc import Iterator
from contextlib import contextmanager

from reviewbot.control import Control
from reviewbot.errors import ForgeNotFound, UsageError
from reviewbot.git.local import LocalRepository
from reviewbot.gitlab.urls import project_of_remote
from reviewbot.inheriting import Give, left_out
from reviewbot.settings import Settings

NONE = "-"  # is no project: nobody is asked
_SILENCE = 10.0  # seconds that GitLab is waited for: a person waits, who may be on a train
_SHAPE = "give its full path, like group/project"


@contextmanager
def giving(settings: Settings, repository: LocalRepository, named: str | None) -> Iterator[Give]:
    """What the project `named` inherits and takes in; None: the one that the remote `origin` leads to, if that is on
    the configured GitLab. `NONE`, and where GitLab is not configured: nothing, and includes are told as left out.

    Raises `UsageError` for a `named` one that is not there, or without GitLab, and what asking GitLab raises.
    """
    configured = bool(settings.gitlab_url and settings.gitlab_token.get_secret_value())
    if named not in {None, NONE} and not configured:
        raise UsageError(
            "REVIEWBOT_GITLAB_URL and REVIEWBOT_GITLAB_TOKEN are not both set", mend="set them, or leave --project out"
        )
    path = (named or project_of_remote(repository.origin(), settings.gitlab_url)) if configured else ""
    if path in {"", NONE}:
        yield left_out
        return
    with _of_gitlab(settings, path.strip("/"), insist=named is not None) as give:
        yield give


@contextmanager
def _of_gitlab(settings: Settings, path: str, *, insist: bool) -> Iterator[Give]:
    """`insist`: somebody has named the project, and wants to know when it is not there."""
    from reviewbot.gitlab.client import Client, connect
    from reviewbot.gitlab.forge import GitLabForge
    from reviewbot.keeping import Kept
    from reviewbot.wiring.neighbours import steadily

    token = settings.gitlab_token.get_secret_value()

    def client_of() -> Client:
        return connect(settings.gitlab_url, token, ca_bundle=settings.ca_bundle, timeout=_SILENCE)

    if insist:
        client = client_of()
        try:
            GitLabForge(client, b"").project_id(path)
        except ForgeNotFound as error:
            raise UsageError(f"GitLab shows you no project {path!r}", mend=_SHAPE) from error
        finally:
            client.close()
    with steadily(settings, Kept(), client_of, Control(settings.review_seconds), path) as give:
        yield give
