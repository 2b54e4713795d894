"""Other projects from which rules come."""

from dataclasses import dataclass
from typing import NamedTuple


class Address(NamedTuple):
    """A project's path, and what is read of it: a branch, a tag or a commit; empty: its default branch."""

    project: str
    ref: str = ""

    def __str__(self) -> str:
        return f"{self.project}@{self.ref}" if self.ref else self.project


@dataclass(frozen=True, slots=True)
class Head:
    """What GitLab shows the bot of an address: `sha` is its commit, `newest` that of the default branch; either is
    empty where there is none. `visibility` as GitLab has it: public, internal or private.
    """

    project_id: int
    path: str
    visibility: str
    sha: str
    newest: str


@dataclass(frozen=True, slots=True)
class Include:
    """Rules of another project that a configuration takes in. `rules` are globs of ids (empty: all), `origin` the file
    and line that say so.
    """

    project: str
    ref: str
    rules: tuple[str, ...] = ()
    origin: str = ""

    @property
    def address(self) -> Address:
        return Address(self.project, self.ref)

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a configuration says of rules beside its own. `shared_with` are paths of groups and projects that may take
    in its rules; `others` are its keys that say nothing of rules.
    """

    packs: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    includes: tuple[Include, ...] = ()
    shared_with: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
