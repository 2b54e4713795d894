"""A diff line's text as a model sees it. Prompt, tag check and quote use it; fingerprints and positions do not."""

from functools import lru_cache

from reviewbot.core.framing import HIDDEN_IN_LINE, escape, unframed
from reviewbot.core.redaction import redact

HEAD, TAIL = 1_200, 300
"""A longer line shows this many characters of its beginning and its end: code after a gap of spaces stays seen."""

# Redaction looks this much further than what is shown, so that a secret across the cut is still recognised.
_MARGIN = 4_096
_LONGEST_ESCAPE = 12  # characters that one becomes
_USUAL = 120  # characters of a line that is remembered: packing, prompts, and anchors show the same ones again


def shown(text: str) -> str:
    """Secrets redacted, hidden characters written out (␍, <U+202E>), clipped to `HEAD` + mark + `TAIL` characters.

    One line in, one line out: no line feed, no other line separator, no lone surrogate. The mark tells how many
    characters are missing, counted as they would have been shown.
    """
    if len(text) <= _USUAL:
        return _usual(text)
    if len(text) > HEAD + TAIL + 2 * _MARGIN:
        return _ends(text)
    text = _safe(text)
    if len(text) <= HEAD + TAIL:
        return text
    return _clipped(text[:HEAD], text[-TAIL:], len(text) - HEAD - TAIL)


def whole(text: str) -> bool:
    """Whether `shown` clips nothing of a line; hidden characters grow by being written out."""
    most = HEAD + TAIL
    return len(text) * _LONGEST_ESCAPE <= most or (len(text) <= most and len(_safe(text)) <= most)


@lru_cache(maxsize=16_384)
def _usual(text: str) -> str:
    """Of a text whose shown form is not clipped, however much of it is written out."""
    return _safe(text)


def _ends(text: str) -> str:
    """Of a very long line only the ends are looked at, so that a line of megabytes costs no more than one of 10 kB."""
    first, last = text[: HEAD + _MARGIN], text[-TAIL - _MARGIN :]
    return _clipped(_safe(first)[:HEAD], _safe(last)[-TAIL:], len(text) - HEAD - TAIL)


def _safe(text: str) -> str:
    return HIDDEN_IN_LINE.sub(escape, unframed(redact(text)))


def _clipped(head: str, tail: str, missing: int) -> str:
    return f"{head} …[{missing} characters not shown]… {tail}"
