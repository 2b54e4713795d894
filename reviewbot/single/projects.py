"""A project as a person names it -> its number."""

from reviewbot.errors import ForgeNotFound, UsageError
from reviewbot.gitlab.client import connect
from reviewbot.gitlab.forge import GitLabForge
from reviewbot.settings import Settings
from reviewbot.wiring.store import Store, key_of

_LARGEST = 2**63 - 1  # that a database takes


def numbered(settings: Settings, store: Store, named: str) -> int:
    """The number of the project with this full path, or number. GitLab is asked where no job of it is kept.

    Raises `UsageError` when nobody knows it, and what asking GitLab raises.
    """
    named = named.strip().strip("/")
    if named.isdecimal() and int(named) <= _LARGEST:
        return int(named)
    found = store.health.project(named)
    if found is not None:
        return found
    if not settings.gitlab_url:
        raise UsageError(
            f"No review of the project {named!r} is kept",
            mend="give its number (GitLab shows it below the project's name), or set REVIEWBOT_GITLAB_URL",
        )
    token = settings.gitlab_token.get_secret_value()
    client = connect(settings.gitlab_url, token, ca_bundle=settings.ca_bundle)
    try:
        return GitLabForge(client, key_of(settings)).project_id(named)
    except ForgeNotFound as error:
        raise UsageError(
            f"GitLab shows the bot no project {named!r}", mend="give the full path, group/project, and see its members"
        ) from error
    finally:
        client.close()
