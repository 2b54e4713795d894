"""YAML and TOML of other tools as plain data: bounded, without aliases, which could swell without end."""

import tomllib
from collections.abc import Mapping

import yaml

from reviewbot.errors import ConfigurationError

_DEEPEST = 40
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with libyaml


def of_yaml(text: str, source: str) -> Mapping[str, object]:
    """The mapping that a YAML file holds; empty for an empty one. Raises `ConfigurationError` (file, line, mend)."""
    try:
        _check(text, source)
        found = yaml.load(text, Loader=_LOADER)  # noqa: S506  # one of the two safe ones
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigurationError(f"{source}{line}: {error.problem}", mend="correct the YAML") from error
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError, TypeError) as error:
        raise ConfigurationError(f"{source}: no YAML: {type(error).__name__}", mend="correct the YAML") from error
    return _mapping(found, source)


def of_toml(text: str, source: str) -> Mapping[str, object]:
    """The tables of a TOML file. Raises `ConfigurationError`."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        reason = str(error)[:200] or type(error).__name__
        raise ConfigurationError(f"{source}: no TOML: {reason}", mend="correct the TOML") from error


def table(value: object) -> Mapping[str, object]:
    """`value` where it is a mapping, else an empty one: what another tool's file may hold is its own matter."""
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else {}


def rows(value: object) -> list[Mapping[str, object]]:
    """The mappings of a list; anything else is none."""
    return [table(one) for one in value] if isinstance(value, list) else []


def text_of(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def texts(value: object) -> list[str]:
    """A list's texts, or the one text in place of a list."""
    return (
        [one for one in ([value] if isinstance(value, str) else value or ()) if isinstance(one, str)]
        if isinstance(value, str | list)
        else []
    )


def _mapping(found: object, source: str) -> Mapping[str, object]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigurationError(f"{source}: not a mapping", mend="write `key: value` lines")
    return table(found)


def _check(text: str, source: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise ConfigurationError(f"{source}:{line}: YAML anchors and aliases are not read", mend="write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ConfigurationError(f"{source}: nested too deeply", mend=f"at most {_DEEPEST} levels")
