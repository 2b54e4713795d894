"""A quote as a model wrote it -> the readings to look for among the lines as shown."""

import re
from difflib import SequenceMatcher

RESEMBLES = 0.75
TELLING = 3  # letters and digits that a quote needs to be a witness on its own; "}" is everywhere
COMPARED = 300  # characters of each side when resemblance is measured, which takes quadratic time

_GUTTER = re.compile(r"\s*o?[0-9]{1,9}[a-z2-7]{2}\|")
_TELLING = re.compile(r"[^\W_]")


def plain(text: str) -> str:
    """Spaces evened out: models do not copy indentation faithfully."""
    return " ".join(text.split())


def readings(quote: str) -> list[str]:
    """Readings of a quote, spaces evened out: its first line that says something, with and without a diff sign."""
    line = next((line for line in quote.split("\n") if line.strip()), "")
    gutter = _GUTTER.match(line)
    if gutter:
        line = line[gutter.end() :]
    readings = [line, line[1:]] if line[:1] in {"+", "-", " "} else [line]
    return [text for text in dict.fromkeys(plain(reading) for reading in readings) if text]


def tells(quote: str) -> bool:
    """Whether a quote says enough to find its line by."""
    return len(_TELLING.findall(quote)) >= TELLING


def resemble(quote: str, text: str) -> bool:
    """Whether a quote could be a line retold or clipped; both with their spaces evened out."""
    quote, text = quote[:COMPARED], text[:COMPARED]
    if not text:
        return False
    if quote in text or text in quote:
        return (tells(quote) and quote in text) or min(len(quote), len(text)) * 2 >= max(len(quote), len(text))
    return SequenceMatcher(None, quote, text, autojunk=False).ratio() >= RESEMBLES
