"""The rules of a project on GitLab as a review would take them now: by its default branch, with what it inherits."""

from collections.abc import Sequence

from reviewbot import rulebook, rulefiles
from reviewbot.configured import configured_at
from reviewbot.control import Control
from reviewbot.core.packs import Shelf
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.files import FilesSource
from reviewbot.gitlab.retrying import Backoff
from reviewbot.inheriting import Inherit
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.repository import BranchHead
from reviewbot.rulebook import Rulebook
from reviewbot.settings import Settings
from reviewbot.wiring.bench import policy_of
from reviewbot.wiring.sources import NearestSource, mirror_of


def read(
    settings: Settings,
    shelf: Shelf,
    inherit: Inherit,
    client: Client,
    control: Control,
    project_id: int,
    head: BranchHead,
    paths: Sequence[str] | None = (),
) -> tuple[ReviewPolicy, Rulebook, tuple[str, ...]]:
    """The policy, the rules (those of folders as far as `paths` lead through them; None: of all folders), and what
    people must be told.
    """
    mirror = mirror_of(settings, project_id, head.path, control)
    files = FilesSource(client, project_id, control=control, backoff=Backoff(attempts=1), path=head.path)
    source = NearestSource(mirror, files)
    policy, configured, notices = configured_at(source, head.sha, policy_of(settings))
    given = inherit(head.path, policy.include_rules)
    if configured is None:
        book = rulebook.inherited(shelf, policy, given())
    else:
        paths = rulefiles.telling(source, head.sha) if paths is None else paths
        book = rulebook.of_project(source, head.sha, shelf, policy, paths, given(), control)
    return policy, book, (*notices, *book.notices)
