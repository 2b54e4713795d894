"""Rule files and configuration that a change brings, checked as they are at its head: they count from its merge on."""

from collections.abc import Iterable, Mapping, Sequence

from reviewbot.control import Control
from reviewbot.core import configuration, rule_reports
from reviewbot.core.frontmatter import LARGEST
from reviewbot.core.packs import Shelf
from reviewbot.core.rule_reports import Read, Reports
from reviewbot.errors import Problem, SourceUnavailable, TooHard
from reviewbot.model.diff import Change, Diff, FileDiff
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.rule import RULE_FILE, Rule
from reviewbot.ports import Isolation, Tree

MOST = 50  # files of one change
_SECONDS = 60.0  # for all files of one change: whatever takes long is the change's own doing, and others wait
_MOST_HARD = 3  # rule files on which as much time was spent as one may take: no more are tried then
_NO_PACKS, _UNREAD = Shelf(), Read(None)
_SMALLER = "write a smaller pattern, or shorter examples"


def check(
    diff: Diff,
    tree: Tree | None,
    rules: Sequence[Rule],
    policy: ReviewPolicy,
    isolation: Isolation,
    control: Control,
    shelf: Shelf = _NO_PACKS,
    known: Sequence[str] = (),
) -> Reports:
    """What is wrong with the changed rule files and configuration, on the lines of the diff.

    `rules` are those of the target, for ids that are taken. `shelf` has the packs that there are; empty: they are
    not known. `known` are the ids of all rules of the target, also of those that are off; empty: there may be others.
    Without a `tree` new files alone are checked, which the diff shows whole. Raises what `control` raises.
    """
    changed = [file for file in diff.files if rule_reports.concerned(file.path) and file.change is not Change.DELETED]
    if not changed or RULE_FILE in policy.disabled_rules:
        return Reports()
    files = changed[:MOST]
    try:
        contents = _contents(files, tree)
    except SourceUnavailable as error:
        return Reports(notices=(f"The changed rule files could not be read, so not checked: {error.message}",))
    read = _read(
        [file for file in files if file.path in contents],
        contents,
        _standing(diff, rules),
        isolation,
        control,
    )
    ids = _ids(changed, read, known)
    read |= {
        file.path: rule_reports.of_configuration(file.path, contents[file.path], policy, shelf, ids)
        for file in files
        if file.path in configuration.FILES and file.path in contents
    }
    made = [rule_reports.reported(file, read[file.path], policy.language) for file in files if file.path in read]
    left = len(changed) - len(files) + len(contents) - len(read)
    return Reports(
        tuple(finding for one in made for finding in one.findings),
        frozenset(path for one in made for path in one.paths),
        (
            *(notice for one in made for notice in one.notices),
            *((f"{left} more changed rule files were not checked.",) if left else ()),
        ),
    )


def _ids(changed: Sequence[FileDiff], read: Mapping[str, Read], known: Sequence[str]) -> tuple[str, ...]:
    """Of all rules, with those that the change brings; none where some may be missing."""
    brought = [read.get(file.path, _UNREAD).rule for file in changed if rule_reports.folder_of(file.path) is not None]
    every = known and None not in brought
    return (*known, *(rule.id for rule in brought if rule is not None)) if every else ()


def _contents(files: Sequence[FileDiff], tree: Tree | None) -> Mapping[str, bytes]:
    if tree is not None:
        return tree.source.read(tree.sha, [file.path for file in files], LARGEST)
    return {
        file.path: "\n".join((*(line.text for line in file.lines()), "")).encode("utf-8", "surrogateescape")
        for file in files
        if file.change is Change.ADDED and file.hunks
    }


def _standing(diff: Diff, rules: Iterable[Rule]) -> Mapping[str, dict[str, str]]:
    """By folder: the files of the target's rules by id, without those that the change touches."""
    touched = {name for file in diff.files for name in (file.old_path, file.new_path)}
    found: dict[str, dict[str, str]] = {}
    for rule in rules:
        own = rule.layer == "project" or rule.layer.startswith("folder ")
        if own and rule.origin not in touched:
            found.setdefault(rule.folder, {})[rule.id] = rule.origin
    return found


def _read(
    files: Sequence[FileDiff],
    contents: Mapping[str, bytes],
    standing: Mapping[str, dict[str, str]],
    isolation: Isolation,
    control: Control,
) -> dict[str, Read]:
    """Rule files and lists; not the configuration."""
    taken = {folder: dict(ids) for folder, ids in standing.items()}
    found: dict[str, Read] = {}
    hard = 0
    part = control.within(_SECONDS)
    for file in sorted(files, key=lambda one: one.path):
        control.check()
        if part.remaining() <= 0:
            break
        data, folder = contents[file.path], rule_reports.folder_of(file.path)
        if rule_reports.lists_disabled(file.path):
            found[file.path] = rule_reports.of_disabled(file.path, data)
        elif folder is not None and hard < _MOST_HARD:
            ids = taken.setdefault(folder, {})
            try:
                read = isolation.run(rule_reports.of_rule, file.path, data, ids)
            except TooHard as error:
                read, hard = Read(None, (Problem(1, f"it could not be checked: {error.message}", _SMALLER),)), hard + 1
            found[file.path] = read
            if read.rule is not None:
                ids.setdefault(read.rule.id, file.path)
    return found
