"""The rule files of one repository at one commit, by folder: in few commands of git, or few requests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewbot.control import Control
from reviewbot.core import governing, rulebooks
from reviewbot.core.rulebooks import DISABLED, FOLDER, MOST_FILES, MOST_TEXT, Allowance, Layer
from reviewbot.errors import ConfigurationError, SourceUnavailable
from reviewbot.ports import Source

LARGEST = 64 * 1024  # bytes of a rule file; the parser's own limit counts characters
MOST_FOLDERS = 200  # folders of the changed files in which rules are looked for
_MOST_UNREAD = 3  # that are named one by one
_MOST_READ = 1_500  # files of all folders together
_MOST_LISTED = 200_000  # files of a repository in which folders with rules of their own are looked for


@dataclass(frozen=True, slots=True)
class Laid:
    """What a repository says: the layer of all of it first, then those of its folders, outer before inner.

    `told`: what people must know beside the layers' own problems. `whole` False: a file could not be read this time.
    """

    layers: tuple[Layer, ...]
    told: tuple[str, ...] = ()
    whole: bool = True


def folders_of(paths: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """The folders that the files of `paths` are in, outer before inner, and a sentence when they are too many.

    The one at the top is "", and always there.
    """
    parents = {path.rpartition("/")[0] for path in paths}
    found = {""}
    for parent in parents:
        ends = (at for at, letter in enumerate(f"{parent}/") if letter == "/" and at)
        found |= {parent[:end] for end in ends}
    wanted = sorted((one for one in found if not _own(one)), key=lambda one: (one.count("/") + bool(one), one))
    left = len(wanted) - MOST_FOLDERS
    if left <= 0:
        return tuple(wanted), ""
    told = f"The files are in {len(wanted):,} folders: the rules of {left:,} of the inner ones were not looked for"
    return tuple(wanted[:MOST_FOLDERS]), told


def telling(source: Source, sha: str) -> Sequence[str]:
    """All files of a repository that say something about the folder they are in, as paths for `folders_of`; none where
    it cannot be listed.
    """
    try:
        top = source.folder(sha, "", _MOST_LISTED)
        folders = [f"{entry.name}/" for entry in top.entries if entry.kind == "folder"] if top is not None else []
        listed = source.files(sha, folders, _MOST_LISTED).paths if folders else ()
    except SourceUnavailable:
        return ()
    return [path for path in listed if governing.governing((path,))]


def _own(folder: str) -> bool:
    """A folder of rules has no rules of its own."""
    return ".reviewbot" in folder.split("/")


def lay(
    source: Source,
    sha: str,
    name: str,
    folders: Sequence[str] = ("",),
    where: str = "",
    control: Control | None = None,
) -> Laid:
    """The layers of `folders` at commit `sha`; the one of the whole repository is called `name`. `where` is put before
    each path, for people.

    A file with a mistake costs itself only; all together cost no more than one `Allowance`. Raises `SourceUnavailable`,
    and between two files what `control` raises.
    """
    allowance = Allowance() if control is None else Allowance(check=control.check)
    places = {f"{_place(folder)}/": folder for folder in folders}
    listed = source.files(sha, list(places), _MOST_READ)
    wanted: dict[str, list[str]] = {folder: [] for folder in folders}
    for path in listed.paths:
        place = path[: f"/{path}".rindex(f"/{FOLDER}/") + len(FOLDER) + 1]
        if place in places and _counts(path.removeprefix(place)):
            wanted[places[place]].append(path)
    read = source.read(sha, [path for files in wanted.values() for path in files], LARGEST) if listed.paths else {}
    layers = [
        layer_of(
            {path: read.get(path) for path in files}, f"folder {folder}" if folder else name, folder, where, allowance
        )
        for folder, files in wanted.items()
        if files or not folder
    ]
    more = f"There may be more rules in the folders of the change: only {len(listed.paths):,} files were looked at"
    whole = all(path in read for files in wanted.values() for path in files)
    return Laid(tuple(layers), (more,) if listed.cut else (), whole)


def _place(folder: str) -> str:
    return f"{folder}/{FOLDER}" if folder else FOLDER


def _counts(name: str) -> bool:
    return name == DISABLED or (name.endswith(".md") and name.rpartition("/")[2].lower() != "readme.md")


def _unread(paths: Sequence[str]) -> list[str]:
    """Without git a review reads few files, so that the others are named together."""
    if len(paths) <= _MOST_UNREAD:
        return [f"{path} could not be read" for path in paths]
    return [f"{len(paths)} rule files could not be read, such as {paths[0]}: git does not reach the repository"]


def layer_of(
    files: Mapping[str, bytes | None], name: str, folder: str, where: str = "", allowance: Allowance | None = None
) -> Layer:
    """The layer of a folder's rule files by path; None: could not be read. `LARGEST` bytes and one more are enough.

    They take of the `allowance`; without, they have one of their own.
    """
    left = allowance or Allowance()
    problems = []
    if len(files) > MOST_FILES:
        problems.append(
            f"{where}{_place(folder)} holds more than {MOST_FILES} files: what comes after them was left out"
        )
    problems += _unread([f"{where}{at}" for at, data in files.items() if data is None])
    counting = {f"{where}{at}": data for at, data in list(files.items())[:MOST_FILES] if data is not None}
    texts, wrong = _texts(counting, left)
    disabled: tuple[str, ...] = ()
    place = f"{where}{_place(folder)}/{DISABLED}"
    if (listed := texts.pop(place, None)) is not None:
        disabled, strange = rulebooks.disabled(listed, place)
        wrong += strange
    made = rulebooks.layer(name, texts.items(), disabled=disabled, folder=folder, allowance=left)
    return replace(made, problems=(*problems, *wrong, *made.problems))


def _texts(files: Mapping[str, bytes], left: Allowance) -> tuple[dict[str, str], list[str]]:
    """The files that are text and not too large, and what is wrong with the others."""
    texts, problems = {}, []
    for path, data in files.items():
        if len(data) > LARGEST:
            problems.append(f"{path}:1: larger than {LARGEST // 1024} kB: keep one rule per file")
        elif len(data) > left.text:
            problems.append(
                f"{path}:1: the rule files of the repository are together larger than {MOST_TEXT // 1_000_000} MB: "
                "keep fewer of them, or shorter ones"
            )
        else:
            left.text -= len(data)
            try:
                texts[path] = rulebooks.decoded(path, data)
            except ConfigurationError as error:
                problems.append(str(error))
    return texts, problems
