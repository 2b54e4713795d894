"""The shape of ast-grep patterns: checked before ast-grep sees them, and the words without which they cannot match."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from reviewbot.core import literals
from reviewbot.errors import ConfigurationError

_RULE_KEYS = frozenset(
    [
        "pattern",
        "kind",
        "regex",
        "inside",
        "has",
        "precedes",
        "follows",
        "all",
        "any",
        "not",
        "matches",
        "field",
        "stopBy",
    ]
)
_CONFIG_KEYS = frozenset({"rule", "constraints", "utils"})
# Where a rule tells of a related node, and what it may say beside that node's own rule.
_RELATED = {
    "inside": ("field", "stopBy"),
    "has": ("field", "stopBy"),
    "precedes": ("stopBy",),
    "follows": ("stopBy",),
}
_DEEPEST = 30
MOST_TREE = 4_000  # characters of a pattern as JSON, times the languages that it is compiled for
_LONGEST = 500  # characters of one text in it: parsing may take time that grows with their square
_METAVARIABLE = re.compile(r"\$+[A-Z_][A-Z0-9_]*|\$\$\$")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")


def config(pattern: str | Mapping[str, object]) -> dict[str, object]:
    """The pattern as a whole ast-grep configuration. Raises `ConfigurationError` where its shape is wrong."""
    if isinstance(pattern, str):
        return {"rule": {"pattern": pattern}}
    if "rule" not in pattern:
        _check_rule(pattern, "pattern.ast", 0)
        return {"rule": dict(pattern)}
    for key, value in pattern.items():
        if key not in _CONFIG_KEYS:
            _refuse(f"unknown key {key!r} beside `rule`", f"use {', '.join(sorted(_CONFIG_KEYS))}")
        if key == "rule":
            _check_rule(value, "rule", 0)
        elif not isinstance(value, Mapping):
            _refuse(f"`{key}` must be a mapping of names to rules", "see ast-grep's rule reference")
        else:
            for name, rule in value.items():
                _check_rule(rule, f"{key}.{name}", 0)
    return dict(pattern)


def oversize(pattern: str | Mapping[str, object], languages: int) -> str:
    """Why the pattern is too large to be compiled for so many languages; empty when it is not."""
    if any(len(text) > _LONGEST for text in _texts(pattern)):
        return f"a text of more than {_LONGEST} characters"
    if (size := weight(pattern, languages)) > MOST_TREE:
        return f"{size:,} characters for all its languages together, at most {MOST_TREE:,}"
    return ""


def weight(pattern: str | Mapping[str, object], languages: int) -> int:
    """What compiling the pattern may cost: its characters as JSON, times the languages."""
    return len(json.dumps(pattern, default=str)) * languages


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def words(pattern: str | Mapping[str, object]) -> frozenset[str] | None:
    """Words of which at least one is in every text the pattern matches in; None when nothing can be said.

    A cheap test whether a text is worth parsing: never wrong, seldom sharp.
    """
    rule = pattern if isinstance(pattern, str) or "rule" not in pattern else pattern["rule"]
    return _words_of({"pattern": rule} if isinstance(rule, str) else rule)


def _words_of(rule: object) -> frozenset[str] | None:
    if not isinstance(rule, Mapping):
        return None
    found = [_pattern_words(rule["pattern"])] if "pattern" in rule else []
    if isinstance(rule.get("regex"), str):
        found.append(literals.needed(rule["regex"]))
    # A related node is part of the same text, so its words must be there too.
    related = (rule[key] for key in ("has", "inside", "precedes", "follows") if key in rule)
    every = rule.get("all")
    found += [_words_of(one) for one in chain(related, every if isinstance(every, list) else ())]
    some = rule.get("any")
    if isinstance(some, list):
        found.append(_union([_words_of(one) for one in some]))
    known = [one for one in found if one]
    # Fewer words, and longer ones, hit fewer files in vain.
    return min(known, key=lambda one: (len(one), -min(map(len, one)))) if known else None


def _pattern_words(pattern: object) -> frozenset[str] | None:
    """The longest word of a pattern: its text must be in the match as it stands, apart from metavariables."""
    if isinstance(pattern, Mapping):
        # With a selector only a part of the context must match, and some strictness ignores text.
        return None
    found = _WORD.findall(_METAVARIABLE.sub(" ", str(pattern)))
    return frozenset({max(found, key=len)}) if found else None


def _union(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    union: frozenset[str] = frozenset()
    for part in parts:
        if part is None:
            return None
        union |= part
    return union


def _check_rule(rule: object, where: str, depth: int, related: Collection[str] = ()) -> None:
    """Refuse what ast-grep would answer with an error of no type of its own. `related`: keys for a related node."""
    if not isinstance(rule, Mapping) or not rule:
        _refuse(f"`{where}` must be a rule object", "write at least `pattern`, `kind` or `regex`")
        return
    if depth > _DEEPEST:
        _refuse(f"`{where}` is nested too deeply", f"at most {_DEEPEST} levels")
    for key, value in rule.items():
        if key not in _RULE_KEYS or (key in {"field", "stopBy"} and key not in related):
            _refuse(f"unknown key {key!r} in `{where}`", f"use {', '.join(sorted(_RULE_KEYS))}")
        _check_value(str(key), value, f"{where}.{key}", depth + 1)


def _check_value(key: str, value: object, where: str, depth: int) -> None:
    if key in {"all", "any"}:
        if not isinstance(value, list) or not value:
            _refuse(f"`{where}` must be a list of rules", "put a `-` before each")
            return
        for index, one in enumerate(value):
            _check_rule(one, f"{where}[{index}]", depth)
    elif key == "not":
        _check_rule(value, where, depth)
    elif key in _RELATED:
        _check_rule(value, where, depth, _RELATED[key])
    elif key in {"kind", "regex", "matches", "field"}:
        if not isinstance(value, str):
            _refuse(f"`{where}` must be text", "put it in quotes")
    elif key == "pattern":
        _check_pattern(value, where)
    elif value not in ("neighbor", "end"):  # stopBy
        _check_rule(value, where, depth)


def _check_pattern(value: object, where: str) -> None:
    if isinstance(value, str):
        return
    if not isinstance(value, Mapping) or not {"context"} <= set(value) <= {"context", "selector", "strictness"}:
        _refuse(f"`{where}` must be text, or have `context` and `selector`", "see ast-grep's rule reference")
        return
    if not all(isinstance(part, str) for part in value.values()):
        _refuse(f"`{where}`: `context`, `selector` and `strictness` must be text", "put them in quotes")
    if value.get("strictness", "smart") not in {"cst", "smart", "ast", "relaxed", "signature"}:
        _refuse(f"`{where}.strictness` is unknown", "use cst, smart, ast, relaxed or signature")


def _refuse(message: str, mend: str) -> None:
    raise ConfigurationError(f"ast-grep pattern: {message}", mend=mend)
