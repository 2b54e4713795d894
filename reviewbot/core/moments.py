"""GitLab's and people's ways of writing a time -> seconds since the epoch."""

from datetime import UTC, datetime

_LONGEST = 40
_UNITS = {"h": 3_600, "d": 86_400, "w": 7 * 86_400}  # seconds


def moment(text: str) -> float | None:
    """Of an API's "2026-01-16T05:56:22.123Z" or a webhook's "2026-01-16 05:56:22 UTC"; None for anything else."""
    if len(text) > _LONGEST:
        return None
    try:
        found = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def since(text: str, now: float) -> float | None:
    """The time that "12h", "30d", "4w" before `now` was, or a date or time as `moment` reads it; None: neither, or
    none before `now`.
    """
    plain = text.strip()
    if plain[-1:] in _UNITS and plain[:-1].isdecimal() and plain.isascii() and len(plain) < 8:
        length = int(plain[:-1]) * _UNITS[plain[-1]]
        return max(0.0, now - length) if length else None
    found = moment(plain)
    return found if found is not None and found < now else None
