"""YAML of other people to plain data, with the line of everything in it: no aliases, no tags, nothing twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from reviewbot.errors import InvalidFile, Problem

Place = tuple[str | int, ...]
"""Where something stands: keys and, in lists, indices from 0, from the top down."""

_DEEPEST = 40
_MOST_NODES = 5_000  # keys and values: each costs its time
_MOST_DIGITS = 100  # characters of a number
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with libyaml
_PLAIN = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_NUMBERS = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping, and the 1-based line in its file of every key and list item in it."""

    fields: Mapping[str, object]
    lines: Mapping[Place, int]

    def line(self, place: Sequence[str | int]) -> int:
        """The line of the place, or of the nearest thing around it that is there; 0 where nothing is."""
        return next((self.lines[at] for end in range(len(place), 0, -1) if (at := tuple(place[:end])) in self.lines), 0)


def load(source: str, origin: str, what: str) -> Mapped:
    """The one document of `source`, which counts lines as its file does; an empty one is an empty mapping.

    `what` it is, in words. Raises `InvalidFile` naming `origin`, with everything that is wrong with its keys and values
    at once; after an error of syntax nothing more can be told.
    """
    try:
        _check_events(source, origin, what)
        node = yaml.compose(source, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidFile(origin, [_syntax(source, line, str(error.problem), what)]) from error
    except yaml.reader.ReaderError as error:
        line = source[: error.position].count("\n") + 1
        raise InvalidFile(origin, [Problem(line, "a character that YAML does not allow", "remove it")]) from error
    if node is None:
        return Mapped({}, {})
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1
        raise InvalidFile(origin, [Problem(line, f"{what} is not a mapping", "write `key: value` lines")])
    builder = _Builder()
    fields = builder.mapping(node, ())
    if builder.problems:
        raise InvalidFile(origin, builder.problems)
    return Mapped(fields, builder.lines)


def _syntax(source: str, line: int, said: str, what: str) -> Problem:
    written = source.split("\n")[line - 1 : line]
    if written and written[0].lstrip(" ").startswith("\t"):
        return Problem(line, "a tab at the beginning of a line", "indent with spaces")
    return Problem(line, f"{what} is no YAML: {said}", "correct it there, or shortly before")


def _check_events(source: str, origin: str, what: str) -> None:
    """Refuse what could swell or nest without end before anything is built from it."""
    depth = 0
    for number, event in enumerate(yaml.parse(source, Loader=_LOADER)):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InvalidFile(origin, [Problem(line, "YAML anchors and aliases are not allowed", "write it out")])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if number > _MOST_NODES:
            raise InvalidFile(origin, [Problem(line, f"more than {_MOST_NODES:,} keys and values", "write less")])
        if depth > _DEEPEST:
            deep = f"the YAML of {what} is nested too deeply"
            raise InvalidFile(origin, [Problem(line, deep, f"at most {_DEEPEST} levels")])


class _Builder:
    """Plain data from nodes that are no deeper than `_DEEPEST`."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        made: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                self.problems.append(Problem(line, "a key is not plain text", "put the key in quotes"))
            elif key.value in made:
                self.problems.append(Problem(line, f"{key.value[:100]!r} is there twice", "remove one of both"))
            else:
                self.lines[(*place, key.value)] = line
                made[key.value] = self._value(value, (*place, key.value))
        return made

    def _value(self, node: yaml.Node, place: Place) -> object:
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _PLAIN:
            self._refuse(node, f"the tag {node.tag[:100]!r} is not allowed")
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return list(self._items(node, place))
        if node.tag in _NUMBERS and len(node.value) > _MOST_DIGITS:
            self._refuse(node, f"a number of more than {_MOST_DIGITS} digits")
            return None
        try:
            return self._scalars.construct_object(node)
        except yaml.MarkedYAMLError as error:
            self._refuse(node, str(error.problem))
        except (ValueError, AttributeError) as error:  # PyYAML's own slip over a `!!timestamp`
            self._refuse(node, str(error))
        return None

    def _items(self, node: yaml.SequenceNode, place: Place) -> Iterator[object]:
        for index, item in enumerate(node.value):
            self.lines[(*place, index)] = item.start_mark.line + 1
            yield self._value(item, (*place, index))

    def _refuse(self, node: yaml.Node, why: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, why[:200], "put the value in quotes"))
