"""A diff and the policy -> the files to read, and for each other file the reason why it is left out."""

from reviewbot.core import globs, unread
from reviewbot.core.attributes import Attributes
from reviewbot.core.generated import says_generated
from reviewbot.model.chunk import Selection, Skip
from reviewbot.model.diff import Change, Diff, FileDiff, Kind
from reviewbot.model.policy import ReviewPolicy

_NO_ATTRIBUTES = Attributes()
_KINDS = {Kind.BINARY: "binary", Kind.SUBMODULE: "submodule", Kind.LFS: "Git LFS pointer"}
_WEB = (".js", ".mjs", ".cjs", ".css")
_LONG = 500  # characters of an average line: nobody writes so


def select(diff: Diff, policy: ReviewPolicy, attributes: Attributes | None = None) -> Selection:
    """Sort every file of `diff` into exactly one of the two lists, in diff order.

    `attributes` must come from the target branch: a merge request must not talk its own files out of the review. First
    what people exclude, then what is not worth reading by its name or its owners' word (`policy.include` keeps those),
    then what cannot be read. Only a file that should have been read is skipped as not `expected`.
    """
    exclude, include = globs.matcher(policy.exclude), globs.matcher(policy.include)
    reviewed: list[FileDiff] = []
    skipped: list[Skip] = []
    for file in diff.files:
        reason = "excluded by configuration" if exclude.match_file(file.path) else ""
        if not reason and not include.match_file(file.path):
            reason = _not_worth_reading(file, attributes or _NO_ATTRIBUTES)
        reason = reason or _nothing_to_read(file)
        if reason:
            skipped.append(Skip(file.path, reason))
        elif file.missing:
            skipped.append(Skip(file.path, file.missing, expected=False))
        else:
            reviewed.append(file)
    return Selection(tuple(reviewed), tuple(skipped))


def _not_worth_reading(file: FileDiff, attributes: Attributes) -> str:
    path = file.path
    marks = attributes.marks(path)
    migration = unread.is_migration(path)
    reason = unread.reason(path)
    # What people say of a file goes before what its name suggests
    spared = reason == "generated" and (migration or marks.generated is False)
    if reason and not spared and not (reason == "vendored" and marks.vendored is False):
        return reason
    if marks.vendored:
        return "vendored (.gitattributes)"
    if marks.undiffed:
        return "not to be diffed (.gitattributes)"
    if migration or marks.generated is False:
        return ""
    return _generated(file, marked=bool(marks.generated))


def _generated(file: FileDiff, *, marked: bool) -> str:
    if marked:
        return "generated (.gitattributes)"
    if file.generated:
        return "generated (GitLab)"
    if says_generated(file):
        return "generated (says its header)"
    return "minified" if _looks_minified(file) else ""


def _looks_minified(file: FileDiff) -> bool:
    """A new script or style sheet with lines that no person writes."""
    if file.change is not Change.ADDED or not file.path.endswith(_WEB) or not file.hunks:
        return False
    lines = file.hunks[0].lines
    return sum(len(line.text) for line in lines) > _LONG * len(lines)


def _nothing_to_read(file: FileDiff) -> str:
    if file.change is Change.DELETED:
        return "deleted"
    if file.kind in _KINDS:
        return _KINDS[file.kind]
    if file.hunks or file.missing:
        return ""
    if file.change is Change.ADDED:
        return "empty file"
    if file.change in {Change.RENAMED, Change.COPIED}:
        return f"{file.change} without changes"
    if file.change is Change.MODE:
        return f"only its mode changed ({file.old_mode} → {file.new_mode})"
    return "no change in its text"
