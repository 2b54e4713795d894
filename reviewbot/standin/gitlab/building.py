"""Projects with verbs: how a test, a benchmark or the demo fills a GitLab."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewbot.standin.gitlab import merging
from reviewbot.standin.gitlab.repositories import Content, Repository
from reviewbot.standin.gitlab.state import DEVELOPER, Issue, Job, MergeRequest, Pipeline, User, World
from reviewbot.standin.gitlab.state import Project as ProjectState


@dataclass(eq=False)
class Project(ProjectState):
    """A project of a lab."""

    def commit(
        self,
        branch: str,
        files: Mapping[str, Content],
        message: str = "Change files",
        *,
        parent: str | None = None,
        author: User | None = None,
    ) -> str:
        """Commit to a branch and return the SHA. A new branch starts at `parent` (branch or SHA), else at the default.

        Does not push: merge requests do not notice; that is what `push` is for.
        """
        with self.world.lock:
            start = self.repository.resolve(parent) if parent else None
            if parent and start is None:
                raise ValueError(f"{self.path} has no commit {parent}")
            if start is None and self.repository.resolve(f"refs/heads/{branch}") is None:
                start = self.repository.resolve(f"refs/heads/{self.default_branch}")
            name = f"{author.name} <{author.username}@example.com>" if author else "Dev <dev@example.com>"
            return self.repository.commit(branch, files, message, parent=start, author=name)

    def push(
        self,
        branch: str,
        files: Mapping[str, Content] | None = None,
        message: str = "More changes",
        *,
        user: User | None = None,
    ) -> str:
        """Commit `files` (None: take the branch as it is) and let open merge requests see their new head."""
        with self.world.lock:
            sha = self.commit(branch, files, message, author=user) if files is not None else ""
            merging.pushed(self, branch, user or self.world.users[1])
            return sha or self.repository.resolve(branch) or ""

    def merge_request(
        self,
        source: str,
        target: str = "",
        title: str = "Change things",
        description: str = "",
        *,
        author: User | None = None,
        draft: bool = False,
        labels: Sequence[str] = (),
        reviewers: Sequence[User] = (),
        source_project: "Project | None" = None,
        unready_reads: int = 0,
    ) -> MergeRequest:
        """Open a merge request. The first `unready_reads` single reads see `diff_refs` null."""
        more: dict[str, Any] = {
            "description": description,
            "draft": draft,
            "labels": labels,
            "reviewers": reviewers,
            "source_project": source_project,
            "unready_reads": unready_reads,
        }
        with self.world.lock:
            opener = author or self.world.users[1]
            return merging.create(self, source, target or self.default_branch, title, opener, **more)

    def issue(self, title: str, description: str = "", *, confidential: bool = False) -> Issue:
        with self.world.lock:
            iid = len(self.issues) + 1
            made = Issue(self.world.next_id("issue"), iid, self, title, description, confidential)
            self.issues[iid] = made
            return made

    def pipeline(self, branch: str, *jobs: Job, status: str = "success") -> Pipeline:
        """A pipeline of the branch's head. `jobs` are given their ids."""
        with self.world.lock:
            sha = self.repository.resolve(f"refs/heads/{branch}")
            if sha is None:
                raise ValueError(f"{self.path} has no branch {branch}")
            for job in jobs:
                job.id = self.world.next_id("job")
            made = Pipeline(self.world.next_id("pipeline"), self, sha, branch, status, list(jobs))
            self.pipelines.append(made)
            return made

    def member(self, user: User, level: int = DEVELOPER) -> User:
        self.members[user.id] = level
        return user

    def fork(self, path: str, owner: User | None = None) -> "Project":
        """A project of its own with all branches of this one."""
        with self.world.lock:
            made = make(self.world, path, self.repository.path.parent, self.visibility)
            made.forked_from = self
            made.repository.git("fetch", "--quiet", str(self.repository.path), "refs/heads/*:refs/heads/*")
            if owner:
                made.members[owner.id] = 50
            return made


def make(world: World, path: str, root: Path, visibility: str) -> Project:
    id_ = world.next_id("project")
    repository = Repository(root / f"{id_}.git")
    repository.create()
    project = Project(id_, path, repository, world, visibility)
    world.projects[id_] = project
    return project
