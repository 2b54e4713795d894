"""Frozen records <-> compressed JSON, for the parts of a run that nobody searches in."""

import dataclasses
import json
import types
import zlib
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
_UNIONS = (Union, types.UnionType)


def pack(record: Any) -> bytes:
    """A record as compressed JSON. ASCII escapes keep lone surrogates (file names that are not UTF-8) as they are."""
    return squeeze(json.dumps(dataclasses.asdict(record), separators=(",", ":")).encode())


def unpack(kind: type[T], data: bytes) -> T:
    """The record again. Fields that are missing get their defaults, unknown ones are left out: versions may differ."""
    return cast("T", revive(kind, json.loads(expand(data))))


def squeeze(data: bytes) -> bytes:
    """Level 1: webhook bodies shrink to a fifth either way, and the webhook must be quick."""
    return zlib.compress(data, 1)


def expand(data: bytes) -> bytes:
    return zlib.decompress(data)


def revive(kind: Any, value: Any) -> Any:
    """`value` as it came from JSON, turned into the annotated type `kind`."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in _UNIONS:
        return None if value is None else revive(next(part for part in parts if part is not type(None)), value)
    if origin is tuple:
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(revive(parts[0], entry) for entry in value)
        return tuple(revive(part, entry) for part, entry in zip(parts, value, strict=True))
    if origin is dict:
        return {key: revive(parts[1], entry) for key, entry in value.items()}
    if origin is Literal or not isinstance(kind, type):
        return value
    if dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: revive(hints[name], entry) for name, entry in value.items() if name in hints})
    return kind(value) if issubclass(kind, Enum) else value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
