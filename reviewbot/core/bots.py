"""A user's name -> whether it is a machine's."""

import re

# Project and group tokens act as `project_<id>_bot_<hash>` (GitLab docs, "Project access tokens"); others by habit.
_BOT = re.compile(r"(^|[-_.])bot($|[-_.\d\[])|^dependabot|^renovate")


def is_bot(username: str) -> bool:
    """Whether a user name is that of a machine; GitLab's payloads and lists carry no flag for it."""
    return bool(_BOT.search(username.lower()))
