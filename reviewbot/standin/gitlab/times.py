"""How GitLab writes times and thread ids."""

import hashlib
from datetime import UTC, datetime


def iso(moment: datetime | None) -> str | None:
    """As the API writes it: 2026-01-16T05:56:22.123Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hook_time(moment: datetime | None) -> str | None:
    """As webhooks write it: 2026-01-16 05:56:22 UTC."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def discussion_id(note_id: int) -> str:
    return hashlib.sha1(f"discussion {note_id}".encode(), usedforsecurity=False).hexdigest()
