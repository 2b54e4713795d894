"""A pipeline's file -> the files of this repository that it includes, in every way that GitLab has (docs, "include").

The YAML is walked, not built: tags, anchors and merges of any kind then cost nothing and hide nothing. Whatever stands
under a key `include` counts, wherever it is: at the top, or in a job's `trigger`.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import re2
import yaml

CI_FILE = ".gitlab-ci.yml"
MOST = 150  # GitLab's own limit for the includes of one pipeline
_LARGEST = 200_000  # characters of a file
# What GitLab sets before it reads a file, as far as it tells the project. Other variables are not known here.
_PROJECT = re.compile(r"\$(?:\{(?P<braced>CI_PROJECT_PATH)\}|(?P<plain>CI_PROJECT_PATH)(?![A-Za-z0-9_]))")
_HOST = re.compile(r"\$(?:\{CI_SERVER_(?:FQDN|HOST)\}|CI_SERVER_(?:FQDN|HOST)(?![A-Za-z0-9_]))")


@dataclass(frozen=True, slots=True)
class Included:
    """Paths without a slash in front, and globs (`*`: within a folder, `**`: across folders, nothing else is special).

    `problem`: what cannot be told of them, in words for people; empty when everything was read.
    """

    files: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    problem: str = ""

    def holds(self, path: str) -> bool:
        return path in self.files or any(globbed(glob, path) for glob in self.globs)


class _Unknown(Exception):
    """Something that nobody can tell from the file alone."""


def includes(text: str, project: str) -> tuple[str, ...] | None:
    """The files and globs of `project` (its full path, which is the file's own) that a pipeline's file includes.

    None when that cannot be told: it is no YAML, or a name hangs on a variable. What other projects hold cannot be
    changed from here, and is left out.
    """
    if len(text) > _LARGEST:
        return None
    try:
        documents = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
        if not all(isinstance(node, yaml.MappingNode) for node in documents):
            return None if any(not _is_null(node) for node in documents) else ()
        found = [path for value in _included(documents) for path in _paths(value, project.strip("/").lower())]
    except (yaml.YAMLError, RecursionError, ValueError, _Unknown):
        return None
    return tuple(dict.fromkeys(found)) if len(found) <= MOST else None


def located(ci_file: str, project: str) -> str:
    """The path in `project` of its pipeline's file as the project's settings name it; empty: it is kept elsewhere."""
    name, _, other = (ci_file or CI_FILE).partition("@")
    elsewhere = other.partition(":")[0].strip("/").lower()
    if "://" in ci_file or (elsewhere and elsewhere != project.strip("/").lower()):
        return ""
    return posixpath.normpath(name.lstrip("/"))


def globbed(glob: str, path: str) -> bool:
    """Whether GitLab's glob takes a path. Linear time."""
    pattern = re2.escape(glob).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return re2.fullmatch(f"(?s){pattern}", path) is not None


def _is_null(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _included(documents: Iterable[Any]) -> Iterator[Any]:
    """The values of every key `include`; a node that several aliases name is looked at once."""
    stack, seen = list(documents), set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack += node.value
            continue
        for key, value in node.value:
            stack += (key, value)
            if isinstance(key, yaml.ScalarNode) and key.value == "include":
                yield value


def _paths(value: Any, project: str) -> Iterator[str]:
    """The paths of one `include`. Raises `_Unknown`."""
    stack, seen = [value], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.tag.startswith("!"):  # !reference and its like
            raise _Unknown
        if isinstance(node, yaml.SequenceNode):
            stack += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            yield from _entry(node, project)
        elif not _is_null(node):
            yield from _local(node.value, project)


def _entry(node: Any, project: str) -> Iterator[str]:
    fields = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    if len(fields) != len(node.value):
        raise _Unknown
    if "local" in fields:
        yield from _local(_text(fields["local"]), project)
    elif "project" in fields:
        if _named(_text(fields["project"]), project) == project:
            files = fields.get("file")
            for one in files.value if isinstance(files, yaml.SequenceNode) else [files]:
                yield from _local(_text(one), project)
    elif "component" in fields:
        yield from _component(_text(fields["component"]), project)
    elif "remote" in fields:
        yield from _local(_text(fields["remote"]), project)
    elif "template" not in fields:  # an artifact, or what a later GitLab has
        raise _Unknown


def _text(node: Any) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag.startswith("!"):
        raise _Unknown
    return str(node.value)


def _named(text: str, project: str) -> str:
    """A project's name with the variables that are known here filled in."""
    name = _PROJECT.sub(lambda _: project, text).strip("/").lower()
    if "$" in name:
        raise _Unknown
    return name


def _component(text: str, project: str) -> Iterator[str]:
    """`HOST/GROUP/PROJECT/NAME@VERSION`: a file in the project's folder `templates`."""
    host, _, address = _HOST.sub("host", text.partition("@")[0]).partition("/")
    owner, _, name = address.rpartition("/")
    if "$" in host:
        raise _Unknown
    if _named(owner, project) == project:
        if "$" in name:
            raise _Unknown
        yield from (f"templates/{name}.yml", f"templates/{name}/template.yml")


def _local(text: str, project: str) -> Iterator[str]:
    """A path in this repository. An address is not, unless it is one of this very project."""
    if "://" in text:
        if "$" in text or f"/{project}/-/" in text.lower():
            raise _Unknown
        return
    path = posixpath.normpath(text.strip().lstrip("/"))
    if "$" in path or path.startswith("..") or path in {"", "."}:
        raise _Unknown
    yield path
