"""A length of time as people write it -> seconds."""

import re

from reviewbot.errors import UsageError

_UNITS = {"h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}
_WRITTEN = re.compile(r"([0-9]{1,5})([hdw])")
_LONGEST = 3660 * 86_400.0  # ten years: nothing is kept for longer


def seconds(text: str) -> float:
    """Of "90d", "12w" or "36h". Raises `UsageError` for anything else, for nothing, and for more than ten years."""
    found = _WRITTEN.fullmatch(text.strip().lower())
    length = int(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < length <= _LONGEST:
        raise UsageError(f"{text[:40]!r} is no length of time", mend="write hours, days or weeks: 36h, 90d, 12w")
    return length
