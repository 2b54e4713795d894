"""The rules of a project on GitLab, as the command line shows them."""

from collections.abc import Sequence

from reviewbot.control import Control
from reviewbot.core.rulebooks import Layer
from reviewbot.errors import ForgeNotFound, UsageError
from reviewbot.gitlab.client import Client, connect
from reviewbot.gitlab.forge import GitLabForge
from reviewbot.inheriting import Inherit
from reviewbot.keeping import Kept
from reviewbot.rulebook import Rulebook
from reviewbot.settings import Settings
from reviewbot.wiring import project_book
from reviewbot.wiring.bench import shelf_of
from reviewbot.wiring.neighbours import inheriting
from reviewbot.wiring.store import key_of

_SECONDS = 120.0


def in_effect(settings: Settings, project: str, paths: Sequence[str]) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """The layers of rules that count in the project with this full path, far to near, by its default branch, and what
    is wrong with them. Raises `UsageError` where GitLab is not configured or does not show it.
    """
    if not settings.gitlab_url:
        raise UsageError("REVIEWBOT_GITLAB_URL is not set", mend="set it, or leave --project out")

    def client_of() -> Client:
        return connect(settings.gitlab_url, settings.gitlab_token.get_secret_value(), ca_bundle=settings.ca_bundle)

    client, control = client_of(), Control(_SECONDS)
    try:
        book, told = _read(
            settings, project.strip("/"), paths, client, inheriting(settings, Kept(), client_of, control)
        )
    except ForgeNotFound as error:
        mend = "give the full path, group/project, and see its members"
        raise UsageError(f"GitLab shows the bot no project {project!r}", mend=mend) from error
    finally:
        client.close()
    return book.layers, told


def _read(
    settings: Settings, project: str, paths: Sequence[str], client: Client, inherit: Inherit
) -> tuple[Rulebook, tuple[str, ...]]:
    forge, control = GitLabForge(client, key_of(settings)), Control(_SECONDS)
    project_id = forge.project_id(project)
    head = forge.default_head(project_id, control)
    if not head.sha:
        raise UsageError(f"{head.path} has no commit yet", mend="push something first")
    _, book, told = project_book.read(settings, shelf_of(settings), inherit, client, control, project_id, head, paths)
    return book, told
