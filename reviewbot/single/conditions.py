"""What must be set before a command reads or writes GitLab."""

import os

from reviewbot.db.instance import has_key
from reviewbot.errors import ConfigurationError
from reviewbot.settings import Settings


def insist_on_gitlab(settings: Settings) -> None:
    if not settings.gitlab_url:
        raise ConfigurationError(
            "REVIEWBOT_GITLAB_URL is not set: the token is sent to that address and no other",
            mend="set it to the address of your GitLab, like https://gitlab.example.com",
        )


def insist_on_lasting_key(settings: Settings) -> None:
    """A CI job begins with an empty data folder: by a key made there, no later job would know this one's comments."""
    in_a_job = "CI" in os.environ or "GITLAB_CI" in os.environ
    if in_a_job and not settings.instance_key.get_secret_value() and not has_key(settings.data_dir):
        raise ConfigurationError(
            "REVIEWBOT_INSTANCE_KEY is not set, and this is a CI job: without the same key in each job, every job would"
            " post all comments again",
            mend="make one with `openssl rand -hex 32` and set it as a masked CI/CD variable of the project or group",
        )
