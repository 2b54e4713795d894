"""A Markdown file with YAML front matter, taken apart safely: plain data only, no aliases, nothing twice."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from reviewbot.errors import ConfigurationError

LARGEST = 64 * 1024  # characters of a whole file
_DEEPEST = 40
_FENCE = "---"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with libyaml


@dataclass(frozen=True, slots=True)
class Document:
    """`fields` is the front matter, `lines` the 1-based line of each of its keys in the file, `body` the rest."""

    fields: dict[str, object]
    lines: dict[str, int]
    body: str


def read(text: str, origin: str) -> Document:
    """Take a file apart. Raises `ConfigurationError` naming `origin`, the line, and the mend."""
    if len(text) > LARGEST:
        raise ConfigurationError(f"{origin}: larger than {LARGEST // 1024} kB", mend="keep one rule per file")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != _FENCE:
        raise ConfigurationError(
            f"{origin}:1: no YAML front matter", mend="begin with a line `---`, the fields, and a line `---`"
        )
    ends = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if ends is None:
        raise ConfigurationError(f"{origin}:1: the front matter does not end", mend="close it with a line `---`")
    # The opening fence stays a (blank) line, so that YAML counts lines as the file has them.
    fields, keys = _load("\n".join(("", *lines[1:ends])), origin)
    return Document(fields, keys, "\n".join(lines[ends + 1 :]).strip())


def _load(source: str, origin: str) -> tuple[dict[str, object], dict[str, int]]:
    try:
        _check_events(source, origin)
        node = yaml.compose(source, Loader=_LOADER)
        fields = yaml.load(source, Loader=_LOADER)  # noqa: S506  # one of the two safe ones
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigurationError(f"{origin}{line}: {error.problem}", mend="correct the YAML front matter") from error
    except (yaml.YAMLError, ValueError, AttributeError) as error:  # PyYAML's own slip over a `!!timestamp`
        raise ConfigurationError(f"{origin}: {error}", mend="correct the YAML front matter") from error
    if not isinstance(fields, dict) or not isinstance(node, yaml.MappingNode):
        raise ConfigurationError(f"{origin}:2: the front matter is not a mapping", mend="write `key: value` lines")
    for mapping in _mappings(node):
        _check_keys(mapping, origin)
    return fields, {key.value: key.start_mark.line + 1 for key, _ in node.value}


def _check_events(source: str, origin: str) -> None:
    """Refuse what could swell or nest without end before anything is built from it."""
    depth = 0
    for event in yaml.parse(source, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ConfigurationError(f"{origin}:{line}: YAML anchors and aliases are not allowed", mend="write it out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise ConfigurationError(f"{origin}:{line}: nested too deeply", mend=f"at most {_DEEPEST} levels")


def _mappings(node: yaml.Node) -> Iterator[yaml.MappingNode]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, yaml.MappingNode):
            yield one
            waiting += [value for _, value in one.value]
        elif isinstance(one, yaml.SequenceNode):
            waiting += one.value


def _check_keys(mapping: yaml.MappingNode, origin: str) -> None:
    seen: set[str] = set()
    for key, _ in mapping.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            raise ConfigurationError(f"{origin}:{line}: a key is not plain text", mend="put the key in quotes")
        if key.value in seen:
            raise ConfigurationError(f"{origin}:{line}: {key.value!r} is there twice", mend="remove one of both")
        seen.add(key.value)
