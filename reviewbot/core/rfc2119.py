"""How strong a rule's words are, by the key words of RFC 2119 (in capitals only, as RFC 8174 has it)."""

import re2

from reviewbot.model.rule import Level

_WORDS: tuple[tuple[Level, str], ...] = (
    ("must", r"\b(?:MUST|SHALL|REQUIRED)\b"),
    ("should", r"\b(?:SHOULD|RECOMMENDED)\b"),
    ("may", r"\b(?:MAY|OPTIONAL)\b"),
)


def stated(text: str) -> Level | None:
    """The strongest level that `text` names; None where it names none."""
    return next((level for level, words in _WORDS if re2.search(words, text)), None)
