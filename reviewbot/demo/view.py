"""A merge request as it stands in GitLab after the review: its diff with the comments under their lines."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reviewbot.core import diffs
from reviewbot.model.diff import FileDiff, Kind, LineKey
from reviewbot.model.merge_request import RawChange
from reviewbot.standin.gitlab.comments import Comment
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import MergeRequest

_MARKER = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of the diff. `on_lines` maps a line to the comments under it, `on_file` are those on the whole file."""

    file: FileDiff
    on_lines: dict[LineKey, list[Comment]]
    on_file: list[Comment]

    @property
    def without(self) -> str:
        """Why there are no lines, where there are none."""
        if self.file.missing:
            return self.file.missing
        return "only its name or mode changed" if self.file.kind is Kind.TEXT else f"{self.file.kind.value} file"


@dataclass(frozen=True, slots=True)
class View:
    """`bot` is the name of the summary's author, `names` maps user names to the names that people see."""

    title: str
    description: str
    url: str
    summary: str
    status: str
    files: tuple[FileView, ...]
    bot: str
    names: dict[str, str]

    @property
    def comments(self) -> int:
        return sum(len(file.on_file) + sum(map(len, file.on_lines.values())) for file in self.files)


def look(lab: Lab, merge_request: MergeRequest, changes: Sequence[RawChange], url: str, bot: str) -> View:
    """What a person sees. The positions are the stand-in's, the diff is read from its API like anybody's."""
    comments = lab.comments(merge_request)
    by_file: dict[str, list[Comment]] = defaultdict(list)
    for comment in comments:
        by_file[comment.path].append(comment)
    files = []
    for file in diffs.parse_changes(changes).files:
        on_lines: dict[LineKey, list[Comment]] = defaultdict(list)
        on_file: list[Comment] = []
        for comment in by_file[file.path]:
            key = (comment.old_line, comment.new_line)
            (on_file if key == (None, None) else on_lines[key]).append(comment)
        files.append(FileView(file, dict(on_lines), on_file))
    summary = next((note.body for note in lab.notes(merge_request) if note.author.username == bot), "")
    statuses = [one for one in merge_request.project.statuses if one.sha == merge_request.sha]
    status = f"{statuses[-1].state}: {statuses[-1].description}" if statuses else "none"
    names = {user.username: user.name for user in lab.world.users.values()}
    return View(
        title=merge_request.title,
        description=merge_request.description,
        url=url,
        summary=plain(summary),
        status=status,
        files=tuple(files),
        bot=names[bot],
        names=names,
    )


def plain(body: str) -> str:
    """A note's body without its hidden markers, as GitLab shows it."""
    return _MARKER.sub("", body).strip()
