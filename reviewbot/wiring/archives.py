"""A project's past merge requests and what the bot said there, as GitLab and the database tell."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from reviewbot.control import Control
from reviewbot.git.mirror import MirrorRepository
from reviewbot.gitlab import archive
from reviewbot.gitlab.archive import MergeRequests
from reviewbot.gitlab.client import Client
from reviewbot.gitlab.retrying import Reads
from reviewbot.model.feedback import PostedComment
from reviewbot.model.merge_request import MergeRequestRef
from reviewbot.settings import Settings
from reviewbot.wiring.sources import mirror_folder
from reviewbot.wiring.store import Store


def merge_requests(
    settings: Settings, store: Store, client: Client, named: str, but: MergeRequestRef | None, control: Control
) -> MergeRequests:
    """Of the project with this id or full path, without the one `but`. Raises as `archive.project` does."""
    project = archive.project(client, named, control)
    source = MirrorRepository(
        folder=mirror_folder(settings.data_dir, project.id),
        url=f"{settings.gitlab_url}/{project.path}.git",
        token=settings.gitlab_token.get_secret_value(),
        ca_bundle=settings.ca_bundle,
        control=control,
    )
    left_out = but.iid if but is not None and but.project_id == project.id else 0
    return MergeRequests(Reads(client, control), project, source, store.runs.first_heads(project.id), left_out)


def told(store: Store, project_id: int) -> Mapping[MergeRequestRef, Sequence[PostedComment]]:
    """The bot's comments in a project, by merge request."""
    found: dict[MergeRequestRef, list[PostedComment]] = defaultdict(list)
    for one in store.comments.listed(project_id):
        found[one.ref].append(one)
    return found
