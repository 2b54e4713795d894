"""The rules of a working tree by folder, as a review would take them if they were committed."""

from collections.abc import Iterable
from pathlib import Path

from reviewbot import rulefiles
from reviewbot.core.rulebooks import DISABLED, FOLDER, Layer

_LARGEST = rulefiles.LARGEST + 1  # bytes that are read: enough to know that a file is too large


def own(top: Path) -> Layer:
    """Those of the whole repository whose top is `top`."""
    return _layer(top, "project", "")


def within(top: Path, paths: Iterable[str]) -> tuple[Layer, ...]:
    """Those of the folders that the files of `paths` are in, outer before inner, where there are any."""
    folders, _ = rulefiles.folders_of(path for path in paths if ".." not in path.split("/"))
    return tuple(_layer(top, f"folder {one}", one) for one in folders if one and (top / one / FOLDER).is_dir())


def _layer(top: Path, name: str, folder: str) -> Layer:
    place = top / folder / FOLDER
    found = [*place.rglob("*.md"), place / DISABLED] if place.is_dir() else []
    files = (file for file in found if file.is_file())  # a link to a device has no end, and is no file
    wanted = sorted(file for file in files if file.name.lower() != "readme.md")
    return rulefiles.layer_of({file.relative_to(top).as_posix(): _data(file) for file in wanted}, name, folder)


def _data(file: Path) -> bytes | None:
    try:
        with file.open("rb") as opened:
            return opened.read(_LARGEST)
    except OSError:
        return None
