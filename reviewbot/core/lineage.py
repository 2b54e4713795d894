"""Whose rules a project inherits, and whose may be shown to whom."""

from collections.abc import Iterable

from reviewbot.core.glob_sets import in_paths
from reviewbot.core.rulebooks import Layer
from reviewbot.model.inheritance import Address, Head, Include

_MOST_LEVELS = 20  # GitLab nests groups no deeper
_WIDTH = {"private": 0, "internal": 1, "public": 2}


def ancestors(path: str, name: str) -> tuple[Address, ...]:
    """The configuration projects called `name` of the groups that the project at `path` is in, outermost first."""
    parts = path.split("/")[:-1] if name else []
    groups = ["/".join(parts[: depth + 1]) for depth in range(len(parts))][:_MOST_LEVELS]
    return tuple(Address(f"{group}/{name}") for group in groups if f"{group}/{name}".lower() != path.lower())


def group_of(address: Address) -> str:
    """The group that a configuration project speaks for."""
    return address.project.rpartition("/")[0]


def stayed(address: Address, head: Head) -> bool:
    """Whether the project is still under that path: GitLab forwards to where it was moved, which others may own."""
    return head.path.lower() == address.project.lower()


def open_to(head: Head, target: Head | None) -> bool:
    """Whether everybody who may see the target project may see the other one; a target that is not known is public."""
    return _WIDTH.get(head.visibility, 0) > 0 and _WIDTH.get(head.visibility, 0) >= (
        _WIDTH.get(target.visibility, 2) if target is not None else 2
    )


def shared(path: str, shared_with: Iterable[str]) -> bool:
    """Whether a project at `path` is one of those that rules are shared with, or in one of their groups."""
    owners = (one.strip("/").lower() for one in shared_with)
    return any(f"{path.lower()}/".startswith(f"{one}/") for one in owners if one)


def taken(layer: Layer, include: Include) -> Layer:
    """What an include takes in of another project's layer: rules, and nothing that the project says of others'."""
    rules = tuple(rule for rule in layer.rules if in_paths(include.rules, rule.id))
    return Layer(layer.name, rules, problems=layer.problems)
