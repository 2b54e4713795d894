"""Reviewers: specialists as Markdown files. The front matter says when each is asked, the body is its task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import re2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reviewbot.core import frontmatter
from reviewbot.core.globs import matcher
from reviewbot.errors import ConfigurationError
from reviewbot.model.chunk import Chunk, Tier

Needs = Literal["", "rules"]
_MOST_PATTERNS = 40
_LONGEST_PATTERN = 500  # characters


class _Front(BaseModel):
    """The front matter. Unknown keys are errors: a misspelt condition would ask a reviewer always."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    title: str = Field(min_length=1, max_length=80)
    tiers: tuple[Tier, ...] = Field(min_length=1)
    paths: tuple[str, ...] = Field((), max_length=_MOST_PATTERNS)
    lines: tuple[str, ...] = Field((), max_length=_MOST_PATTERNS)
    needs: Needs = ""
    budget: int = Field(10, ge=1, le=50)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One way to look at a change. `tiers` are the risk tiers it is asked for, `body` is its task in words.

    `paths` (gitignore-style globs) and `lines` (RE2, tried on changed lines) say which chunks concern it; without both
    every chunk does. `needs` "rules": only where a rule or the repository's guidance applies. `budget`: how
    many findings it is asked for at most in one answer.
    """

    id: str
    title: str
    tiers: tuple[Tier, ...]
    body: str
    paths: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    needs: Needs = ""
    budget: int = 10
    _concern: "_Concern" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_concern", _Concern(self.paths, self.lines))

    def concerned(self, chunk: Chunk, *, ruled: bool) -> bool:
        """Whether the chunk is its business. `ruled`: a rule or guidance applies to the chunk."""
        return (ruled or self.needs != "rules") and self._concern.holds(chunk)


class _Concern:
    """The conditions of a reviewer, compiled once."""

    def __init__(self, paths: Sequence[str], lines: Sequence[str]) -> None:
        self._paths = matcher(paths) if paths else None
        self._lines = re2.compile("|".join(f"(?:{pattern})" for pattern in lines)) if lines else None

    def holds(self, chunk: Chunk) -> bool:
        if self._paths is None and self._lines is None:
            return True
        if self._paths is not None:
            names = {name for piece in chunk.pieces for name in (piece.file.old_path, piece.file.new_path)}
            if any(self._paths.match_file(name) for name in names):
                return True
        changed = (
            line.text for piece in chunk.pieces for hunk in piece.hunks for line in hunk.lines if line.sign != " "
        )
        return self._lines is not None and any(self._lines.search(text) for text in changed)


def load(folder: Path, own: Path | None = None) -> tuple[Reviewer, ...]:
    """The reviewers under `folder`/reviewers and those in `own`, the instance's folder, in the order of their ids.

    One in `own` takes the place of a shipped one with its id. Raises `ConfigurationError` naming a file.
    """
    shipped = _read(folder / "reviewers", f"{folder.name}/reviewers")
    if not shipped:
        raise ConfigurationError(f"No reviewer in {folder / 'reviewers'}", mend="put at least general.md there")
    reviewers = shipped | (_read(own, own.name) if own is not None and own.is_dir() else {})
    _every_tier(reviewers)
    return tuple(reviewers[name] for name in sorted(reviewers))


def _read(folder: Path, shown: str) -> dict[str, Reviewer]:
    found: dict[str, Reviewer] = {}
    for path in sorted(folder.glob("*.md")):
        origin = f"{shown}/{path.name}"
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{origin} cannot be read: {error}", mend="make it UTF-8 and readable") from error
        reviewer = parse(text, origin)
        if reviewer.id in found:
            raise ConfigurationError(f"{origin}: two reviewers have the id `{reviewer.id}`", mend="give each its own")
        found[reviewer.id] = reviewer
    return found


def _every_tier(reviewers: Mapping[str, Reviewer]) -> None:
    asked = {tier for reviewer in reviewers.values() for tier in reviewer.tiers}
    if missing := [tier for tier in Tier if tier not in asked]:
        raise ConfigurationError(f"No reviewer is asked in the tier {missing[0]}", mend="add it to a reviewer's tiers")


def parse(text: str, origin: str) -> Reviewer:
    """One file's text. Raises `ConfigurationError` naming `origin`, the line of the field, and the mend."""
    document = frontmatter.read(text, origin)
    try:
        front = _Front.model_validate(document.fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise ConfigurationError(
            f"{origin}:{document.line((name,))}: {name}: {first['msg']}",
            mend=f"the fields are {', '.join(_Front.model_fields)}; tiers are of {', '.join(Tier)}",
        ) from error
    if not document.body:
        raise ConfigurationError(f"{origin}: the text is empty", mend="write the reviewer's task below the fields")
    for name, patterns in (("lines", front.lines), ("paths", front.paths)):
        _check(patterns, f"{origin}:{document.line((name,))}: {name}")
    values: dict[str, Any] = {name: getattr(front, name) for name in _Front.model_fields}
    values["tiers"] = tuple(tier for tier in Tier if tier in front.tiers)
    return Reviewer(body=document.body, **values)


def _check(patterns: Sequence[str], where: str) -> None:
    if any(len(pattern) > _LONGEST_PATTERN for pattern in patterns):
        raise ConfigurationError(f"{where}: longer than {_LONGEST_PATTERN} characters", mend="split it")
    try:
        if where.endswith("paths"):
            matcher(patterns)
        else:
            for pattern in patterns:
                re2.compile(pattern)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error.message}", mend=error.mend) from error
    except re2.error as error:
        raise ConfigurationError(f"{where}: {error}", mend="write it in RE2's syntax") from error
