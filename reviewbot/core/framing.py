"""Untrusted text between delimiters that the text itself cannot close, open or imitate."""

import re

_OWNER = "reviewbot"

# Characters that a reader cannot see or that reorder what is seen: controls (but tab), formats (bidirectional
# overrides, zero-width, soft hyphen, byte order mark, tags), line and paragraph separators, lone surrogates, blank
# letters (Hangul fillers, Braille blank) and the variation selectors that can carry hidden bytes (the two that choose
# between text and emoji are left).
_HIDDEN = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    r"\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff"
    r"\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
HIDDEN_IN_LINE = re.compile(rf"[\n{_HIDDEN}]")
HIDDEN_IN_TEXT = re.compile(rf"[{_HIDDEN}]")

_GAP = rf"[\s{_HIDDEN}]*"
# No two gaps can meet, and none holds an opener, so a search takes linear time.
_IMITATION = re.compile(
    rf"[<\uff1c\ufe64\u2039]{_GAP}(?:[/\\]{_GAP})?{_GAP.join(_OWNER)}(?![A-Za-z0-9])(?:[^<>\uff1c\uff1e]{{0,200}}[>\uff1e\ufe65\u203a])?",
    re.IGNORECASE,
)
_OPENERS = re.compile("[<\uff1c\ufe64\u2039]")
REMOVED = "[removed]"


def frame(name: str, text: str) -> str:
    """`text` between `<reviewbot:name>` and `</reviewbot:name>`; in it nothing is left that looks like such a tag."""
    return f"<{_OWNER}:{name}>\n{visible(unframed(text))}\n</{_OWNER}:{name}>"


def unframed(text: str) -> str:
    """Without anything like our tags: open or closed, any attributes, any case, with hidden characters inside.

    A replacement is left where each stood, so that what is around it cannot close up into a new one.
    """
    return _IMITATION.sub(REMOVED, text) if _OPENERS.search(text) else text


def visible(text: str) -> str:
    """Hidden characters, but line feed and tab, as ␍ (controls) or <U+202E> (all others)."""
    return HIDDEN_IN_TEXT.sub(escape, text)


def escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode's pictures of the C0 controls
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
