"""What speaks against the bot's approval, whatever the verdict is: it can be talked into one, so it gives few."""

from collections.abc import Callable, Collection, Iterable, Sequence

from reviewbot.core import commands, gating, pipelines
from reviewbot.core.pipelines import Included
from reviewbot.errors import SourceUnavailable
from reviewbot.examine import NO_MODEL
from reviewbot.model.diff import Diff
from reviewbot.model.finding import Finding
from reviewbot.model.merge_request import MergeRequest
from reviewbot.model.outcome import Examination
from reviewbot.ports import Forge, Source

_AT_ONCE = 8  # files of one read: as many as are read one by one where git is away
_FOLDERS, _ENTRIES = 100, 1_000  # that are looked through for what a glob takes
_UNTOLD = "it cannot be told what the pipeline includes"


def against(
    mr: MergeRequest,
    examination: Examination,
    diff: Diff,
    source: Source,
    forge: Forge,
    blocks: Callable[[Finding], bool],
    led: Collection[str] = (),
) -> str:
    """The first reason not to approve, in words for people; empty when there is none. The cheapest questions first.

    `led`: files that guidance brings in. What cannot be told is a reason too.
    """
    if reason := gating.unread(examination, diff) or gating.unmet(examination):
        return reason
    if gating.dismissed(examination, diff, blocks):
        return "findings were dismissed or left to linters, not mended"
    if NO_MODEL in examination.notices:
        return "no model has read it"
    if mr.overflow:
        return "GitLab did not give the whole change"
    if mr.forked and forge.access_level(mr.ref.project_id, mr.author.id) < commands.GUEST:
        return "the author is no member of the project"
    tip = forge.protected(mr.ref.project_id, mr.target_branch)
    if not tip:
        return "the target branch is not protected"
    ci_file = forge.ci_file(mr.ref.project_id)
    if ci_file is None:
        return f"{_UNTOLD}: GitLab does not name its file"
    # As it was when the diff was made, and as it is now: the pipeline of what is merged goes by both.
    shas = dict.fromkeys((mr.refs.start_sha, tip))
    return next(filter(None, (_gone_by(mr, diff, source, ci_file, sha, led) for sha in shas)), "")


def _gone_by(mr: MergeRequest, diff: Diff, source: Source, ci_file: str, sha: str, led: Collection[str]) -> str:
    found = included(source, sha, pipelines.located(ci_file, mr.path), mr.path)
    if found.problem:
        return f"{_UNTOLD}: {found.problem}"
    path = gating.protected(diff, found, led)
    return f"{path} is what the bot or the pipeline goes by" if path else ""


def included(source: Source, sha: str, ci_file: str, project: str) -> Included:
    """The pipeline's file at `sha` and every local file that it includes, includes of includes among them.

    `ci_file` empty: it is kept elsewhere, and names no files of ours.
    """
    known: dict[str, None] = {}
    globs: dict[str, None] = {}
    wanted = [ci_file] if ci_file else []
    while wanted:
        known |= dict.fromkeys(wanted)
        if len(known) + len(globs) > pipelines.MOST:
            return Included(problem=f"more than {pipelines.MOST} files")
        try:
            named = _read(source, sha, wanted, project)
            fresh = [path for path in dict.fromkeys(named) if "*" in path and path not in globs]
            globs |= dict.fromkeys(fresh)
            named = [*(path for path in named if "*" not in path), *_expanded(source, sha, fresh)]
        except SourceUnavailable as error:
            return Included(problem=error.message)
        wanted = [path for path in dict.fromkeys(named) if path not in known]
    return Included(tuple(known), tuple(globs))


def _read(source: Source, sha: str, paths: Sequence[str], project: str) -> list[str]:
    """What these files include. Raises `SourceUnavailable` for one that is there and cannot be understood."""
    found: list[str] = []
    for start in range(0, len(paths), _AT_ONCE):
        part = paths[start : start + _AT_ONCE]
        data = source.read(sha, part)
        for path in part:
            more = _includes(data[path], project) if path in data else _nothing(source, sha, path)
            if more is None:
                raise SourceUnavailable(f"{path} cannot be read")
            found += more
    return found


def _includes(data: bytes, project: str) -> tuple[str, ...] | None:
    try:
        return pipelines.includes(data.decode(), project)
    except UnicodeDecodeError:
        return None


def _nothing(source: Source, sha: str, path: str) -> tuple[str, ...] | None:
    """A file that was not given includes nothing when it is not there; otherwise nobody knows."""
    folder, _, name = path.rpartition("/")
    listing = source.folder(sha, folder, _ENTRIES)
    there = listing is not None and (listing.cut or any(entry.name == name for entry in listing.entries))
    return None if there else ()


def _expanded(source: Source, sha: str, globs: Iterable[str]) -> list[str]:
    """The files that are there for these globs. Raises `SourceUnavailable` when they are too many to be looked for."""
    found: list[str] = []
    folders = 0
    for glob in globs:
        begins = glob.partition("*")[0].rpartition("/")[0]
        deep = "**" in glob or "/" in glob[len(begins) :].lstrip("/")
        stack = [begins]
        while stack:
            folder = stack.pop()
            folders += 1
            listing = source.folder(sha, folder, _ENTRIES)
            if folders > _FOLDERS or (listing is not None and listing.cut):
                raise SourceUnavailable(f"{glob} takes too many files to look through")
            for entry in listing.entries if listing is not None else ():
                path = f"{folder}/{entry.name}".lstrip("/")
                if entry.kind == "folder":
                    stack += [path] if deep else []
                elif pipelines.globbed(glob, path):
                    found.append(path)
    return found
