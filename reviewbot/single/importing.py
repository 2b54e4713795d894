"""Guidance of other tools in the working tree, written as rule files for the owners to go on with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reviewbot.core import rules
from reviewbot.core.guidance import compiling, imports, places, rule_files
from reviewbot.core.guidance import links as targets
from reviewbot.core.guidance.instructions import LARGEST, Contents, gathered
from reviewbot.core.rulebooks import FOLDER
from reviewbot.errors import ConfigurationError, UsageError
from reviewbot.git.local import LocalRepository
from reviewbot.model.rule import Rule, Status
from reviewbot.single import rules as rules_here

State = Literal["written", "unchanged", "kept", "replaced"]
EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: from which file, into which, and what became of it. "kept": there is another under its id or name."""

    rule: Rule
    file: Path
    state: State


@dataclass(frozen=True, slots=True)
class Imported:
    """`left_out` tells people, one sentence each, what is no rule now, and why."""

    rows: tuple[Row, ...]
    left_out: tuple[str, ...]


def run(wanted: str, to: Path | None, status: Status, *, write: bool, force: bool) -> Imported:
    """Import from `wanted` (a file or folder, or "all") to `to` (without: the repository's folder of rules).

    Raises `UsageError` where there is no repository, nothing to import, or no place to write.
    """
    here = Path.cwd()
    repository = LocalRepository(here)
    files, links = repository.tracked()
    paths = _chosen(repository, here, wanted, (*files, *links))
    contents = _read(repository, paths, frozenset(links))
    instructions, same = compiling.distinct(contents.instructions)
    made, wrong = _sound(compiling.rules(instructions, status))
    folder = (repository.root / FOLDER) if to is None else here / to
    rows = tuple(_placed(made, folder, force=force))
    if write:
        for row in rows:
            if row.state in {"written", "replaced"}:
                _write(row, repository.root if to is None else None)
    return Imported(rows, (*contents.left_out, *same, *wrong))


def _chosen(repository: LocalRepository, here: Path, wanted: str, there: Sequence[str]) -> list[str]:
    tracked = places.ordered(there)
    if wanted == EVERYTHING:
        paths = tracked
    else:
        try:
            at = (here / wanted).resolve().relative_to(repository.root.resolve()).as_posix()
        except ValueError as error:
            raise UsageError(f"{wanted} is not in this repository", mend="name a file or folder of it") from error
        paths = [path for path in tracked if at in {".", path} or path.startswith(f"{at}/")]
    if not paths:
        where = "this repository" if wanted == EVERYTHING else wanted
        raise UsageError(
            f"No guidance of another tool is in {where}",
            mend="docs/rules.md names the files that are read; git must track them (git add)",
        )
    return paths


def _read(repository: LocalRepository, paths: Sequence[str], links: Collection[str]) -> Contents:
    texts, problems = _texts(repository, paths)
    parts = [_contents(repository, path, texts[path], link=path in links) for path in paths if path in texts]
    return gathered([*parts, Contents(left_out=problems)])


def _contents(repository: LocalRepository, path: str, text: str, *, link: bool) -> Contents:
    if link:
        target = targets.target(path, text)
        if places.tool_of(target) is not None and places.folder_of(target) == places.folder_of(path):
            return Contents(left_out=(f"{path}: a link to {target}",))
        found = _texts(repository, [target])[0].get(target) if target else None
        if found is None:
            return Contents(left_out=(f"{path}: a link to what is no text of this repository",))
        text = found
    told = tuple[str, ...]()
    if path.endswith(places.CLAUDE):
        text, told = imports.resolved(
            text, path, lambda more: _texts(repository, more)[0], lambda one: places.tool_of(one) is not None
        )
    try:
        return gathered([places.read(path, text), Contents(left_out=told)])
    except ConfigurationError as error:
        return Contents(left_out=(str(error), *told))


def _texts(repository: LocalRepository, paths: Sequence[str]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    texts, problems = {}, []
    for path, data in repository.read("", paths).items():
        if len(data) > LARGEST:
            problems.append(f"{path}: {len(data):,} bytes, at most {LARGEST:,} are read")
            continue
        try:
            texts[path] = data.decode()
        except UnicodeDecodeError:
            problems.append(f"{path}: no UTF-8 text")
    return texts, tuple(problems)


def _sound(made: Sequence[Rule]) -> tuple[list[Rule], list[str]]:
    """The rules whose files `rules check` is content with; in doubt an instruction is left out, and told."""
    kept, told = [], []
    for rule in made:
        try:
            rules.parse(rule_files.text(rule), rule.origin)
            kept.append(rule)
        except ConfigurationError as error:
            told.append(f'{rule.origin}, "{rule.title}": makes no rule: {error}')
    return kept, told


def _placed(made: Sequence[Rule], folder: Path, *, force: bool) -> list[Row]:
    there = {rule.id: Path(rule.origin) for rule in rules_here.found([folder]).rules} if folder.is_dir() else {}
    taken = set[Path]()
    rows = []
    for rule in made:
        file = there.get(rule.id) or _free(folder / rule_files.name(rule), taken)
        taken.add(file)
        rows.append(Row(rule, file, _state(rule, file, force=force)))
    return rows


def _free(file: Path, taken: set[Path]) -> Path:
    number = 1
    free = file
    while free in taken:
        number += 1
        free = file.with_stem(f"{file.stem}-{number}")
    return free


def _state(rule: Rule, file: Path, *, force: bool) -> State:
    if file.is_symlink():  # to wherever
        return "kept"
    if not file.exists():
        return "written"
    try:
        same = file.read_bytes() == rule_files.text(rule).encode()
    except OSError:
        return "kept"
    if same:
        return "unchanged"
    return "replaced" if force else "kept"


def _write(row: Row, root: Path | None) -> None:
    """`root`: the repository that must hold the folder. What is in a repository may be a link out of it."""
    try:
        if root is not None and not row.file.parent.resolve().is_relative_to(root.resolve()):
            raise UsageError(f"{row.file.parent} is a link out of the repository", mend="name a folder with --to")
        row.file.parent.mkdir(parents=True, exist_ok=True)
        row.file.write_bytes(rule_files.text(row.rule).encode())
    except OSError as error:
        raise UsageError(f"{row.file} cannot be written: {error.strerror}", mend="name a folder with --to") from error
