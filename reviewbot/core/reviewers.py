"""Reviewers: one Markdown file each, with its front matter, in the `reviewers` folder of the prompts."""

from dataclasses import dataclass
from pathlib import Path

from reviewbot.core import frontmatter
from reviewbot.errors import ConfigurationError
from reviewbot.model.chunk import Tier

_FIELDS = {"id", "title", "tiers"}


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One way to look at a change. `tiers` are the risk tiers it is asked for, `body` is its task in words."""

    id: str
    title: str
    tiers: tuple[Tier, ...]
    body: str


def load(folder: Path) -> tuple[Reviewer, ...]:
    """The reviewers under `folder`/reviewers, in the order of file names. Raises `ConfigurationError` naming a file."""
    files = sorted((folder / "reviewers").glob("*.md"))
    reviewers = tuple(parse(path.read_text("utf-8"), f"{folder.name}/reviewers/{path.name}") for path in files)
    if not reviewers:
        raise ConfigurationError(f"No reviewer in {folder / 'reviewers'}", mend="put at least general.md there")
    ids = [reviewer.id for reviewer in reviewers]
    for name in ids:
        if ids.count(name) > 1:
            raise ConfigurationError(f"Two reviewers have the id `{name}`", mend="give each its own")
    return reviewers


def parse(text: str, origin: str) -> Reviewer:
    """One file's text. Raises `ConfigurationError` naming `origin`."""
    document = frontmatter.read(text, origin)
    fields = document.fields
    if set(fields) != _FIELDS:
        off = ", ".join(sorted(set(fields) ^ _FIELDS))
        raise ConfigurationError(f"{origin}: missing or unknown: {off}", mend="id, title and tiers are the fields")
    name, title, tiers = fields["id"], fields["title"], fields["tiers"]
    if not isinstance(name, str) or not isinstance(title, str) or not name or not title or not document.body:
        raise ConfigurationError(f"{origin}: id, title or text is empty", mend="give it a name and a task")
    if not isinstance(tiers, list) or not tiers or not all(tier in set(Tier) for tier in tiers):
        known = ", ".join(Tier)
        raise ConfigurationError(f"{origin}: tiers must be a list of {known}", mend="correct the field `tiers`")
    return Reviewer(name, title, tuple(tier for tier in Tier if tier in tiers), document.body)
