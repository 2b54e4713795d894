"""GitLab's ways of writing a time -> seconds since the epoch."""

from datetime import UTC, datetime

_LONGEST = 40


def moment(text: str) -> float | None:
    """Of an API's "2026-01-16T05:56:22.123Z" or a webhook's "2026-01-16 05:56:22 UTC"; None for anything else."""
    if len(text) > _LONGEST:
        return None
    try:
        found = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
