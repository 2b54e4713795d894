from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gitlab
import pytest
from standins.faults import Faults

from reviewbot.standin.gitlab.building import Project
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.repositories import Content
from reviewbot.standin.gitlab.state import DEVELOPER, MergeRequest, User


@dataclass
class Scene:
    """A served lab with one project, an author and the bot's client."""

    lab: Lab
    faults: Faults
    project: Project
    author: User
    bot: User
    token: str
    url: str

    def client(self, token: str = "") -> gitlab.Gitlab:
        return gitlab.Gitlab(self.url, private_token=token or self.token, keep_base_url=True)

    def open(self, before: dict[str, Content], after: dict[str, Content], **more: Any) -> MergeRequest:
        """Commit `before` to main and `after` to a new branch, and open its merge request."""
        branch = f"feature-{len(self.project.merge_requests)}"
        self.project.commit("main", before, "Before")
        self.project.commit(branch, after, "After", author=self.author)
        return self.project.merge_request(branch, author=self.author, **more)

    def api(self, merge_request: MergeRequest, token: str = "") -> Any:
        """The merge request as python-gitlab sees it."""
        return self.client(token).projects.get(merge_request.project.id).mergerequests.get(merge_request.iid)

    def position(self, merge_request: MergeRequest, path: str, old: int | None, new: int | None, **more: Any) -> Any:
        return {
            **merge_request.version.refs,
            "position_type": "text",
            "old_path": path,
            "new_path": path,
            "old_line": old,
            "new_line": new,
            **more,
        }

    def listed(self, merge_request: MergeRequest, what: str, **query: Any) -> list[Any]:
        path = f"/projects/{merge_request.project.id}/merge_requests/{merge_request.iid}/{what}"
        return list(self.client().http_list(path, query_data=query, iterator=True))


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Lab(prefix="/gitlab") as lab:
        faults = Faults(lab.app)
        author = lab.user("ada")
        project = lab.project("group/sub/shop", members={author: DEVELOPER})
        bot, token = lab.bot(project)
        with lab.serve(faults) as url:
            yield Scene(lab, faults, project, author, bot, token, url)
