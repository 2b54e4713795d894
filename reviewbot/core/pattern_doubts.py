"""ast-grep patterns that compile and are hardly meant so: code in them that does not parse."""

import re
from collections.abc import Iterator, Mapping

from reviewbot.core import syntax

# A metavariable is parsed as a name of the language: no letter begins one everywhere.
_LETTERS = ("$", "µ", "_", "z")
# ast-grep matches a piece of a statement or of a body by itself: it need not be a whole file.
_AROUND = ("{}", "{};", "{{ {}; }}")
_SEVERAL = re.compile(r"\$\$\$[A-Z0-9_]*")  # may be nothing, and is no statement without its `;`


def broken(pattern: str | Mapping[str, object], language: str) -> str:
    """The first code in the pattern that does not parse in the language; empty: all of it does.

    ast-grep takes such a pattern and looks for the broken tree, which whole code seldom has.
    """
    return next((code for code in _codes({"pattern": pattern}) if _broken(code, language)), "")


def _codes(value: object) -> Iterator[str]:
    """What stands under `pattern`, as a text or as the `context` that a part of is meant."""
    if isinstance(value, list):
        for part in value:
            yield from _codes(part)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            code = part.get("context", part) if key == "pattern" and isinstance(part, Mapping) else part
            if isinstance(code, str):
                if key == "pattern":
                    yield code
            else:
                yield from _codes(code)


def _broken(code: str, language: str) -> bool:
    if not syntax.parseable(code, language):
        return False
    codes = dict.fromkeys((code, _SEVERAL.sub("", code)))
    written = (one.replace("$", letter) for one in codes for letter in _LETTERS)
    return all(syntax.broken(around.format(text), language) for text in written for around in _AROUND)
