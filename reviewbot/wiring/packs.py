"""The shipped packs on disk: their table at once, each rule when it is needed first."""

from functools import cache
from pathlib import Path

import yaml

from reviewbot import resources
from reviewbot.core import rules
from reviewbot.core.packs import Pack
from reviewbot.model.rule import Rule

_TABLE = "packs.yml"


def shipped() -> tuple[Pack, ...]:
    """In the order of their names; a folder that the table lacks is a pack of which nothing is on by itself."""
    folder = resources.folder("rules")
    table = yaml.safe_load((folder / _TABLE).read_text("utf-8"))
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return tuple(_pack(folder / name, table.get(name, {})) for name in names)


def _pack(folder: Path, said: dict[str, object]) -> Pack:
    files = sorted(path.stem for path in folder.glob("*.md") if path.name != "README.md")
    on = said.get("default")
    return Pack(
        folder.name,
        title=str(said.get("title", folder.name)),
        description=str(said.get("description", "")),
        ids=tuple(files),
        on=tuple(name for name in on if name in files) if isinstance(on, list) else (),
    )


@cache
def rule_of(pack: str, name: str) -> Rule:
    """The rule of a shipped file. Kept: to read and check it takes some milliseconds."""
    file = resources.folder("rules") / pack / f"{name}.md"
    return rules.parse(file.read_text("utf-8"), f"{pack}/{name}.md", tried=True)
